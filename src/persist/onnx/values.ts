// What flows along the edges of an ONNX graph while it is read: constants, or what is computed from the input, written as a
// polynomial in the output of one layer. So scalers, biases and batch norms need no patterns (they are sums and multiples of it),
// and the compositions that stand for GELU and SiLU are told by their coefficients, in whatever order they were multiplied.
import { sizeOf } from '../../core/tensor.js'
import type { Constant, Texts } from './constants.js'

/** One number for all columns of a sample, or one each. */
export type Coefficient = number | Float64Array

/** What only a layer can compute. `node` is how messages name where it comes from. */
export type Atom =
  | { kind: 'input' }
  /** argument · weight, weight `[in, out]` row by row. */
  | {
      kind: 'dense'
      argument: Polynomial
      weight: Float32Array | Float64Array
      outputs: number
      node: string
    }
  /** By its name here, or `erf` or `log-softmax`, which are known only as parts. */
  | { kind: 'activation'; name: string; parameter: number; argument: Polynomial; node: string }
  | { kind: 'dropout'; rate: number; argument: Polynomial; node: string }

/** c₀ + c₁ · base + c₂ · base² + …, of degree 1 to 3. */
export interface Polynomial {
  kind: 'polynomial'
  base: Atom
  coefficients: readonly Coefficient[]
  /** Shape of one sample. */
  shape: readonly number[]
}

export type Value =
  | Constant
  | Texts
  | Polynomial
  /** Probabilities of no and yes, from that of yes. */
  | { kind: 'both'; of: Polynomial }
  /** The likeliest class; by number, or its label. */
  | { kind: 'label'; of: Numbers; classes: readonly (string | number)[] | undefined }
  /** Whether each output is more than one half. */
  | { kind: 'yes'; of: Polynomial }
  /** Probabilities by label. */
  | { kind: 'scores'; of: Numbers; classes: readonly (string | number)[] }

export type Numbers = Polynomial | Extract<Value, { kind: 'both' }>

export function identity(base: Atom, shape: readonly number[]): Polynomial {
  return { kind: 'polynomial', base, coefficients: [0, 1], shape }
}

export function combine(
  a: Coefficient,
  b: Coefficient,
  operation: (a: number, b: number) => number,
): Coefficient {
  if (typeof a === 'number' && typeof b === 'number') return operation(a, b)
  const length = typeof a === 'number' ? (b as Float64Array).length : a.length
  return Float64Array.from({ length }, (_, i) => operation(at(a, i), at(b, i)))
}

export function at(coefficient: Coefficient, column: number): number {
  return typeof coefficient === 'number' ? coefficient : coefficient[column]!
}

/** Whether all values meet the condition. */
export function every(coefficient: Coefficient, condition: (value: number) => boolean): boolean {
  return typeof coefficient === 'number' ? condition(coefficient) : coefficient.every(condition)
}

export const plus = (a: number, b: number) => a + b
export const minus = (a: number, b: number) => a - b
export const times = (a: number, b: number) => a * b
export const over = (a: number, b: number) => a / b

/** p with each coefficient changed, or only that of degree 0. */
export function scaled(p: Polynomial, factor: Coefficient, operation = times): Polynomial {
  return { ...p, coefficients: p.coefficients.map((c) => combine(c, factor, operation)) }
}

export function shifted(p: Polynomial, summand: Coefficient): Polynomial {
  const [first, ...rest] = p.coefficients
  return { ...p, coefficients: [combine(first!, summand, plus), ...rest] }
}

/** p + q or p − q, of one base. */
export function joined(p: Polynomial, q: Polynomial, operation: typeof plus): Polynomial {
  const degree = Math.max(p.coefficients.length, q.coefficients.length)
  const coefficients = Array.from({ length: degree }, (_, i) =>
    combine(p.coefficients[i] ?? 0, q.coefficients[i] ?? 0, operation),
  )
  return { ...p, coefficients }
}

/** p · q, of one base; undefined above degree 3. */
export function multiplied(p: Polynomial, q: Polynomial): Polynomial | undefined {
  const coefficients: Coefficient[] = Array.from(
    { length: p.coefficients.length + q.coefficients.length - 1 },
    () => 0,
  )
  p.coefficients.forEach((a, i) => {
    q.coefficients.forEach((b, j) => {
      coefficients[i + j] = combine(coefficients[i + j]!, combine(a, b, times), plus)
    })
  })
  return coefficients.length > 4 ? undefined : { ...p, coefficients }
}

/**
 * A constant as it meets each sample of `shape`, by ONNX's (NumPy's) rules; undefined where it does not fit, or is of another
 * value for other rows.
 */
export function alongColumns(
  { shape: own, data }: Constant,
  shape: readonly number[],
): Coefficient | undefined {
  if (data.length === 1 && own.length <= shape.length + 1) return data[0]!
  const extra = own.length - shape.length
  if (own.slice(0, Math.max(0, extra)).some((size) => size !== 1) || extra > 1) return undefined
  const sizes = shape.map((_, d) => own[d + extra] ?? 1)
  if (sizes.some((size, d) => size !== 1 && size !== shape[d]) || data.length === 0) return undefined
  if (sizes.every((size, d) => size === shape[d])) return Float64Array.from(data)
  return Float64Array.from({ length: sizeOf(shape) }, (_, column) => {
    let [rest, step, index] = [column, 1, 0]
    for (let d = shape.length - 1; d >= 0; d--) {
      if (sizes[d] !== 1) index += (rest % shape[d]!) * step
      rest = Math.floor(rest / shape[d]!)
      step *= sizes[d]!
    }
    return data[index]!
  })
}
