// A look into a network in training: forward and backward over a few of its training rows by a plan of its own, which keeps
// the gradients of the weights and updates nothing. Touches no weight and no counter; takes one thread.
import type { Graph, Node, Value } from '../core/graph.js'
import { normChunk, stepBytes, stepWords } from '../core/operations.js'
import { paddedLength } from '../core/parameters.js'
import { compilePlan, type Plan } from '../core/plan.js'
import type { Loss } from '../nn/losses.js'
import { lossInput } from './heads.js'
import type { Network } from './network.js'
import type { EncodedTargets } from './targets.js'
import type { TrainingRun } from './training-run.js'

/** What is seen of a layer. */
export interface LayerDiagnostics {
  /** Its name. */
  layer: string
  /** Length of the gradient of the loss by its weights and biases. */
  gradientNorm: number
  /** Root mean square of the gradient of the loss by what its product gives, before the activation. */
  signal: number
  /** Length of its weights. */
  weightNorm: number
  /** Share of its ReLU units that are 0 for every row looked at. */
  dead?: number
  /** Share of its sigmoid or tanh units that are within 1 % of their ends for nearly every row. */
  saturated?: number
}

/** What is seen of a network. */
export interface Diagnostics {
  /** Rows looked at. */
  rows: number
  /** Length of the gradient of the loss (mean over those rows) by all weights. */
  gradientNorm: number
  /** One entry a product, in order. */
  layers: LayerDiagnostics[]
  /** Whether the outputs are the same for all rows while the targets are not. */
  constant: boolean
}

/** Share of the rows for which a unit is at its end to be called saturated. */
const nearlyEvery = 0.95

export class Inspection {
  private readonly plan: Plan
  private readonly order: number
  private readonly step: number
  private readonly partials: number
  private readonly output: Value
  /** The places of the rows looked at, among the training rows. */
  private readonly picked: Uint32Array

  /** @param rows at most so many training rows, evenly spread. */
  constructor(
    private readonly network: Network,
    run: TrainingRun,
    loss: Loss,
    private readonly targets: EncodedTargets,
    rows: number,
  ) {
    const { engine, store } = network
    const { arena } = engine
    const count = Math.min(rows, run.rows)
    this.picked = Uint32Array.from({ length: count }, (_, i) => Math.floor((i * run.rows) / count))
    this.order = arena.allocate(count * 4)
    this.step = arena.allocate(stepBytes)
    this.partials = arena.allocate(Math.ceil(store.floats / normChunk) * 8)
    this.output = lossInput(network.output, loss)
    this.plan = compilePlan(arena, {
      graph: network.graph,
      output: this.output,
      store,
      source: { ...run.source, order: this.order },
      capacity: count,
      loss: run.loss,
      update: {
        kernel: 0,
        weightDecay: 0,
        clipValue: Infinity,
        clipNorm: Infinity,
        frozen: network.frozen(),
        inspect: true,
      },
      threads: 1,
      tile: engine.tile(false),
    })
  }

  /** Looks at `rows` of its rows (default all), evenly spread. */
  look(rows = this.picked.length): Diagnostics {
    const count = Math.min(rows, this.picked.length)
    const picked = Uint32Array.from({ length: count }, (_, i) => {
      return this.picked[Math.floor((i * this.picked.length) / count)]!
    })
    this.runStep(picked)
    const layers = this.network.graph.nodes.flatMap((node) => this.ofProduct(node, count))
    return {
      rows: count,
      gradientNorm: Math.sqrt(layers.reduce((sum, { gradientNorm }) => sum + gradientNorm ** 2, 0)),
      layers,
      constant: this.isConstant(picked),
    }
  }

  /** Gives its memory back. */
  release(): void {
    const { arena } = this.network.engine
    this.plan.release()
    arena.release(this.order, this.picked.length * 4)
    arena.release(this.step, stepBytes)
    arena.release(this.partials, Math.ceil(this.network.store.floats / normChunk) * 8)
  }

  private runStep(picked: Uint32Array): void {
    const { arena, core } = this.network.engine
    arena.u32(this.order, picked.length).set(picked)
    const words = arena.u32(this.step, stepBytes / 4)
    const floats = arena.f32(this.step, stepBytes / 4)
    words.fill(0)
    words[stepWords.rows] = picked.length
    floats[stepWords.inverseRows] = 1 / picked.length
    floats[stepWords.gradientScale] = 1
    for (const { address } of this.plan.operations) core.runOperation(address, this.step, 0, 1)
  }

