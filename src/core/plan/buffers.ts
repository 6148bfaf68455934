// The buffers of a plan that is being compiled: where each value and gradient of the graph stands, and who uses it.
import type { Arena } from '../arena.js'
import type { Value } from '../graph.js'
import { narrowColumns, narrowTile, panelRowBytes, panelsOf } from '../operations.js'
import type { Parameter } from '../parameters.js'
import { byGrid, byRows, RecordWriter, type Buffer, type Sharing } from '../records.js'
import type { DataSource, PlanOptions } from './types.js'

export class PlanBuffers {
  protected readonly writer = new RecordWriter()
  protected readonly owned: Buffer[] = []
  protected readonly values = new Map<number, Buffer>()
  protected readonly gradients = new Map<number, Buffer>()
  protected readonly weightBuffers = new Map<string, Buffer>()
  protected readonly uses = new Map<number, number>()
  protected readonly training: boolean
  protected readonly stride: number
  protected readonly zeroBias: Buffer
  protected readonly rowScale: Buffer
  protected readonly losses: Buffer
  protected readonly scores: Buffer
  /**
   * Whether a thread takes whole rows through all layers but a listed first one, and meets the others only where weights are
   * updated: for networks that are small enough for every thread to have all weights near, and batches of rows enough.
   */
  protected readonly rowwise: boolean
  /** Where the inputs of a batch are read: the source, or what became of its rows. */
  protected batch: Pick<DataSource, 'address' | 'kind' | 'order'>
  constructor(
    protected readonly arena: Arena,
    protected readonly options: PlanOptions,
  ) {
    this.training = options.update !== undefined
    this.batch = options.source
    this.rowwise = options.capacity >= 8 * options.threads && floatsBehindLists(options) <= nearFloats
    this.stride = options.capacity * panelRowBytes
    const widest = Math.max(
      ...[options.graph.input, ...options.graph.nodes.map((node) => node.output)].map(widthOf),
    )
    this.zeroBias = this.own(widest * panelRowBytes)
    this.rowScale = this.own(options.capacity * 4)
    this.losses = this.own(options.capacity * 8)
    this.scores = this.own(options.capacity * 4)
    for (const node of options.graph.nodes) {
      for (const input of node.inputs) this.uses.set(input.id, (this.uses.get(input.id) ?? 0) + 1)
    }
    this.uses.set(options.output.id, (this.uses.get(options.output.id) ?? 0) + 1)
  }

  protected own(bytes: number): Buffer {
    const buffer = { address: this.arena.allocate(bytes), bytes }
    this.owned.push(buffer)
    return buffer
  }

  protected weightBuffer({ name, shape }: Parameter, address: number): Buffer {
    let buffer = this.weightBuffers.get(name)
    if (buffer === undefined) {
      buffer = { address, bytes: panelsOf(shape[1]!) * shape[0]! * panelRowBytes }
      this.weightBuffers.set(name, buffer)
    }
    return buffer
  }

  protected makeValue(value: Value): Buffer {
    const buffer = this.own(widthOf(value) * this.stride)
    this.values.set(value.id, buffer)
    return buffer
  }

  protected makeGradient(value: Value): Buffer {
    const buffer = this.own(widthOf(value) * this.stride)
    this.gradients.set(value.id, buffer)
    return buffer
  }

  protected valueOf(value: Value): Buffer {
    return this.values.get(value.id)!
  }

  /** Whether the way back goes through this value: it depends on a weight that is trained. */
  protected needsGradient(value: Value): boolean {
    const { producer } = value
    if (producer === undefined) return false
    const trains = producer.kind === 'dense' && !this.isFrozen(producer.weight)
    return trains || producer.inputs.some((input) => this.needsGradient(input))
  }

  protected isFrozen({ name }: Parameter): boolean {
    return this.options.update?.frozen.has(name) === true
  }

  protected isListed(value: Value): boolean {
    return value === this.options.graph.input && this.batch.kind === 'lists'
  }

  /** The register tile of a product with so many outputs. */
  protected tileFor(outputs: number): number {
    return outputs <= narrowColumns ? narrowTile : this.options.tile
  }

  protected gridSharing(value: Value): Sharing {
    return this.rowwise ? byRows : byGrid(widthOf(value))
  }
}

/** Weights, 128 KiB, that stay in the second-nearest cache beside the values of a batch. */
const nearFloats = 32768

/** Weights of the dense layers, but of one that takes lists. */
function floatsBehindLists({ graph, source }: PlanOptions): number {
  const listed = source.kind === 'lists' || source.augment?.listed === true
  return graph.nodes.reduce((sum, node) => {
    if (node.kind !== 'dense' || (listed && node.inputs[0] === graph.input)) return sum
    return sum + node.weight.shape[0]! * panelsOf(node.weight.shape[1]!) * 16
  }, 0)
}

/** Panels of a value. */
export function widthOf(value: Value): number {
  return panelsOf(value.columns)
}
