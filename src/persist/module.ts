// A model as one ES module without dependencies: the inference core cut to what the model uses, weights, preprocessing and
// labels in one text. It runs in browsers, Node, Deno, Bun, workers and edge runtimes: no eval, no file or network access.
// What it computes has the bits of the library's strict numerics; a module of float16 or int8 weights has those of the model
// with the rounded weights (`roundedState`); one with calibrated activations computes in integers, with the same bits on every
// engine too. Knows nothing of files.
import { ArgumentError } from '../core/errors.js'
import type { ModelState } from '../core/state.js'
import { concatenate } from './bytes.js'
import { inferenceCore } from './module/core-binary.js'
import { cutCore } from './module/cut.js'
import { modeOf, stepsOf, type Step } from './module/layers.js'
import { literal } from './module/literal.js'
import { quantizedLayer, type QuantizedLayer } from './module/quantized.js'
import { predictText, runtimeText } from './module/runtime.js'
import { tableText } from './module/table.js'
import { typesText } from './module/types.js'
import { bytesOf, requireDtype, storedMatrix, type ModuleDtype } from './module/weights.js'

export { roundedState, type ModuleDtype } from './module/weights.js'

export interface ModuleOptions {
  /** How weights are kept; default `f32`. */
  dtype?: ModuleDtype
  /**
   * `inline` (default): the core is in the text. `separate`: it is a file of its own, which `init` takes as a
   * WebAssembly.Module, bytes or a Response: for runtimes and policies that compile no bytes of a program's own.
   */
  wasm?: 'inline' | 'separate'
  /**
   * Of int8: the largest magnitude that goes into each dense layer, as `activationPeaks` finds it. With them the module computes
   * in integers, inputs of 16 bits by weights of 8: faster and in a quarter of the memory. Without, weights are widened to float32.
   */
  peaks?: readonly number[]
}

export interface ModuleFiles {
  /** The ES module. */
  text: string
  /** Its types, for a .d.ts file. */
  types: string
  /** The core, where it is separate. */
  wasm?: Uint8Array<ArrayBuffer>
}

/**
 * A model as the text of an ES module that exports `init()`, `predict(input)`, `predictBatch(inputs)`,
 * `outputs(input, into)`, `labels` and `inputShape`.
 * @throws ArgumentError for layers that modules have not, or more than 256 MB of weights; ShapeError for weights that do not
 *   fit the architecture; DataError for weights that float16 cannot hold.
 */
export function moduleFiles(state: ModelState, options: ModuleOptions = {}): ModuleFiles {
  const { dtype = 'f32', wasm = 'inline', peaks } = options
  requireDtype(dtype)
  const model = stepsOf(state)
  if (peaks !== undefined) requirePeaks(peaks, model.steps, dtype)
  const { inputs, outputs, steps } = model
  const { scale, shift, table } = state.preprocessing
  const mode = modeOf(state.outputs)
  const names = mode === 'regression' ? undefined : (state.outputs.classes ?? numbered(outputs))
  const plan = layOut(steps, inputs, dtype, peaks)
  const core = cutCore(fromBase64(inferenceCore), plan.functions)
  const literals = {
    inputs,
    outputs,
    ...plan.addresses,
    scale: literal(scale, 'preprocessing.scale'),
    shift: literal(shift, 'preprocessing.shift'),
    weights: toBase64(plan.bytes),
    core: wasm === 'inline' ? toBase64(core) : undefined,
    load: plan.load,
    run: plan.run,
    fill: table === undefined ? undefined : tableText(table),
    target: state.outputs.target,
  }
  const shape = state.architecture.inputShape!
  const text = [
    `// A neural network (${architectureText(steps, inputs)}), made by lanewise. Call await init() once, then predict(input).`,
    `/** Shape of one sample; predict takes its numbers flat. */\nexport const inputShape = [${shape.join(', ')}]`,
    names === undefined
      ? ''
      : `/** What the outputs stand for, in their order. */\nexport const labels = ${literal(names, 'outputs.classes')}`,
    runtimeText(literals),
    predictText(mode, outputs, table === undefined ? inputs : undefined),
  ].join('\n')
  const types = typesText({ mode, outputs, names, shape, table, separate: wasm === 'separate' })
  return wasm === 'separate' ? { text, types, wasm: core } : { text, types }
}

/** Everything that the module does with its memory, as statements, with all addresses settled. */
interface Layout {
  addresses: {
    x: number
    scaleAt: number
    shiftAt: number
    padded: number
    out: number
    raw: number
    pages: number
  }
  functions: Set<string>
  load: string[]
  run: string[]
  bytes: Uint8Array<ArrayBuffer>
}

const pageBytes = 65536
const maximumWeights = 2 ** 28

function requirePeaks(peaks: readonly number[], steps: readonly Step[], dtype: ModuleDtype): void {
  const layers = steps.filter(({ kind }) => kind === 'dense').length
  if (dtype === 'int8' && peaks.length === layers) return
  throw new ArgumentError({
    rule: `peaks are one for each of ${String(layers)} dense layers, for int8`,
    received: `${String(peaks.length)} for ${dtype}`,
    remedy: 'take those of activationPeaks, or leave them out',
  })
}

/** A dense step as the module carries it: as it is widened to, or as it is used. */
type Stored =
  | { step: Step & { kind: 'dense' }; matrix: Uint8Array<ArrayBuffer>; layer: undefined }
  | { step: Step & { kind: 'dense' }; layer: QuantizedLayer }