  private ofProduct(node: Node, rows: number): LayerDiagnostics[] {
    if (node.kind !== 'dense') return []
    const { store } = this.network
    const parameters = node.bias === undefined ? [node.weight] : [node.weight, node.bias]
    const gradients = this.plan.weightGradients!.address
    const squares = (address: number, floats: number) => this.norm(address, floats) ** 2
    const sum = parameters.reduce((sum, parameter) => {
      return sum + squares(gradients + parameter.offset * 4, paddedLength(parameter))
    }, 0)
    const signal = this.plan.gradients.get(node.output.id)
    const { columns } = node.output
    return [
      {
        layer: node.layer,
        gradientNorm: Math.sqrt(sum),
        signal: signal === undefined ? 0 : this.size(signal.address, rows, columns),
        weightNorm: this.norm(store.addressOf(node.weight), paddedLength(node.weight)),
        ...this.ofUnits(node, rows),
      },
    ]
  }

  /** Of hidden units with an activation that has an end. */
  private ofUnits(node: Node, rows: number): Pick<LayerDiagnostics, 'dead' | 'saturated'> {
    const next = userOf(this.network.graph, node.output)
    // The last activation may belong to the loss: then no value of its own is there.
    if (next?.kind !== 'activation' || !this.plan.values.has(next.output.id)) return {}
    if (next.output === this.output) return {}
    const { activation } = next
    if (activation === 'relu') return { dead: this.shareAt(next.output, rows, 0, (y) => y === 0) }
    const few = (1 - nearlyEvery) * rows
    if (activation === 'tanh') {
      return { saturated: this.shareAt(next.output, rows, few, (y) => Math.abs(y) > 0.98) }
    }
    if (activation !== 'sigmoid') return {}
    return { saturated: this.shareAt(next.output, rows, few, (y) => y < 0.01 || y > 0.99) }
  }

  /** Share of units which meet the condition in all but `few` of the rows. */
  private shareAt(value: Value, rows: number, few: number, meets: (y: number) => boolean): number {
    const { values, panelBytes } = this.panels(value)
    let units = 0
    for (let c = 0; c < value.columns; c++) {
      const first = ((c >> 4) * panelBytes) / 4 + (c & 15)
      let others = 0
      for (let r = 0; r < rows && others <= few; r++) if (!meets(values[first + r * 16]!)) others++
      if (others <= few) units++
    }
    return units / value.columns
  }

  private panels({ id, columns }: Value) {
    const panelBytes = this.plan.capacity * 64
    const panels = Math.ceil(columns / 16)
    const { address } = this.plan.values.get(id)!
    return { values: this.network.engine.arena.f32(address, (panels * panelBytes) / 4), panelBytes }
  }

  /** Root mean square over the rows of a buffer; padded columns are zero. */
  private size(address: number, rows: number, columns: number): number {
    const panelBytes = this.plan.capacity * 64
    let sum = 0
    for (let panel = 0; panel * 16 < columns; panel++) {
      sum += this.norm(address + panel * panelBytes, rows * 16) ** 2
    }
    return Math.sqrt(sum / (rows * columns))
  }

  private norm(address: number, floats: number): number {
    const { core, arena } = this.network.engine
    let sum = 0
    for (let at = 0; at < floats; at += normChunk) {
      core.sumSquares(this.partials, address + at * 4, Math.min(normChunk, floats - at))
      sum += arena.f64(this.partials, 1)[0]!
    }
    return Math.sqrt(sum)
  }

  private isConstant(picked: Uint32Array): boolean {
    const { values, panelBytes } = this.panels(this.output)
    const { columns } = this.output
    const outputOf = (r: number, c: number) => values[((c >> 4) * panelBytes) / 4 + r * 16 + (c & 15)]!
    const { data, byClass } = this.targets
    if (byClass) {
      const largest = (r: number) => {
        let best = 0
        for (let c = 1; c < columns; c++) if (outputOf(r, c) > outputOf(r, best)) best = c
        return best
      }
      const first = largest(0)
      for (let r = 1; r < picked.length; r++) if (largest(r) !== first) return false
      return picked.some((row) => data[row] !== data[picked[0]!])
    }
    return Array.from({ length: columns }, (_, c) => c).every((c) => {
      const ofTargets = deviation(Float64Array.from(picked, (row) => data[row * columns + c]!))
      const ofOutputs = deviation(Float64Array.from(picked, (_, r) => outputOf(r, c)))
      return ofTargets > 0 && ofOutputs < 0.01 * ofTargets
    })
  }
}

function deviation(values: Float64Array): number {
  const mean = values.reduce((a, b) => a + b, 0) / values.length
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)
}

/** The one node that uses a value; undefined when there are several. */
function userOf({ nodes }: Graph, value: Value): Node | undefined {
  const users = nodes.filter(({ inputs }) => inputs.includes(value))
  return users.length === 1 ? users[0] : undefined
}
