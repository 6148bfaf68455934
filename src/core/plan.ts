// Compiles a graph to plans: lists of kernel calls with fixed addresses. A training plan is gather → forward → loss →
// backward → optimizer; an inference plan the first two, with the loss when it is to evaluate. Backward is derived here, node
// by node in reverse. Runs nothing.
import type { Arena } from './arena.js'
import type { Graph, Node, Value } from './graph.js'
import {
  ActivationKind,
  entryBytes,
  LossKind,
  normChunk,
  panelRowBytes,
  panelsOf,
  scratchBytes,
} from './operations.js'
import type { Parameter, ParameterStore } from './parameters.js'
import { byGrid, byRows, RecordWriter, type Buffer, type Emitted, type Sharing } from './records.js'
import { StateError } from './errors.js'

/** Where the rows of a plan's batches come from. */
export interface DataSource {
  /** Row-major samples, bytes or float32; or, when they are listed, addresses of each row's list of non-zero bytes. */
  address: number
  kind: 'bytes' | 'floats' | 'lists'
  /** Order of rows (u32 each), or 0 for as they stand. */
  order: number
  /** Class numbers (i32) or target rows (f32), or 0. */
  targets: number
  /** A weight for each row (f32), or 0 for one each. */
  weights: number
  /** Factor and summand of each column, f32, padded to a multiple of 16; for lists, `scale` is what each byte stands for. */
  scale: number
  shift: number
}

/** Whether a network can take its inputs as lists: they go to one dense product and nowhere else. */
export function takesLists({ input, nodes }: Graph): boolean {
  const users = nodes.filter(({ inputs }) => inputs.includes(input))
  return users.length === 1 && users[0]!.kind === 'dense' && input.columns < 2 ** 16
}

export interface LossSpec {
  kind: keyof typeof LossKind
  /** Label smoothing, or Huber's delta. */
  parameter: number
}

export interface UpdateSpec {
  /** Kernel number of the optimizer. */
  kernel: number
  weightDecay: number
  clipValue: number
  /** Limit of the global norm of the gradient; infinite for none. */
  clipNorm: number
  /** Names of parameters that stay as they are. */
  frozen: ReadonlySet<string>
}

export interface PlanOptions {
  graph: Graph
  /** The value that the loss compares with the targets, or that a prediction is read from. */
  output: Value
  store: ParameterStore
  source: DataSource
  /** Rows of the largest batch. */
  capacity: number
  loss?: LossSpec
  /** Present in a training plan. */
  update?: UpdateSpec
  /** Threads that may run it. */
  threads: number
  /** Register tile of the products, as `assembly/gemm.ts` numbers them. */
  tile: number
}

/** The lists of a batch, feature by feature (assembly/sparse.ts). */
interface ColumnLists {
  columns: Buffer
  counts: Buffer
}

export interface Plan {
  /** Address of the first record. */
  readonly address: number
  readonly capacity: number
  /** The output: its first panel, the bytes between panels, its columns. */
  readonly output: { address: number; stride: number; columns: number }
  readonly operations: readonly Emitted[]
  /** Gives its memory back. */
  release(): void
}

/** Compiles a plan into `arena`. */
export function compilePlan(arena: Arena, options: PlanOptions): Plan {
  return new Compiler(arena, options).compile()
}

class Compiler {
  private readonly writer = new RecordWriter()
  private readonly owned: Buffer[] = []
  private readonly values = new Map<number, Buffer>()
  private readonly gradients = new Map<number, Buffer>()
  private readonly weightBuffers = new Map<string, Buffer>()
  private readonly uses = new Map<number, number>()
  /** ReLUs that the dense product before them takes in, by the id of the product's output. */
  private readonly fusedRelu = new Map<number, Node>()
  private readonly transposed = new Map<string, Buffer>()
  private readonly training: boolean
  private readonly stride: number
  private readonly zeroBias: Buffer
  private readonly rowScale: Buffer
  private readonly losses: Buffer
  private readonly scores: Buffer