function storedOf(
  steps: readonly Step[],
  dtype: ModuleDtype,
  peaks: readonly number[] | undefined,
): { stored: Stored[]; bytes: number } {
  const dense = steps.filter((step) => step.kind === 'dense')
  const stored = dense.map((step, i): Stored => {
    const peak = peaks?.[i]
    if (peak === undefined) return { step, matrix: storedMatrix(step.weight, dtype), layer: undefined }
    return { step, layer: quantizedLayer(step.weight, step.bias, peak) }
  })
  const bytes = stored.reduce((sum, part) => {
    if (part.layer === undefined) return sum + part.matrix.length + (part.step.bias?.data.byteLength ?? 0)
    return sum + part.layer.codes.length + 2 * part.layer.scales.byteLength
  }, 0)
  if (bytes <= maximumWeights) return { stored, bytes }
  throw new ArgumentError({
    rule: 'a module carries at most 256 MB of weights',
    received: `${String(Math.ceil(bytes / 2 ** 20))} MB`,
    remedy: 'use --dtype int8, or export as safetensors',
  })
}

function layOut(
  steps: readonly Step[],
  inputs: number,
  dtype: ModuleDtype,
  peaks: readonly number[] | undefined,
): Layout {
  const { stored, bytes: total } = storedOf(steps, dtype, peaks)
  // From 64 on: no vector at address 0, all at multiples of 64.
  let end = 64
  const room = (floats: number) => {
    const at = end
    end += Math.ceil(floats / 16) * 64
    return at
  }
  const raw = room(total / 4)
  const widest = Math.max(inputs, ...steps.map((step) => (step.kind === 'dense' ? step.outputs : 0)))
  const padded = Math.ceil(inputs / 16) * 16
  const [x, scaleAt, shiftAt] = [room(inputs), room(inputs), room(inputs)]
  const list = room(2 * widest)
  const buffers = [room(widest), room(widest)]
  const parts: Uint8Array[] = []
  const functions = new Set(['prepare'])
  const [load, run]: string[][] = [[], []]
  let filled = 0
  /** Appends to what is carried; returns its place there. */
  const carry = (bytes: Uint8Array) => {
    parts.push(bytes)
    filled += bytes.length
    return filled - bytes.length
  }
  let value = x
  let width = inputs
  let turn = 0
  let next = 0
  for (const step of steps) {
    if (step.kind === 'activation') {
      functions.add(step.name)
      run!.push(activationCall(step, value, width))
      continue
    }
    const part = stored[next++]!
    const y = buffers[turn]!
    if (part.layer === undefined) {
      const [w, b] = [room(Math.ceil(step.outputs / 16) * 16 * step.inputs), room(step.outputs)]
      load!.push(...widenCalls(step, part.matrix, { w, b, dtype }, carry, functions))
      functions.add('dense')
      run!.push(`core.dense(${[y, value, w, b, step.inputs, step.outputs, list].join(', ')})`)
    } else {
      const { codes, scales, biases, inverse, top } = part.layer
      const [w, scale, b] = [codes, bytesOf(scales), bytesOf(biases)].map((bytes) => raw + carry(bytes))
      functions.add('denseI8')
      const sizes = [y, value, w, scale, b, step.inputs, step.outputs, list, inverse, top]
      run!.push(`core.denseI8(${sizes.join(', ')})`)
    }
    turn = 1 - turn
    value = y
    width = step.outputs
  }
  const bytes = concatenate(parts)
  const pages = Math.ceil(end / pageBytes)
  return {
    addresses: { x, scaleAt, shiftAt, padded, out: value, raw, pages },
    functions,
    load: load!,
    run: run!,
    bytes,
  }
}

/** The calls that widen a layer's weights into place, at the start. */
function widenCalls(
  { inputs, outputs, bias }: Step & { kind: 'dense' },
  matrix: Uint8Array,
  { w, b, dtype }: { w: number; b: number; dtype: ModuleDtype },
  carry: (bytes: Uint8Array) => number,
  functions: Set<string>,
): string[] {
  const [name, scales] = { f32: ['placeF32', 0], f16: ['placeF16', 0], int8: ['placeI8', outputs * 4] }[
    dtype
  ] as [string, number]
  const at = carry(matrix)
  const from = `raw + ${String(at + scales)}`
  const last = scales === 0 ? '' : `, raw + ${String(at)}`
  functions.add(name)
  const calls = [`core.${name}(${String(w)}, ${from}, ${String(inputs)}, ${String(outputs)}${last})`]
  if (bias === undefined) return calls
  functions.add('placeF32')
  const place = `raw + ${String(carry(bytesOf(bias.data)))}`
  return [...calls, `core.placeF32(${String(b)}, ${place}, 1, ${String(outputs)})`]
}

function activationCall(
  { name, parameter }: Step & { kind: 'activation' },
  at: number,
  width: number,
): string {
  const y = String(at)
  if (name === 'softmax') return `core.softmax(${y}, ${y}, 64, 0, 1, ${String(width)})`
  const padded = String(Math.ceil(width / 16) * 16)
  const last = name === 'leakyRelu' || name === 'elu' ? `, ${String(parameter)}` : ''
  return `core.${name}(${y}, ${y}, ${padded}${last})`
}

function architectureText(steps: readonly Step[], inputs: number): string {
  return [inputs, ...steps.flatMap((step) => (step.kind === 'dense' ? [step.outputs] : []))].join('-')
}

function numbered(outputs: number): number[] {
  return Array.from({ length: Math.max(2, outputs) }, (_, i) => i)
}

function toBase64(bytes: Uint8Array): string {
  const parts: string[] = []
  for (let i = 0; i < bytes.length; i += 24576) {
    parts.push(btoa(String.fromCharCode(...bytes.subarray(i, i + 24576))))
  }
  return parts.join('')
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
}
