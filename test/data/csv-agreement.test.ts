// The fast path and csv-parse alone give the same bits, over random files and over damaged ones; damage is told by a typed
// error or does no harm.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { LanewiseError } from '../../src/core/errors.js'
import { TableBuilder } from '../../src/data/csv-builder.js'
import { openCsv } from '../../src/data/csv-rows.js'
import { readCsv } from '../../src/data/csv.js'
import { readImageCsv } from '../../src/data/image-csv.js'
import { random } from '../assembly/kernels.js'
import { temporaryFolder } from './idx-bytes.js'

interface Dice {
  below(limit: number): number
  one<T>(of: readonly T[]): T
  chance(share: number): boolean
}

function dice(seed: number): Dice {
  const next = random(seed)
  const below = (limit: number) => Math.floor(limit * next())
  return { below, one: (of) => of[below(of.length)]!, chance: (share) => next() < share }
}

const digitsOf = ({ below }: Dice, count: number) =>
  Array.from({ length: count }, () => String(below(10))).join('')

/** Texts of numbers as files hold them: plain and odd. */
const kinds: readonly ((roll: Dice) => string)[] = [
  (roll) => String(roll.below(256)),
  () => '0',
  (roll) => `${roll.one(['', '-', '+'])}${String(roll.below(1000))}.${digitsOf(roll, 1 + roll.below(6))}`,
  (roll) => `${String(roll.below(10))}.${digitsOf(roll, 15)}`,
  (roll) =>
    `${roll.one(['', '-'])}${String(roll.below(10))}.${digitsOf(roll, 18)}e${roll.one(['+', '-'])}0${String(roll.below(10))}`,
  (roll) => `${digitsOf(roll, 1 + roll.below(24))}${roll.one(['', '.', 'e-20', 'E3'])}`,
  (roll) => `.${digitsOf(roll, 1 + roll.below(9))}`,
  (roll) =>
    roll.one(['-0', '+0.0', '1e-45', '7e-46', '16777217', '3.4028235e38', '0e999', '00012', '1e-999']),
]
const oddities = ['', '', ' ', 'NA', 'nan', '?', '"5"', '" 5"', '"5" ', '\t5', '5\u00a0']

function randomFile(seed: number): string {
  const roll = dice(seed)
  const columns = 1 + roll.below(9)
  const delimiter = roll.one([',', ';', '\t', '|'])
  const oddShare = roll.one([0, 0, 0.001, 0.02, 0.3])
  const own = Array.from({ length: columns }, () => [roll.one(kinds), roll.one(kinds)])
  const end = roll.one(['\n', '\n', '\r\n'])
  const pad = roll.chance(0.2) ? () => ' '.repeat(roll.below(3)) : () => ''
  const lines = Array.from({ length: 1 + roll.below(roll.chance(0.04) ? 2000 : 60) }, () => {
    const cells = own.map((some) => (roll.chance(oddShare) ? roll.one(oddities) : roll.one(some)(roll)))
    return (
      (roll.chance(oddShare / 4) ? `${pad()}${end}` : '') +
      cells.map((cell) => pad() + cell + pad()).join(delimiter)
    )
  })
  if (roll.chance(0.5)) lines.unshift(own.map((_, i) => `n${String(i)}`).join(delimiter))
  return (roll.chance(0.1) ? '\ufeff' : '') + lines.join(end) + roll.one(['', end])
}

/** All columns as numbers: their bits, or the error's code. Words are one value. */
async function read(path: string, form: 'f32' | 'records'): Promise<string | [rows: number, bits: string]> {
  try {
    const { dialect, rows, close } = await openCsv(path)
    try {
      const { names } = dialect
      const builder = new TableBuilder({
        path,
        names,
        chosen: names.map((_, column) => column),
        words: names.map(() => false),
        rowsPerPart: 1 << 12,
      })
      for await (const block of rows(form)) builder.add(block)
      const { parts, misfits, rows: count } = builder.finish()
      const bytes = parts.map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength))
      return misfits.size > 0
        ? `words in ${[...misfits].sort().join()}`
        : [count, Buffer.concat(bytes).toString('hex')]
    } finally {
      await close()
    }
  } catch (error) {
    if (error instanceof LanewiseError) return error.code
    throw error
  }
}

