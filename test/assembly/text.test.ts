import { describe, expect, it } from 'vitest'
import { random, variants } from './kernels.js'
import type { Bench } from './kernels.js'
import { bits } from './reference.js'

const { fround } = Math

describe.each(variants())('text, $variant', (bench: Bench) => {
  const { core } = bench

  function putText(text: string, offset = 0): { at: number; end: number } {
    const bytes = Buffer.from(text, 'latin1')
    const at = bench.alloc(bytes.length + 16, offset)
    bench.u8(at, bytes.length).set(bytes)
    return { at, end: at + bytes.length }
  }

  function powers(): number {
    const at = bench.alloc(23 * 8)
    bench.f64(at, 23).set(Array.from({ length: 23 }, (_, power) => Number(`1e${String(power)}`)))
    return at
  }

  /** Reads rows. @returns the values, and how much of the text was taken. */
  function read(
    form: 'bytes' | 'floats',
    text: string,
    columns: number,
    { delimiter = ',', limit = 1000, offset = 0 } = {},
  ) {
    bench.reset()
    const { at, end } = putText(text, offset)
    const count = bench.alloc(4)
    const code = delimiter.charCodeAt(0)
    if (form === 'bytes') {
      const out = bench.alloc(limit * columns + 8, offset)
      const stop = core.byteRows(out, at, end, columns, limit, code, count)
      bench.checkCanaries()
      const rows = bench.i32(count, 1)[0]
      return { values: [...bench.u8(out, rows * columns)], rows, taken: stop - at }
    }
    const table = powers()
    const out = bench.alloc(limit * columns * 4 + 8, offset & ~3)
    const stop = core.floatRows(out, at, end, columns, limit, code, table, count)
    bench.checkCanaries()
    const rows = bench.i32(count, 1)[0]
    return { values: bench.f32(out, rows * columns).slice(), rows, taken: stop - at }
  }

  describe('byteRows', () => {
    it.each([1, 2, 7, 8, 9, 10, 16, 17, 33, 785])('reads %d columns, with runs of zeros of any length', (columns) => {
      for (const offset of [0, 1, 5]) {
        const next = random(columns + offset)
        const share = next()
        const values = Array.from({ length: 7 * columns }, () => (next() < share ? 0 : Math.floor(256 * next())))
        const lines = Array.from({ length: 7 }, (_, row) => values.slice(row * columns, (row + 1) * columns).join(';'))
        const text = lines.map((line, row) => line + (row % 2 ? '\r\n' : '\n')).join('')
        const expected = { values, rows: 7, taken: text.length }
        expect(read('bytes', text, columns, { delimiter: ';', offset })).toEqual(expected)
      }
    })

    it('reads every byte in each place of a row', () => {
      const values = Array.from({ length: 256 }, (_, i) => i)
      const text = values.map((value) => `${String(value)},0,${String(255 - value)}\n`).join('')
      expect(read('bytes', text, 3).values).toEqual(values.flatMap((value) => [value, 0, 255 - value]))
    })

    it('passes by spaces before numbers and at the end, and leading zeros', () => {
      expect(read('bytes', ' 1,  02, 003  \n', 3).values).toEqual([1, 2, 3])
    })

    it('stops at as many rows as there is room for', () => {
      expect(read('bytes', '1,2\n3,4\n5,6\n', 2, { limit: 2 })).toEqual({ values: [1, 2, 3, 4], rows: 2, taken: 8 })
    })

    it.each([
      ['256,1', 2], ['1,256', 2], ['1000,1', 2], ['1,1000', 2], ['-1,1', 2], ['1,-1', 2], ['+1,1', 2], ['1.0,1', 2],
      ['1,1.0', 2], [',1', 2], ['1,', 2], ['', 2], ['', 1], ['1', 2], ['1,2,3', 2], ['0,0,0', 2], ['"1",2', 2],
      ['1,a', 2], ['a,1', 2], ['1\0,2', 2], ['1;2', 2], ['1,2\r\r', 2], ['0,0,0,0,0,0,0,0,0,0,0,0', 8], ['0,0,0', 8],
      ['1,2\t', 2], ['1 1,2', 2], ['1,é', 2],
    ])('stops before the line %j for %d columns', (line, columns) => {
      const good = `${Array<number>(columns).fill(7).join()}\n`
      const found = read('bytes', `${good}${line}\n${good}`, columns)
      expect([found.rows, found.taken]).toEqual([1, good.length])
      expect(found.values).toEqual(Array<number>(columns).fill(7))
    })
  })

  describe('floatRows', () => {
    /** Decimal texts of every form that may be taken, with up to `digits` digits. */
    function decimals(count: number, digits: number, exponents: number, seed: number): string[] {
      const next = random(seed)
      const below = (limit: number) => Math.floor(limit * next())
      const some = (length: number) => Array.from({ length }, () => String(below(10))).join('')
      return Array.from({ length: count }, () => {
        const length = 1 + below(digits)
        const whole = below(length + 1)
        const point = whole < length || next() < 0.2 ? `.${some(length - whole)}` : ''
        const sign = ['', '', '-', '+'][below(4)]
        const power = below(2 * exponents + 1) - exponents
        const mark = ['e', 'E', 'e+', 'E-'][below(4)]
        const exponent = next() < 0.5 ? '' : mark.endsWith('+') || mark.endsWith('-') ? mark + String(Math.abs(power)) : mark + String(power)
        return sign + some(whole) + point + exponent
      })
    }

    /** All values of a text, read column by column; those that were not taken are undefined. */
    function values(texts: string[]): (number | undefined)[] {
      return texts.map((text) => {
        const { rows, values } = read('floats', `${text},1\n`, 2, { limit: 1 })
        return rows === 1 ? (values as Float32Array)[0] : undefined
      })
    }

    it('takes all of up to 15 digits and powers of ten up to 22, correctly rounded', () => {
      const texts = decimals(4000, 15, 7, 1)
      expect(bits(Float32Array.from(values(texts), (value) => value ?? NaN))).toBe(
        bits(Float32Array.from(texts, (text) => fround(Number(text)))),
      )
    })

    it('takes most of up to 19 digits, none wrongly', () => {
      const texts = decimals(4000, 19, 40, 2)
      let taken = 0
      values(texts).forEach((value, i) => {
        if (value === undefined) return
        taken++
        if (!Object.is(value, fround(Number(texts[i])))) throw new Error(`${texts[i]} was read as ${String(value)}`)
      })
      expect(taken).toBeGreaterThan(3000)
    })

    it('leaves numbers next to a tie of float32 to others, or reads them right', () => {
      // Halfway between two float32s, and a little beside: float64 can tell apart what the bound cannot.
      const texts: string[] = []
      const next = random(3)
      for (let i = 0; i < 500; i++) {
        const low = fround(1 + next())
        const tie = (low + fround(low + 2 ** -23)) / 2
        const text = tie.toFixed(18)
        for (const end of ['', '0', '1', '9']) texts.push((text + end).slice(0, 20), text.slice(0, 17) + end, text.slice(0, 16) + end)
      }
      values(texts).forEach((value, i) => {
        if (value !== undefined) expect([texts[i], value]).toEqual([texts[i], fround(Number(texts[i]))])
      })
    })

    it('reads rows with missing values, spaces, signs of zero and both line ends', () => {
      const { values, rows, taken } = read('floats', '1.5,,-0\r\n , 2 ,3e2 \n,,\n', 3)
      expect([rows, taken]).toEqual([3, 23])
      expect(bits(values as Float32Array)).toBe(bits(Float32Array.of(1.5, NaN, -0, NaN, 2, 300, NaN, NaN, NaN)))
    })

    it.each(['', ' ', '1', '1,2,3', 'a,1', '1,a', '-,1', '.,1', '+.,1', '1e,1', '1e+,1', '1..2,1', '1.2.3,1', '--1,1', 'e5,1',
      '0x10,1', '1_0,1', 'NaN,1', 'inf,1', '"1",2', '1\0,2', '1;2', '1 2,3', '1,2\r\r', '1\t,2', '1,٣',
      '12345678901234567890,1', '1e39,1', '-1e39,1', '1e99999,1', '1.5e-67,1'])('stops before the line %j', (line) => {
      const found = read('floats', `7,8\n${line}\n7,8\n`, 2)
      expect([found.rows, found.taken, ...found.values]).toEqual([1, 4, 7, 8])
    })

    it('takes an empty line for no row of one column', () => {
      expect(read('floats', '1\n\n2\n', 1)).toMatchObject({ rows: 1, taken: 2 })
    })

    it('stops at as many rows as there is room for', () => {
      expect(read('floats', '1|2\n3|4\n5|6\n', 2, { limit: 2, delimiter: '|' })).toMatchObject({ rows: 2, taken: 8 })
    })
  })
})
