import { describe, expect, it } from 'vitest'
import { Arena } from '../../src/core/arena.js'
import { Operation } from '../../src/core/operations.js'
import { byGrid, byRows, RecordWriter, type Access } from '../../src/core/records.js'

const a = { address: 64, bytes: 64 }
const b = { address: 128, bytes: 64 }

/** The operations of a plan in which a second record follows a first one. */
function plan(
  first: { reads?: Access[]; writes?: Access[] },
  second: { reads?: Access[]; writes?: Access[] },
): number[] {
  const writer = new RecordWriter()
  writer.emit('add', [1, 2], { layer: 'l', phase: 'p', ...first })
  writer.emit('softmax', [3], { layer: 'l', phase: 'p', ...second })
  const arena = new Arena(0, false)
  const { address, bytes } = writer.finish(arena)
  const words = arena.u32(address, bytes / 4)
  const operations: number[] = []
  for (let at = 0; at < words.length; at += words[at + 1] / 4) operations.push(words[at])
  return operations
}
const { add, softmax, barrier, end } = Operation

describe('records', () => {
  const needed: [string, Parameters<typeof plan>][] = [
    [
      'all read what was written by rows',
      [{ writes: [{ buffer: a, by: byRows }] }, { reads: [{ buffer: a, by: 'all' }] }],
    ],
    ['shares differ', [{ writes: [{ buffer: a, by: byRows }] }, { reads: [{ buffer: a, by: byGrid(2) }] }]],
    [
      'what all read is overwritten',
      [{ reads: [{ buffer: a, by: 'all' }] }, { writes: [{ buffer: a, by: 'own' }] }],
    ],
    [
      'what was written is overwritten by others',
      [{ writes: [{ buffer: a, by: byGrid(3) }] }, { writes: [{ buffer: a, by: byRows }] }],
    ],
    ['all write the same', [{ writes: [{ buffer: a, by: 'all' }] }, { writes: [{ buffer: a, by: 'all' }] }]],
  ]
  it.each(needed)('have a barrier between them where %s', (_, [first, second]) => {
    expect(plan(first, second)).toEqual([add, barrier, softmax, barrier, end])
  })

  const free: [string, Parameters<typeof plan>][] = [
    [
      'each thread goes on with its own share',
      [
        { writes: [{ buffer: a, by: byRows }] },
        { reads: [{ buffer: a, by: byRows }], writes: [{ buffer: a, by: byRows }] },
      ],
    ],
    ['both read', [{ reads: [{ buffer: a, by: 'all' }] }, { reads: [{ buffer: a, by: byRows }] }]],
    ['buffers differ', [{ writes: [{ buffer: a, by: 'all' }] }, { writes: [{ buffer: b, by: 'all' }] }]],
  ]
  it.each(free)('have none where %s', (_, [first, second]) => {
    expect(plan(first, second)).toEqual([add, softmax, barrier, end])
  })

  it('hold arguments as words, floats by their bits, and know where they stand', () => {
    const writer = new RecordWriter()
    writer.emit('barrier', [], { layer: 'l', phase: 'p' })
    writer.emit('add', [7, -1, { float: 0.5 }, { float: -Infinity }], {
      layer: 'l',
      phase: 'p',
      work: { perRow: 3 },
    })
    const arena = new Arena(0, false)
    writer.finish(arena)
    const [, entry] = writer.emitted
    expect(Array.from(arena.u32(entry.address, 6))).toEqual([add, 24, 7, 0xffffffff, 0x3f000000, 0xff800000])
    expect(entry).toMatchObject({
      operation: 'add',
      layer: 'l',
      phase: 'p',
      work: { perRow: 3, perStep: 0 },
      writes: [],
    })
  })
})