describe('the fast path', () => {
  it('agrees with csv-parse bit for bit over random files', async () => {
    const path = join(temporaryFolder({}), 'random.csv')
    let values = 0
    for (let seed = 0; seed < 150; seed++) {
      const text = randomFile(seed)
      writeFileSync(path, seed % 5 === 0 ? gzipSync(text) : text)
      const [fast, slow] = [await read(path, 'f32'), await read(path, 'records')]
      if (typeof fast !== 'string') values += fast[1].length / 8
      expect([seed, fast]).toEqual([seed, slow])
    }
    expect(values).toBeGreaterThan(20_000)
  })
})

/** One way to damage a file. */
const damages: readonly ((bytes: Buffer, roll: Dice) => Buffer)[] = [
  (bytes, { below }) => bytes.subarray(0, below(bytes.length)),
  (bytes, { below }) => bytes.subarray(below(bytes.length)),
  (bytes, { below }) => {
    const copy = Buffer.from(bytes)
    for (let i = 0; i <= below(4); i++) copy[below(copy.length)]! ^= 1 << below(8)
    return copy
  },
  (bytes, { below, one }) => {
    const copy = Buffer.from(bytes)
    copy[below(copy.length)] = one([0, 10, 13, 32, 34, 44, 45, 46, 0x80, 0xc3, 0xff])
    return copy
  },
  (bytes, { below, one }) => {
    const at = below(bytes.length)
    const what = one([
      '\0'.repeat(1 + below(99)),
      '9'.repeat(1 + below(5000)),
      ','.repeat(1 + below(3000)),
      '"',
      '""',
      '\n'.repeat(1 + below(99)),
      'e',
      '\ufeff',
      'ß',
      '💥',
    ])
    return Buffer.concat([bytes.subarray(0, at), Buffer.from(what), bytes.subarray(at)])
  },
  (bytes, { below }) => {
    const [from, length, to] = [below(bytes.length), below(200), below(bytes.length)]
    return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from, from + length), bytes.subarray(to)])
  },
  (bytes, { one }) => Buffer.from(bytes.toString('latin1'), one(['utf16le', 'base64', 'hex'] as const)),
]

describe('damaged files', () => {
  const sound = {
    numbers: Buffer.from(
      Array.from({ length: 25 }, (_, i) => `${String(i)},${String(i / 8)},${String(-i)}e2\n`).join(''),
    ),
    words: Buffer.from(
      `a;b;c\n${Array.from({ length: 25 }, (_, i) => `${String(i % 7)};w${String(i % 3)};"q;${String(i % 4)}"\r\n`).join('')}`,
    ),
    packed: gzipSync(Array.from({ length: 200 }, (_, i) => `${String(i % 9)},${String(i * i)}\n`).join('')),
  }

  it.each(['numbers', 'words', 'packed'] as const)('give a typed error or rows: 350 of %s', async (name) => {
    const path = join(temporaryFolder({}), 'damaged.csv')
    for (let seed = 0; seed < 350; seed++) {
      const roll = dice(seed * 3 + name.length)
      let bytes: Buffer = roll.one(damages)(sound[name], roll)
      if (roll.chance(0.3) && bytes.length > 0) bytes = roll.one(damages)(bytes, roll)
      writeFileSync(path, bytes)
      if (seed % 3 === 0) expect([seed, await read(path, 'f32')]).toEqual([seed, await read(path, 'records')])
      try {
        const { x, y } = await readCsv(path)
        expect([x.data.length, y.length]).toEqual([x.shape[0]! * x.shape[1]!, x.shape[0]])
      } catch (error) {
        if (!(error instanceof LanewiseError)) throw new Error(`seed ${String(seed)}`, { cause: error })
      }
    }
  })

  it('of pictures give a typed error or bytes in range', async () => {
    const path = join(temporaryFolder({}), 'pictures.csv')
    const pictures = Buffer.from(
      Array.from({ length: 20 }, (_, i) => `${String(i % 3)},0,0,255,${String(i)},0,0,0,0,7\n`).join(''),
    )
    let read = 0
    for (let seed = 0; seed < 1000; seed++) {
      const roll = dice(seed + 7000)
      writeFileSync(path, roll.one(damages)(pictures, roll))
      try {
        const { x, y } = await readImageCsv(path, { pixels: 9, classes: 3 })
        expect(x.data.length).toBe(9 * y.length)
        expect(Math.max(...y)).toBeLessThan(3)
        read++
      } catch (error) {
        if (!(error instanceof LanewiseError)) throw new Error(`seed ${String(seed)}`, { cause: error })
      }
    }
    expect(read).toBeGreaterThan(20)
  })
})
