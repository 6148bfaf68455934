// Dense layers in integers, as modules with calibrated activations carry them. Weights are int8, each column with a scale of its own;
// what goes into a layer is rounded to 16 bits with one scale a layer, by the largest magnitude that was seen there. Twice that
// still fits, so that rows beyond those of the calibration lose nothing. The core's denseI8 says what is done with them.
import { ArgumentError } from '../../core/errors.js'
import type { NamedTensor } from '../../core/tensor.js'
import { int8Codes } from './weights.js'

export interface QuantizedLayer {
  /** Codes in the core's order, then scales and biases: float32, padded to whole panels. */
  codes: Uint8Array<ArrayBuffer>
  scales: Float32Array<ArrayBuffer>
  biases: Float32Array<ArrayBuffer>
  /** One over the scale of the inputs, and the largest code of an input. */
  inverse: number
  top: number
}

/** How much larger than any of the calibration an input may be before it is cut. */
const headroom = 2
const smallestPeak = 2 ** -60
const largestSum = 2 ** 31 - 1
const largestCode = 2 ** 15 - 1

/**
 * @param peak largest magnitude that went into the layer.
 * @throws ArgumentError for a peak that is none.
 */
export function quantizedLayer(
  weight: NamedTensor,
  bias: NamedTensor | undefined,
  peak: number,
): QuantizedLayer {
  if (!(Number.isFinite(peak) && peak >= 0)) {
    throw new ArgumentError({
      rule: 'the largest magnitude that goes into a layer is a number from 0 on',
      received: String(peak),
      remedy: 'take those of activationPeaks',
    })
  }
  const [inputs, outputs] = weight.shape as [number, number]
  const { codes, scales: own } = int8Codes(weight)
  const sums = new Float64Array(outputs)
  codes.forEach((code, i) => (sums[i % outputs]! += Math.abs(code)))
  const most = sums.reduce((a, b) => Math.max(a, b), 1)
  const top = Math.min(largestCode, Math.floor(largestSum / most))
  // Of a layer that only ever saw zeros any scale will do.
  const scale = Math.fround(((peak < smallestPeak ? 1 : peak) * headroom) / top)
  const padded = Math.ceil(outputs / 16) * 16
  const scales = new Float32Array(padded)
  own.forEach((value, c) => (scales[c] = value * scale))
  const biases = new Float32Array(padded)
  if (bias !== undefined) biases.set(bias.data)
  return { codes: panels(codes, inputs, outputs), scales, biases, inverse: Math.fround(1 / scale), top }
}

/** Row-major codes in panels of 16 outputs, the weights of two inputs side by side. */
function panels(codes: Int8Array, inputs: number, outputs: number): Uint8Array<ArrayBuffer> {
  const rows = Math.ceil(inputs / 4) * 4
  const out = new Int8Array(Math.ceil(outputs / 16) * rows * 16)
  for (let r = 0; r < inputs; r++) {
    for (let c = 0; c < outputs; c++) {
      out[(c >> 4) * rows * 16 + (r >> 1) * 32 + (c & 15) * 2 + (r & 1)] = codes[r * outputs + c]!
    }
  }
  return new Uint8Array(out.buffer)
}
