// The way forward: batch, layers, loss. Whole for inference; the first half of a training plan.
import type { Node, Value } from '../graph.js'
import { ActivationKind, entryBytes, LossKind, panelRowBytes, panelsOf } from '../operations.js'
import { byGrid, byRows, byThread, type Buffer, type RecordWriter } from '../records.js'
import { AugmentedBatch } from './augment.js'
import type { ColumnLists, LossSpec } from './types.js'

export class ForwardPlan extends AugmentedBatch {
  protected lists: ColumnLists | undefined
  protected targets: Buffer = { address: 0, bytes: 0 }
  /** The nodes that the output needs, in order. */
  protected needed(): Node[] {
    const wanted = new Set<number>([this.options.output.id])
    const nodes: Node[] = []
    for (const node of [...this.options.graph.nodes].reverse()) {
      if (!wanted.has(node.output.id)) continue
      nodes.unshift(node)
      for (const input of node.inputs) wanted.add(input.id)
    }
    return nodes
  }

  protected gather(input: Value): void {
    const { source } = this.options
    this.augment(input)
    if (this.batch.kind !== 'lists') this.gatherInputs(input)
    else if (this.training) this.listBatch(input)
    if (this.options.loss === undefined) return
    const { pairs } = this
    this.writer.emit(
      'scaleRows',
      [this.rowScale.address, source.weights, source.order, pairs?.address ?? 0],
      {
        layer: 'loss',
        phase: 'data',
        reads: pairs ? [{ buffer: pairs, by: 'host' }] : [],
        writes: [{ buffer: this.rowScale, by: 'host' }],
      },
    )
    if (pairs === undefined) this.gatherTargets(this.options.loss)
    else this.targets = this.mixTargets(pairs)
  }

  /** Column lists for the way back; each thread makes its own. */
  protected listBatch({ columns }: Value): void {
    const { batch } = this
    const { capacity, threads } = this.options
    const stride = capacity * entryBytes
    // Of each thread: a length (u16) for each pair of features, then the lists; no two threads share a line of 64 bytes.
    const countBytes = Math.ceil(columns / 64) * 64
    const threadBytes = countBytes + Math.ceil(((columns / 2) * stride) / 64) * 64
    const { address, bytes } = this.own(threads * threadBytes)
    this.lists = { address, bytes, threadBytes, columns: address + countBytes, stride }
    this.writer.emit(
      'listBatch',
      [batch.address, batch.order, this.lists.columns, threadBytes, stride, address, columns],
      {
        layer: 'input',
        phase: 'data',
        reads: this.batchReads('all'),
        writes: [{ buffer: this.lists, by: byThread }],
      },
    )
  }

  protected gatherInputs(input: Value): void {
    const { source } = this.options
    const { batch } = this
    const x = this.makeValue(input)
    const isBytes = batch.kind === 'bytes'
    const itemBytes = isBytes ? 1 : 4
    this.writer.emit(
      'gather',
      [
        x.address,
        this.stride,
        batch.address,
        Number(isBytes),
        input.columns * itemBytes,
        input.columns,
        batch.order,
        source.scale,
        source.shift,
      ],
      {
        layer: 'input',
        phase: 'data',
        reads: this.batchReads(byRows),
        writes: [{ buffer: x, by: byRows }],
      },
    )
  }

  protected gatherTargets({ kind }: LossSpec): void {
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

  protected forward(node: Node): void {
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

  protected denseForward(node: Node & { kind: 'dense' }): void {
    const [input] = node.inputs as [Value]
    const relu = this.reluAfter(node)
    const z = this.makeValue(node.output)
    // The product takes the ReLU in: both have the same buffer.
    if (relu !== undefined) this.values.set(relu.output.id, z)
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

  protected emitDense(
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
        this.tileFor(outputs),
        Number(this.rowwise),
      ],
      {
        layer,
        phase,
        reads: [
          { buffer: x, by: this.rowwise || panelsOf(outputs) === 1 ? byRows : 'all' },
          { buffer: w, by: 'all' },
        ],
        writes: [{ buffer: z, by: this.rowwise ? byRows : byGrid(panelsOf(outputs)) }],
        work: { perRow: 2 * inputs * outputs },
      },
    )
  }

  protected emitSparseDense(
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
        this.batch.address,
        this.batch.order,
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
        reads: [{ buffer: w, by: 'all' }, ...this.batchReads('all')],
        // One pair of panels is shared by rows.
        writes: [{ buffer: z, by: panelsOf(outputs) <= 2 ? byRows : 'pairs' }],
        work: { perRow: 2 * inputs * outputs },
      },
    )
  }

  /** The ReLU that alone uses this product's output. */
  protected reluAfter(node: Node): (Node & { kind: 'activation' }) | undefined {
    if (this.uses.get(node.output.id) !== 1) return undefined
    const next = this.options.graph.nodes.find(({ inputs }) => inputs.includes(node.output))
    return next?.kind === 'activation' && next.activation === 'relu' ? next : undefined
  }

  protected activationForward(node: Node & { kind: 'activation' }): void {
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

  protected softmaxForward(node: Node): void {
    const [input] = node.inputs as [Value]
    const y = this.makeValue(node.output)
    this.writer.emit('softmax', [y.address, this.stride, this.valueOf(input).address, 0, input.columns], {
      layer: node.layer,
      phase: 'forward',
      reads: [{ buffer: this.valueOf(input), by: byRows }],
      writes: [{ buffer: y, by: byRows }],
    })
  }

  protected dropoutForward(node: Node & { kind: 'dropout' }): void {
    const [input] = node.inputs as [Value]
    if (!this.training) {
      this.values.set(node.output.id, this.valueOf(input))
      return
    }
    this.elementwise(node, 'dropout', this.makeValue(node.output), [input, input], dropoutArguments(node))
  }

  /** An operation over all numbers of a value, by rows and panels. */
  protected elementwise(
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
      [out.address, this.stride, a.address, b.address, node.output.columns, Number(this.rowwise), ...args],
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

  protected loss({ kind, parameter }: LossSpec): void {
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

  protected summing: () => void = () => undefined
}

/** Activations whose derivative is taken at the input; that of the others follows from the output. */
export function readsInput(activation: keyof typeof ActivationKind): boolean {
  return activation === 'gelu' || activation === 'geluTanh' || activation === 'silu'
}

export function dropoutArguments({ rate, salt }: Node & { kind: 'dropout' }) {
  const keep = 1 - rate
  return [Math.min(0xffffffff, Math.round(keep * 2 ** 32)) >>> 0, { float: 1 / keep }, salt]
}
