// Weights in the forms in which modules carry them. Matrices: float32; float16; int8, each column (the weights of one output)
// with a scale of its own, its largest magnitude over 127. Biases and scales are float32 always. A module widens them to
// float32 once, in `init`, and computes in float32; with calibrated activations see quantized.ts.
import { ArgumentError, DataError } from '../../core/errors.js'
import { narrowToHalf, widenHalf } from '../../core/formats/half.js'
import type { ModelState } from '../../core/state.js'
import type { NamedTensor } from '../../core/tensor.js'

export type ModuleDtype = 'f32' | 'f16' | 'int8'

/** @throws ArgumentError */
export function requireDtype(dtype: string): asserts dtype is ModuleDtype {
  if (dtype === 'f32' || dtype === 'f16' || dtype === 'int8') return
  throw new ArgumentError({
    rule: 'weights are kept as f32, f16 or int8',
    received: dtype,
    remedy: 'use --dtype int8 for the smallest',
  })
}

/** A matrix as a module carries it: int8 with the scales before it. */
export function storedMatrix(
  { data, shape, name }: NamedTensor,
  dtype: ModuleDtype,
): Uint8Array<ArrayBuffer> {
  if (dtype === 'f32') return bytesOf(data)
  if (dtype === 'f16') {
    const bits = new Uint32Array(data.slice().buffer)
    const halves = Uint16Array.from(bits, narrowToHalf)
    if (!halves.some((half) => (half & 0x7c00) === 0x7c00)) return bytesOf(halves)
    throw new DataError({
      rule: `the weights of ${name} are below 65520 in magnitude, as f16 holds`,
      received: 'a larger one',
      remedy: 'use --dtype f32 or int8',
    })
  }
  const { codes, scales } = int8Codes({ data, shape })
  const bytes = new Uint8Array(scales.byteLength + codes.length)
  bytes.set(bytesOf(scales))
  bytes.set(bytesOf(codes), scales.byteLength)
  return bytes
}

/** A matrix `[in, out]` as codes from −127 to 127, row by row, and a scale for each column. */
export function int8Codes({ data, shape }: Pick<NamedTensor, 'data' | 'shape'>): {
  codes: Int8Array<ArrayBuffer>
  scales: Float32Array<ArrayBuffer>
} {
  const columns = shape[1]!
  const scales = columnScales(data, columns)
  const codes = Int8Array.from(data, (value, i) => {
    const scale = scales[i % columns]!
    return scale === 0 ? 0 : Math.max(-127, Math.min(127, Math.round(value / scale)))
  })
  return { codes, scales }
}

/** The model with the weights that its module computes with. */
export function roundedState(state: ModelState, dtype: ModuleDtype): ModelState {
  const weights = state.weights.map((tensor) => {
    return tensor.shape.length < 2 ? tensor : { ...tensor, data: widened(tensor, dtype) }
  })
  return { ...state, weights }
}

function widened(tensor: NamedTensor, dtype: ModuleDtype): Float32Array {
  if (dtype === 'f32') return tensor.data
  const { buffer } = storedMatrix(tensor, dtype)
  if (dtype === 'f16') return new Float32Array(Uint32Array.from(new Uint16Array(buffer), widenHalf).buffer)
  const columns = tensor.shape[1]!
  const scales = new Float32Array(buffer, 0, columns)
  return Float32Array.from(new Int8Array(buffer, columns * 4), (code, i) => code * scales[i % columns]!)
}

function columnScales(data: Float32Array, columns: number): Float32Array<ArrayBuffer> {
  const scales = new Float32Array(columns)
  data.forEach((value, i) => (scales[i % columns] = Math.max(scales[i % columns]!, Math.abs(value))))
  return scales.map((largest) => largest / 127)
}

/** Little-endian bytes, as a copy. */
export function bytesOf(values: Float32Array | Uint16Array | Int8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice()
}