  constructor(
    private readonly arena: Arena,
    private readonly options: PlanOptions,
  ) {
    this.training = options.update !== undefined
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

  compile(): Plan {
    const { graph, output, loss, capacity } = this.options
    const nodes = this.needed()
    this.gather(graph.input)
    if (this.training) for (const node of nodes) this.transposeWeight(node)
    for (const node of nodes) this.forward(node)
    if (loss !== undefined) this.loss(loss)
    if (this.training) this.backward(nodes)
    const records = this.writer.finish(this.arena)
    const owned = [...this.owned, records]
    return {
      address: records.address,
      capacity,
      output: { address: this.valueOf(output).address, stride: this.stride, columns: output.columns },
      operations: this.writer.emitted,
      release: () => {
        for (const { address, bytes } of owned) this.arena.release(address, bytes)
      },
    }
  }

  /** The nodes that the output needs, in order. */
  private needed(): Node[] {
    const wanted = new Set<number>([this.options.output.id])
    const nodes: Node[] = []
    for (const node of [...this.options.graph.nodes].reverse()) {
      if (!wanted.has(node.output.id)) continue
      nodes.unshift(node)
      for (const input of node.inputs) wanted.add(input.id)
    }
    return nodes
  }

  private lists: ColumnLists | undefined

  private gather(input: Value): void {
    const { source } = this.options
    if (source.kind !== 'lists') this.gatherInputs(input)
    else if (this.training) this.listBatch(input)
    if (this.options.loss === undefined) return
    this.writer.emit('scaleRows', [this.rowScale.address, source.weights, source.order], {
      layer: 'loss',
      phase: 'data',
      writes: [{ buffer: this.rowScale, by: 'host' }],
    })
    this.gatherTargets(this.options.loss)
  }

  private listBatch({ columns }: Value): void {
    const { source, capacity } = this.options
    const stride = capacity * entryBytes
    this.lists = { columns: this.own(columns * stride), counts: this.own(columns * 2) }
    this.writer.emit(
      'listBatch',
      [source.address, source.order, this.lists.columns.address, stride, this.lists.counts.address, columns],
      {
        layer: 'input',
        phase: 'data',
        writes: Object.values(this.lists).map((buffer: Buffer) => ({ buffer, by: 'features' })),
      },
    )
  }

  private gatherInputs(input: Value): void {
    const { source } = this.options
    const x = this.makeValue(input)
    const isBytes = source.kind === 'bytes'
    const itemBytes = isBytes ? 1 : 4
    this.writer.emit(
      'gather',
      [
        x.address,
        this.stride,
        source.address,
        Number(isBytes),
        input.columns * itemBytes,
        input.columns,
        source.order,
        source.scale,
        source.shift,
      ],
      { layer: 'input', phase: 'data', writes: [{ buffer: x, by: byRows }] },
    )
  }

  private targets: Buffer = { address: 0, bytes: 0 }
  private gatherTargets({ kind }: LossSpec): void {
    const { source, capacity, output } = this.options
    if (kind === 'crossEntropyClasses') {
      this.targets = this.own(capacity * 4)
      this.writer.emit('gatherLabels', [this.targets.address, source.targets, source.order], {
        layer: 'loss',
        phase: 'data',
        writes: [{ buffer: this.targets, by: 'host' }],
      })
      return
    }
    const panels = panelsOf(output.columns)
    this.targets = this.own(panels * this.stride)
    const ones = this.own(panels * panelRowBytes)
    this.arena.f32(ones.address, output.columns).fill(1)
    const { columns } = output
    this.writer.emit(
      'gather',
      [
        this.targets.address,
        this.stride,
        source.targets,
        0,
        columns * 4,
        columns,
        source.order,
        ones.address,
        this.zeroBias.address,
      ],
      { layer: 'loss', phase: 'data', writes: [{ buffer: this.targets, by: byRows }] },
    )
  }

  /** Wᵀ for the gradient that goes on to the layer before; W does not change until the update. */
  private transposeWeight(node: Node): void {
    if (node.kind !== 'dense' || !this.needsGradient(node.inputs[0]!)) return
    const [inputs, outputs] = node.weight.shape as [number, number]
    const panels = panelsOf(inputs)
    const wt = this.own(panels * outputs * panelRowBytes)
    this.transposed.set(node.weight.name, wt)
    const w = this.weightBuffer(node.weight, this.options.store.addressOf(node.weight))
    this.writer.emit(
      'transpose',
      [wt.address, outputs * panelRowBytes, w.address, inputs * panelRowBytes, inputs, outputs],
      {
        layer: node.layer,
        phase: 'backward',
        reads: [{ buffer: w, by: 'all' }],
        writes: [{ buffer: wt, by: `features:${String(panels)}` }],
      },
    )
  }

  private forward(node: Node): void {
    switch (node.kind) {
      case 'dense':
        return this.denseForward(node)
      case 'activation':
        return this.activationForward(node)
      case 'softmax':
        return this.softmaxForward(node)
      case 'dropout':
        return this.dropoutForward(node)
      case 'add':
        return this.elementwise(node, 'add', this.makeValue(node.output), node.inputs, [])
      case 'reshape':
        this.values.set(node.output.id, this.valueOf(node.inputs[0]!))
    }
  }

  private denseForward(node: Node & { kind: 'dense' }): void {
    const [input] = node.inputs as [Value]
    const relu = this.reluAfter(node)
    const z = this.makeValue(node.output)
    if (relu !== undefined) {
      this.fusedRelu.set(node.output.id, relu)
      this.values.set(relu.output.id, z)
    }
    const { store } = this.options
    const w = this.weightBuffer(node.weight, store.addressOf(node.weight))
    const bias = node.bias === undefined ? this.zeroBias.address : store.addressOf(node.bias)
    const floor = relu ? 0 : -Infinity
    if (this.isListed(input)) {
      this.emitSparseDense(node, z, w, bias, floor)
    } else {
      this.emitDense(
        node.layer,
        'forward',
        z,
        this.valueOf(input),
        w,
        bias,
        input.columns,
        node.output.columns,
        floor,
      )
    }
  }

  private emitDense(
    layer: string,
    phase: string,
    z: Buffer,
    x: Buffer,
    w: Buffer,
    bias: number,
    inputs: number,
    outputs: number,
    floor: number,
  ): void {
    this.writer.emit(
      'dense',
      [
        z.address,
        this.stride,
        x.address,
        this.stride,
        w.address,
        inputs * panelRowBytes,
        bias,
        inputs,
        outputs,
        { float: floor },
        this.options.tile,
      ],
      {
        layer,
        phase,
        reads: [
          { buffer: x, by: panelsOf(outputs) === 1 ? byRows : 'all' },
          { buffer: w, by: 'all' },
        ],
        writes: [{ buffer: z, by: byGrid(panelsOf(outputs)) }],
        work: { perRow: 2 * inputs * outputs },
      },
    )
  }

  private emitSparseDense(
    node: Node & { kind: 'dense' },
    z: Buffer,
    w: Buffer,
    bias: number,
    floor: number,
  ): void {
    const { source } = this.options
    const [inputs, outputs] = node.weight.shape as [number, number]
    this.writer.emit(
      'sparseDense',
      [
        z.address,
        this.stride,
        source.address,
        source.order,
        source.scale,
        w.address,
        inputs * panelRowBytes,
        bias,
        outputs,
        { float: floor },
      ],
      {
        layer: node.layer,
        phase: 'forward',
        reads: [{ buffer: w, by: 'all' }],
        writes: [{ buffer: z, by: panelsOf(outputs) <= 2 ? byRows : 'pairs' }],
        work: { perRow: 2 * inputs * outputs },
      },
    )
  }

  /** The ReLU that alone uses this product's output. */
  private reluAfter(node: Node): (Node & { kind: 'activation' }) | undefined {
    if (this.uses.get(node.output.id) !== 1) return undefined
    const next = this.options.graph.nodes.find(({ inputs }) => inputs.includes(node.output))
    return next?.kind === 'activation' && next.activation === 'relu' ? next : undefined
  }

  private activationForward(node: Node & { kind: 'activation' }): void {
    if (this.values.has(node.output.id)) return
    const [input] = node.inputs as [Value]
    const keepsInput = this.training && readsInput(node.activation)
    const inPlace = input.producer?.kind === 'dense' && this.uses.get(input.id) === 1 && !keepsInput
    const y = inPlace ? this.valueOf(input) : this.makeValue(node.output)
    this.values.set(node.output.id, y)
    this.elementwise(
      node,
      'activate',
      y,
      [input, input],
      [ActivationKind[node.activation], { float: node.parameter }],
    )
  }

  private softmaxForward(node: Node): void {
    const [input] = node.inputs as [Value]
    const y = this.makeValue(node.output)
    this.writer.emit('softmax', [y.address, this.stride, this.valueOf(input).address, 0, input.columns], {
      layer: node.layer,
      phase: 'forward',
      reads: [{ buffer: this.valueOf(input), by: byRows }],
      writes: [{ buffer: y, by: byRows }],
    })
  }

  private dropoutForward(node: Node & { kind: 'dropout' }): void {
    const [input] = node.inputs as [Value]
    if (!this.training) {
      this.values.set(node.output.id, this.valueOf(input))
      return
    }
    this.elementwise(node, 'dropout', this.makeValue(node.output), [input, input], dropoutArguments(node))
  }

  /** An operation over all numbers of a value, by rows and panels. */
  private elementwise(
    node: Node,
    operation: 'activate' | 'dropout' | 'add',
    out: Buffer,
    inputs: readonly Value[],
    args: Parameters<RecordWriter['emit']>[1],
  ): void {
    const [a, b] = inputs.map((value) => this.valueOf(value)) as [Buffer, Buffer]
    const by = this.gridSharing(node.output)
    this.writer.emit(
      operation,
      [out.address, this.stride, a.address, b.address, node.output.columns, ...args],
      {
        layer: node.layer,
        phase: 'forward',
        reads: [
          { buffer: a, by },
          { buffer: b, by },
        ],
        writes: [{ buffer: out, by }],
      },
    )
  }

  private loss({ kind, parameter }: LossSpec): void {
    const { output } = this.options
    const z = this.valueOf(output)
    const dz = this.training ? this.makeGradient(output) : undefined
    const by = byRows
    const about = { layer: 'loss', phase: 'loss' }
    this.writer.emit(
      'loss',
      [
        LossKind[kind],
        dz?.address ?? 0,
        z.address,
        this.stride,
        output.columns,
        this.targets.address,
        this.stride,
        this.rowScale.address,
        this.losses.address,
        this.scores.address,
        { float: parameter },
      ],
      {
        ...about,
        reads: [
          { buffer: z, by },
          { buffer: this.rowScale, by: 'all' },
          { buffer: this.targets, by: kind === 'crossEntropyClasses' ? 'all' : byRows },
        ],
        writes: [
          ...(dz ? [{ buffer: dz, by }] : []),
          { buffer: this.losses, by: byRows },
          { buffer: this.scores, by: byRows },
        ],
      },
    )
    this.summing = () => {
      this.writer.emit('sumLoss', [this.rowScale.address, this.losses.address, this.scores.address], {
        ...about,
        reads: [this.rowScale, this.losses, this.scores].map((buffer) => ({ buffer, by: 'host' })),
      })
    }
    if (!this.training) this.summing()
  }
  private summing: () => void = () => undefined

  private backward(nodes: Node[]): void {
    const update = this.options.update!
    const separate = Number.isFinite(update.clipNorm)
    const gradients = separate ? this.own(this.options.store.floats * 4) : undefined
    let summed = false
    for (const node of [...nodes].reverse()) {
      this.nodeBackward(node, gradients)
      // After the first barrier of the way back the losses are all there, and thread 0 sums them on the way.
      if (!summed && node.kind === 'dense') {
        this.summing()
        summed = true
      }
    }
    if (!summed) this.summing()
    if (gradients !== undefined) this.clippedUpdate(gradients, update)
  }

  private nodeBackward(node: Node, gradients: Buffer | undefined): void {
    const dy = this.gradients.get(node.output.id)
    if (dy === undefined) return
    const [input] = node.inputs as [Value]
    switch (node.kind) {
      case 'dense':
        return this.denseBackward(node, dy, gradients)
      case 'activation':
        return this.contribute(
          input,
          node,
          dy,
          'activateBackward',
          this.valueOf(readsInput(node.activation) ? input : node.output),
          [ActivationKind[node.activation], { float: node.parameter }],
        )
      case 'dropout':
        return this.contribute(input, node, dy, 'dropoutBackward', dy, dropoutArguments(node))
      case 'softmax':
        return this.softmaxBackward(node, dy)
      case 'add':
        for (const summand of node.inputs) this.addInto(summand, node, dy)
        return
      case 'reshape':
        this.addInto(input, node, dy)
    }
  }

  /** Gradient of an element-wise operation's input, in place when nobody else adds to it. */
  private contribute(
    input: Value,
    node: Node,
    dy: Buffer,
    operation: 'activateBackward' | 'dropoutBackward',
    other: Buffer,
    args: Parameters<RecordWriter['emit']>[1],
  ): void {
    if (!this.needsGradient(input)) return
    const alone = this.uses.get(input.id) === 1
    if (alone) this.gradients.set(input.id, dy)
    const out = alone ? dy : this.own(dy.bytes)
    const by = this.gridSharing(input)
    this.writer.emit(
      operation,
      [out.address, this.stride, dy.address, other.address, input.columns, ...args],
      {
        layer: node.layer,
        phase: 'backward',
        reads: [
          { buffer: dy, by },
          { buffer: other, by },
        ],
        writes: [{ buffer: out, by }],
      },
    )
    if (!alone) this.addInto(input, node, out)
  }

  /** Adds `dy` to the gradient of `value`; the first summand becomes a copy of its own. */
  private addInto(value: Value, node: Node, dy: Buffer): void {
    if (!this.needsGradient(value)) return
    const present = this.gradients.get(value.id)
    const sum = present ?? this.makeGradient(value)
    const by = this.gridSharing(value)
    const zero = this.zeroGradient(value)
    this.writer.emit(
      'add',
      [sum.address, this.stride, present?.address ?? zero.address, dy.address, value.columns],
      {
        layer: node.layer,
        phase: 'backward',
        reads: [
          { buffer: sum, by },
          { buffer: dy, by },
        ],
        writes: [{ buffer: sum, by }],
      },
    )
  }

  private zeros: Buffer | undefined
  private zeroGradient(value: Value): Buffer {
    const bytes = widthOf(value) * this.stride
    if (this.zeros === undefined || this.zeros.bytes < bytes) this.zeros = this.own(bytes)
    return this.zeros
  }

  private softmaxBackward(node: Node, dy: Buffer): void {
    const [input] = node.inputs as [Value]
    if (!this.needsGradient(input)) return
    const dz = this.own(dy.bytes)
    const y = this.valueOf(node.output)
    const by = byRows
    this.writer.emit('softmaxBackward', [dz.address, this.stride, y.address, dy.address, input.columns], {
      layer: node.layer,
      phase: 'backward',
      reads: [
        { buffer: dy, by },
        { buffer: y, by },
      ],
      writes: [{ buffer: dz, by }],
    })
    if (this.uses.get(input.id) === 1) this.gradients.set(input.id, dz)
    else this.addInto(input, node, dz)
  }

  private denseBackward(node: Node & { kind: 'dense' }, dz: Buffer, gradients: Buffer | undefined): void {
    const [input] = node.inputs as [Value]
    if (this.needsGradient(input)) {
      const wt = this.transposed.get(node.weight.name)!
      const alone = this.uses.get(input.id) === 1
      const dx = alone ? this.makeGradient(input) : this.own(widthOf(input) * this.stride)
      this.emitDense(
        node.layer,
        'backward',
        dx,
        dz,
        wt,
        this.zeroBias.address,
        node.output.columns,
        input.columns,
        -Infinity,
      )
      if (!alone) this.addInto(input, node, dx)
    }
    if (!this.options.update!.frozen.has(node.weight.name)) this.weightGradient(node, dz, gradients)
  }

  private weightGradient(node: Node & { kind: 'dense' }, dz: Buffer, gradients: Buffer | undefined): void {
    const { store, update, threads } = this.options
    const [input] = node.inputs as [Value]
    const { l1, l2 } = node.weight.penalty
    const { kernel, weightDecay, clipValue } = update!
    const adjust =
      l1 !== 0 || l2 !== 0 || (gradients === undefined && (weightDecay !== 0 || Number.isFinite(clipValue)))
    const w = this.weightBuffer(node.weight, store.addressOf(node.weight))
    const lists = this.isListed(input) ? this.lists : undefined
    const x = lists?.columns ?? this.valueOf(input)
    const scratch = gradients === undefined ? this.sharedScratch(threads) : 0
    const biasOffset = node.bias?.offset ?? 0
    this.writer.emit(
      gradients === undefined ? (lists ? 'sparseUpdate' : 'update') : lists ? 'sparseGradient' : 'gradient',
      [
        w.address,
        node.bias === undefined ? 0 : store.addressOf(node.bias),
        gradients === undefined ? 0 : gradients.address + node.weight.offset * 4,
        gradients === undefined ? 0 : gradients.address + biasOffset * 4,
        x.address,
        lists ? this.options.capacity * entryBytes : this.stride,
        dz.address,
        this.stride,
        input.columns,
        node.output.columns,
        kernel,
        store.slotDistance(0),
        store.slotDistance(1),
        scratch,
        Number(adjust),
        { float: l1 },
        { float: l2 },
        { float: clipValue },
        { float: weightDecay },
        lists?.counts.address ?? 0,
        lists === undefined ? 0 : this.options.source.scale,
        this.options.tile,
      ],
      {
        layer: node.layer,
        phase: 'update',
        reads: [
          { buffer: x, by: 'all' },
          { buffer: dz, by: 'all' },
        ],
        writes: [gradients === undefined ? { buffer: w, by: 'own' } : { buffer: gradients, by: 'own' }],
        work: { perRow: 2 * input.columns * node.output.columns },
      },
    )
  }

  private scratch: Buffer | undefined
  private sharedScratch(threads: number): number {
    this.scratch ??= this.own(threads * scratchBytes)
    return this.scratch.address
  }

  private clippedUpdate(gradients: Buffer, update: UpdateSpec): void {
    const { store } = this.options
    if (update.frozen.size > 0 && store.parameters.some(({ name }) => update.frozen.has(name))) {
      throw new StateError({
        rule: 'clipping by global norm needs every layer trainable',
        received: `frozen ${[...update.frozen].join(', ')}`,
        remedy: 'use clipValue, or unfreeze the layers',
      })
    }
    const partials = this.own(Math.ceil(store.floats / normChunk) * 8)
    const about = { layer: 'optimizer', phase: 'update' }
    this.writer.emit('norm', [gradients.address, store.floats, partials.address], {
      ...about,
      reads: [{ buffer: gradients, by: 'all' }],
      writes: [{ buffer: partials, by: 'chunks' }],
    })
    this.writer.emit('clipNorm', [partials.address, store.floats, { float: update.clipNorm }], {
      ...about,
      reads: [{ buffer: partials, by: 'all' }],
      writes: [{ buffer: partials, by: 'host' }],
    })
    this.writer.barrier()
    this.writer.emit(
      'optimize',
      [
        store.address,
        gradients.address,
        store.floats,
        update.kernel,
        store.slotDistance(0),
        store.slotDistance(1),
        { float: update.clipValue },
        { float: update.weightDecay },
      ],
      { ...about, reads: [{ buffer: gradients, by: 'chunks' }] },
    )
  }

  private own(bytes: number): Buffer {
    const buffer = { address: this.arena.allocate(bytes), bytes }
    this.owned.push(buffer)
    return buffer
  }

  private weightBuffer({ name, shape }: Parameter, address: number): Buffer {
    let buffer = this.weightBuffers.get(name)
    if (buffer === undefined) {
      buffer = { address, bytes: panelsOf(shape[1]!) * shape[0]! * panelRowBytes }
      this.weightBuffers.set(name, buffer)
    }
    return buffer
  }

  private makeValue(value: Value): Buffer {
    const buffer = this.own(widthOf(value) * this.stride)
    this.values.set(value.id, buffer)
    return buffer
  }

  private makeGradient(value: Value): Buffer {
    const buffer = this.own(widthOf(value) * this.stride)
    this.gradients.set(value.id, buffer)
    return buffer
  }

  private valueOf(value: Value): Buffer {
    return this.values.get(value.id)!
  }

  /** Whether the way back goes through this value: it depends on a weight. */
  private needsGradient(value: Value): boolean {
    const { producer } = value
    return (
      producer !== undefined &&
      (producer.kind === 'dense' || producer.inputs.some((input) => this.needsGradient(input)))
    )
  }

  private isListed(value: Value): boolean {
    return value === this.options.graph.input && this.options.source.kind === 'lists'
  }

  private gridSharing(value: Value): Sharing {
    return byGrid(widthOf(value))
  }
}

/** Panels of a value. */
function widthOf(value: Value): number {
  return panelsOf(value.columns)
}

/** Activations whose derivative is taken at the input; that of the others follows from the output. */
function readsInput(activation: keyof typeof ActivationKind): boolean {
  return activation === 'gelu' || activation === 'geluTanh' || activation === 'silu'
}

function dropoutArguments({ rate, salt }: Node & { kind: 'dropout' }) {
  const keep = 1 - rate
  return [Math.min(0xffffffff, Math.round(keep * 2 ** 32)) >>> 0, { float: 1 / keep }, salt]
}
