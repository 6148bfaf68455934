// The changes of a batch on its way in: pictures are changed into a buffer of the batch, mixed in pairs, and listed again where
// the first layer takes lists. What comes after reads the batch from there.
import type { Value } from '../graph.js'
import { batchOrder, entryBytes, pairBytes, panelsOf } from '../operations.js'
import { byRows, type Access, type Buffer, type Sharing } from '../records.js'
import { PlanBuffers } from './buffers.js'
import type { AugmentSource } from './types.js'

const about = { layer: 'input', phase: 'data' }

export class AugmentedBatch extends PlanBuffers {
  /** Who is mixed with whom, where rows are. */
  protected pairs: Buffer | undefined
  protected changed: Buffer | undefined

  /** Emits what `source.augment` asks for, and leads `batch` to the result. */
  protected augment(input: Value): void {
    const { source } = this.options
    if (source.augment === undefined) return
    const pictures = this.augmentPictures(input, source.augment)
    const { mixup } = source.augment
    this.changed = mixup === undefined ? pictures : this.mixRows(input, pictures, mixup)
    this.batch = { address: this.changed.address, kind: source.kind, order: batchOrder }
    if (source.augment.listed) this.listRows(input, this.changed)
  }

  /** What an operation that takes the batch reads beside the source. */
  protected batchReads(by: Sharing): Access[] {
    return this.changed === undefined ? [] : [{ buffer: this.changed, by }]
  }

  /** Targets of mixed pairs, in panels. */
  protected mixTargets(pairs: Buffer): Buffer {
    const { source, output } = this.options
    const targets = this.own(panelsOf(output.columns) * this.stride)
    this.writer.emit(
      'mixTargets',
      [
        targets.address,
        this.stride,
        source.targets,
        Number(source.augment!.byClass),
        output.columns,
        source.order,
        pairs.address,
      ],
      {
        layer: 'loss',
        phase: 'data',
        reads: [{ buffer: pairs, by: 'all' }],
        writes: [{ buffer: targets, by: byRows }],
      },
    )
    return targets
  }

  private augmentPictures(input: Value, { spec, scratchBytes }: AugmentSource): Buffer {
    const { source, threads } = this.options
    const pictures = this.ownRows(input)
    const scratch = this.own(threads * scratchBytes)
    this.writer.emit(
      'augment',
      [
        pictures.address,
        source.address,
        this.isBytes,
        input.columns * this.itemBytes,
        source.order,
        spec,
        scratch.address,
        scratchBytes,
      ],
      { ...about, writes: [{ buffer: pictures, by: byRows }] },
    )
    return pictures
  }

  private mixRows(input: Value, pictures: Buffer, alpha: number): Buffer {
    const { source, capacity } = this.options
    this.pairs = this.own(capacity * pairBytes)
    this.writer.emit('pairRows', [this.pairs.address, { float: 1 / alpha }, source.weights, source.order], {
      ...about,
      writes: [{ buffer: this.pairs, by: 'host' }],
    })
    const mixed = this.ownRows(input)
    this.writer.emit(
      'mixRows',
      [mixed.address, pictures.address, this.isBytes, input.columns, this.pairs.address],
      {
        ...about,
        reads: [
          { buffer: pictures, by: 'all' },
          { buffer: this.pairs, by: 'all' },
        ],
        writes: [{ buffer: mixed, by: byRows }],
      },
    )
    return mixed
  }

  private listRows(input: Value, pictures: Buffer): void {
    const { capacity } = this.options
    const lists = this.own(capacity * (input.columns / 2) * entryBytes)
    const bounds = this.own(capacity * 2 * 4)
    this.writer.emit('listRows', [lists.address, bounds.address, pictures.address, input.columns], {
      ...about,
      reads: this.batchReads(byRows),
      writes: [{ buffer: bounds, by: byRows }],
    })
    this.changed = bounds
    this.batch = { address: bounds.address, kind: 'lists', order: batchOrder }
  }

  private ownRows({ columns }: Value): Buffer {
    return this.own(this.options.capacity * columns * this.itemBytes)
  }

  private get isBytes(): number {
    return Number(this.options.source.kind === 'bytes')
  }

  private get itemBytes(): number {
    return this.isBytes ? 1 : 4
  }
}
