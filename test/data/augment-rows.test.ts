import { describe, expect, it } from 'vitest'
import { ArgumentError, ShapeError } from '../../src/core/errors.js'
import { augmentRows, dense, Sequential, sgd } from '../../src/index.js'
import { contactSheet } from '../../src/data/contact-sheet.js'
import { random } from '../assembly/kernels.js'

const next = random(9)
const [rows, side] = [12, 10]
const data = Uint8Array.from({ length: rows * side * side }, () => Math.max(0, 400 * next() - 200))
const x = { data, shape: [rows, side, side] }

describe('augmentRows', () => {
  it.each(['digits', 'noise', 'shift;mixup:alpha=1'])(
    'gives the batch that training sees: %s',
    async (augment) => {
      // A layer's gradient on rows tells the rows: one step on the changed rows is one step with augmentation.
      for (const given of [x, { data: Float32Array.from(data, (v) => v / 255), shape: x.shape }]) {
        const y = Float32Array.from({ length: rows }, () => 0.5)
        const stepOn = async (batch: Parameters<typeof augmentRows>[0], option: string) => {
          const model = new Sequential([{ type: 'flatten' }, dense(1)])
          await model.compile({
            loss: 'mse',
            optimizer: sgd({ learningRate: 0.1 }),
            seed: 3,
            numerics: 'strict',
            augment: option,
          })
          await model.fit(batch, y, { batchSize: rows, shuffle: false })
          return model.weights()
        }
        expect(await stepOn(await augmentRows(given, augment, { seed: 3 }), 'none')).toEqual(
          await stepOn(given, augment),
        )
      }
    },
  )

  it('is a function of seed and step, and keeps form and type', async () => {
    const first = await augmentRows(x, 'digits')
    expect(first.shape).toEqual(x.shape)
    expect(first.data).toBeInstanceOf(Uint8Array)
    expect(await augmentRows(x, 'digits', { seed: 1, step: 0 })).toEqual(first)
    expect((await augmentRows(x, 'digits', { step: 1 })).data).not.toEqual(first.data)
    expect((await augmentRows(x, 'digits', { seed: 2 })).data).not.toEqual(first.data)
    const same = await augmentRows(x, 'none')
    expect(same).toEqual(x)
    expect(same.data).not.toBe(data)
  })

  it('refuses what it cannot do', async () => {
    await expect(augmentRows(x, 'elastik')).rejects.toThrow(ArgumentError)
    await expect(augmentRows(x, 'shift', { step: -1 })).rejects.toThrow(/a step is an integer/)
    await expect(augmentRows(x, 'shift', { seed: 0.5 })).rejects.toThrow(ArgumentError)
    await expect(augmentRows({ data: new Float32Array(8), shape: [1, 8] }, 'shift')).rejects.toThrow(
      ShapeError,
    )
  })
})

describe('contactSheet', () => {
  it('puts each picture at its place, in grey or colours', () => {
    const grey = contactSheet(
      [
        [
          [
            [1, 2, 3, 4],
            [5, 6, 7, 8],
          ],
          [undefined, [9, 9, 9, 9]],
        ],
      ],
      [2, 2, 1],
      { zoom: 2, firstApart: false },
    )
    expect([grey.width, grey.height, grey.data.length]).toEqual([14, 14, 14 * 14 * 3])
    const at = ({ data: pixels, width }: typeof grey, px: number, py: number) => [
      ...pixels.subarray((py * width + px) * 3, (py * width + px) * 3 + 3),
    ]
    expect([
      at(grey, 0, 0),
      at(grey, 2, 2),
      at(grey, 3, 3),
      at(grey, 4, 2),
      at(grey, 2, 4),
      at(grey, 8, 2),
      at(grey, 11, 5),
    ]).toEqual([64, 1, 1, 2, 3, 5, 8].map((value) => [value, value, value]))
    expect([at(grey, 2, 8), at(grey, 8, 8)]).toEqual([64, 9].map((value) => [value, value, value]))
    const colours = contactSheet(
      [
        [
          [
            [1, 2, 3],
            [4, 5, 6],
          ],
        ],
        [[[7, 8, 9]]],
      ],
      [1, 1, 3],
      { zoom: 1, firstApart: true },
    )
    expect([colours.width, colours.height]).toEqual([14, 12])
    expect([at(colours, 2, 2), at(colours, 11, 2), at(colours, 2, 9)]).toEqual([
      [1, 2, 3],
      [4, 5, 6],
      [7, 8, 9],
    ])
  })
})
