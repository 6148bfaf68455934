// The part of an exported module that turns a row of a table, words and missing values among them, to the numbers of the first
// layer: the transform that was fitted in training, as data, and the code that applies it. Same bits as in the library.
import type { TableTransform } from '../../core/state.js'
import { literal } from './literal.js'

/** Source text that defines `fill(row, x)`. */
export function tableText({ columns }: TableTransform): string {
  const hasLog = columns.some(({ map }) => map?.type === 'log')
  return `${hasLog ? logText : ''}${applyText(hasLog)}
const columns = ${literal(columns, 'preprocessing.table')}
for (const column of columns) {
  if (column.kind === 'category') column.numbers = new Map(column.categories.map((word, i) => [word, i]))
}

function fill(row, x) {
  const isList = Array.isArray(row) || ArrayBuffer.isView(row)
  if (isList && row.length !== columns.length)
    throw new RangeError(\`predict takes \${columns.length} columns; received \${row.length}\`)
  let at = 0
  for (let i = 0; i < columns.length; i++) {
    const column = columns[i]
    const { name } = column
    if (!isList && !Object.hasOwn(row, name)) throw new TypeError(\`predict takes a value of column "\${name}"\`)
    const value = isList ? row[i] : row[name]
    const missing = value === undefined || value === null || value === '' || Number.isNaN(value)
    if (column.kind === 'number') {
      if (!missing && !Number.isFinite(value)) throw new TypeError(\`column "\${name}" takes finite numbers\`)
      if (missing && column.impute === undefined) throw new TypeError(\`column "\${name}" has no value\`)
      x[at++] = mapped(missing ? column.impute : value, column.map)
    } else {
      const { categories, numbers } = column
      const known =
        typeof value === 'string'
          ? (numbers.get(value) ?? -1)
          : Number.isInteger(value) && value >= 0 && value < categories.length
            ? value
            : -1
      const number = missing ? (column.impute ?? -1) : known
      if (number < 0 && column.unseen === 'error')
        throw new TypeError(\`column "\${name}" takes one of \${categories.join(', ')}\`)
      if (column.encode === 'one-hot') {
        for (let c = 0; c < categories.length; c++) x[at++] = Number(c === number)
      } else x[at++] = column.map === undefined ? number : mapped(number, column.map)
    }
    if (column.indicator) x[at++] = Number(missing)
  }
}
`
}

const applyText = (hasLog: boolean) => `
/** What becomes of a number: linear, logarithmic, or linear between points. */
function mapped(x, map) {
  if (map.type === 'linear') return (x - map.center) / map.scale
${hasLog ? "  if (map.type === 'log') return ((x < 0 ? -log1p(-x) : log1p(x)) - map.center) / map.scale\n" : ''}  const { from, to } = map
  const last = from.length - 1
  if (!(x > from[0])) return to[0]
  if (x >= from[last]) return to[last]
  let low = 0
  let high = last
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (from[middle] <= x) low = middle
    else high = middle
  }
  return to[low] + ((x - from[low]) / (from[high] - from[low])) * (to[high] - to[low])
}
`

/** As core/exact.ts, whose sources it names: Math.log1p has other bits on other engines. For x >= 0. */
const logText = `
/** log(1 + x) for x >= 0, with the same bits on every engine. */
function log1p(x) {
  const sum = 1 + x
  if (sum === 1) return x
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, sum)
  const word = view.getUint32(0)
  let exponent = (word >>> 20) - 1023
  view.setUint32(0, (word & 0xfffff) | 0x3ff00000)
  let mantissa = view.getFloat64(0)
  if (mantissa > Math.SQRT2) {
    mantissa /= 2
    exponent++
  }
  const f = mantissa - 1
  const s = f / (2 + f)
  const z = s * s
  let series = 0
  for (let n = 11; n >= 1; n--) series = (series + 2 / (2 * n + 1)) * z
  const half = 0.5 * f * f
  const log =
    exponent * 0.6931471803691238 - (half - (s * (half + series) + exponent * 1.9082149292705877e-10) - f)
  return log + (x - (sum - 1)) / sum
}
`
