// The way back and the update, derived node by node in reverse.
import type { Node, Value } from '../graph.js'
import { ActivationKind, normChunk, panelRowBytes, panelsOf, scratchBytes } from '../operations.js'
import { paddedLength } from '../parameters.js'
import { byRows, byThread, type Buffer, type RecordWriter } from '../records.js'
import { widthOf } from './buffers.js'
import { dropoutArguments, ForwardPlan, readsInput } from './forward.js'
import type { UpdateSpec } from './types.js'

export class TrainingPlan extends ForwardPlan {
  protected readonly transposed = new Map<string, Buffer>()
  protected zeros: Buffer | undefined
  protected scratch: Buffer | undefined
  protected weightGradients: Buffer | undefined
  /** Dense layers whose weights are trained, last first, with the gradients of their outputs. */
  private readonly trained: { node: Node & { kind: 'dense' }; dz: Buffer }[] = []
  /** Wᵀ for the gradient that goes on to the layer before; W does not change until the update. */
  protected transposeWeight(node: Node): void {
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

  protected backward(nodes: Node[]): void {
    const update = this.options.update!
    const inspect = update.inspect === true
    const separate = inspect || Number.isFinite(update.clipNorm)
    const gradients = separate ? this.own(this.options.store.floats * 4) : undefined
    if (inspect) this.weightGradients = gradients
    for (const node of [...nodes].reverse()) this.nodeBackward(node)
    // The gradients of the weights come last, for they need every row's share of the way back: one meeting for all of them.
    this.trained.forEach(({ node, dz }, i) => {
      this.weightGradient(node, dz, gradients)
      // The losses are all there by now, and thread 0 sums them on the way.
      if (i === 0) this.summing()
    })
    if (this.trained.length === 0) this.summing()
    if (gradients !== undefined && !inspect) this.clippedUpdate(gradients, update)
  }

  protected nodeBackward(node: Node): void {
    const dy = this.gradients.get(node.output.id)
    if (dy === undefined) return
    const [input] = node.inputs as [Value]
    switch (node.kind) {
      case 'dense':
        return this.denseBackward(node, dy)
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
  protected contribute(
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
      [out.address, this.stride, dy.address, other.address, input.columns, Number(this.rowwise), ...args],
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
  protected addInto(value: Value, node: Node, dy: Buffer): void {
    if (!this.needsGradient(value)) return
    const present = this.gradients.get(value.id)
    const sum = present ?? this.makeGradient(value)
    const by = this.gridSharing(value)
    const zero = this.zeroGradient(value)
    this.writer.emit(
      'add',
      [
        sum.address,
        this.stride,
        present?.address ?? zero.address,
        dy.address,
        value.columns,
        Number(this.rowwise),
      ],
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

  protected zeroGradient(value: Value): Buffer {
    const bytes = widthOf(value) * this.stride
    if (this.zeros === undefined || this.zeros.bytes < bytes) this.zeros = this.own(bytes)
    return this.zeros
  }

  protected softmaxBackward(node: Node, dy: Buffer): void {
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

  protected denseBackward(node: Node & { kind: 'dense' }, dz: Buffer): void {
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
    if (!this.isFrozen(node.weight)) this.trained.push({ node, dz })
  }

  protected weightGradient(node: Node & { kind: 'dense' }, dz: Buffer, gradients: Buffer | undefined): void {
    const { store, update, threads } = this.options
    const [input] = node.inputs as [Value]
    const { l1, l2 } = node.weight.penalty
    const { kernel, weightDecay, clipValue } = update!
    const adjust =
      l1 !== 0 || l2 !== 0 || (gradients === undefined && (weightDecay !== 0 || Number.isFinite(clipValue)))
    const w = this.weightBuffer(node.weight, store.addressOf(node.weight))
    const lists = this.isListed(input) ? this.lists : undefined
    const x = lists ?? this.valueOf(input)
    const scratch = gradients === undefined ? this.sharedScratch(threads) : 0
    const biasOffset = node.bias?.offset ?? 0
    this.writer.emit(
      gradients === undefined ? (lists ? 'sparseUpdate' : 'update') : lists ? 'sparseGradient' : 'gradient',
      [
        w.address,
        node.bias === undefined ? 0 : store.addressOf(node.bias),
        gradients === undefined ? 0 : gradients.address + node.weight.offset * 4,
        gradients === undefined ? 0 : gradients.address + biasOffset * 4,
        lists?.columns ?? x.address,
        lists?.stride ?? this.stride,
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
        lists?.address ?? 0,
        lists === undefined ? 0 : this.options.source.scale,
        this.tileFor(node.output.columns),
        lists?.threadBytes ?? 0,
      ],
      {
        layer: node.layer,
        phase: 'update',
        reads: [
          { buffer: x, by: lists ? byThread : 'all' },
          { buffer: dz, by: 'all' },
        ],
        writes: [gradients === undefined ? { buffer: w, by: 'own' } : { buffer: gradients, by: 'own' }],
        work: { perRow: 2 * input.columns * node.output.columns },
      },
    )
  }

  protected sharedScratch(threads: number): number {
    this.scratch ??= this.own(threads * scratchBytes)
    return this.scratch.address
  }

  protected clippedUpdate(gradients: Buffer, update: UpdateSpec): void {
    const { store } = this.options
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
    for (const { offset, floats } of this.trainedRanges()) {
      this.writer.emit(
        'optimize',
        [
          store.address + offset * 4,
          gradients.address + offset * 4,
          floats,
          update.kernel,
          store.slotDistance(0),
          store.slotDistance(1),
          { float: update.clipValue },
          { float: update.weightDecay },
        ],
        { ...about, reads: [{ buffer: gradients, by: 'chunks' }] },
      )
    }
  }

  /** The ranges of all weights that are trained, as long as they can be. */
  private trainedRanges(): { offset: number; floats: number }[] {
    const ranges: { offset: number; floats: number }[] = []
    for (const parameter of this.options.store.parameters) {
      if (this.isFrozen(parameter)) continue
      const last = ranges.at(-1)
      const floats = paddedLength(parameter)
      if (last !== undefined && last.offset + last.floats === parameter.offset) last.floats += floats
      else ranges.push({ offset: parameter.offset, floats })
    }
    return ranges
  }
}
