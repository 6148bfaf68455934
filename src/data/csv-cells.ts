// What the text of a cell is: a number, a missing value, or a word. All readers of tables go by this; the core's fast path
// (assembly/text.ts) takes a part of it, with the same values.

const decimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i
const missing = /^(na|n\/a|nan|null|\?|)$/i
const infinite = /^[+-]?(inf|infinity)$/i

/** Whether a cell stands for no value: empty, NA, N/A, NaN, null or ?, in any case. */
export function isMissing(cell: string): boolean {
  return missing.test(cell)
}

/** Whether a cell is a decimal number, also one out of float32's range; or a word for infinity. */
export function isNumber(cell: string): boolean {
  return decimal.test(cell) || infinite.test(cell)
}

/**
 * The number of a cell as float32, which is the float64 nearest to the text, rounded: what `Math.fround(Number(text))` is.
 * @returns NaN for a missing value, an infinity for what is out of range, undefined for a word.
 */
export function toNumber(cell: string): number | undefined {
  if (decimal.test(cell)) return Math.fround(Number(cell))
  if (missing.test(cell)) return NaN
  return infinite.test(cell) ? Infinity : undefined
}
