// A model as one ES module without dependencies: the inference core cut to what the model uses, weights, preprocessing and
// labels in one text. It runs in browsers, Node, Deno, Bun, workers and edge runtimes: no eval, no file or network access.
// What it computes has the bits of the library's strict numerics; a module of float16 or int8 weights has those of the model
// with the rounded weights (`roundedState`). Knows nothing of files.
import { ArgumentError } from '../core/errors.js'
import type { ModelState } from '../core/state.js'
import { concatenate } from './bytes.js'
import { inferenceCore } from './module/core-binary.js'
import { cutCore } from './module/cut.js'
import { modeOf, stepsOf, type Step } from './module/layers.js'
import { literal } from './module/literal.js'
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
 * A model as the text of an ES module that exports `init()`, `predict(input)`, `outputs(input, into)`, `labels` and
 * `inputShape`.
 * @throws ArgumentError for layers that modules have not, or more than 256 MB of weights; ShapeError for weights that do not
 *   fit the architecture; DataError for weights that float16 cannot hold.
 */
export function moduleFiles(state: ModelState, options: ModuleOptions = {}): ModuleFiles {
  const { dtype = 'f32', wasm = 'inline' } = options
  requireDtype(dtype)
  const model = stepsOf(state)
  const { inputs, outputs, steps } = model
  const { scale, shift, table } = state.preprocessing
  const mode = modeOf(state.outputs)
  const names = mode === 'regression' ? undefined : (state.outputs.classes ?? numbered(outputs))
  const plan = layOut(steps, inputs, dtype)
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
    predictText(mode, outputs),
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

function layOut(steps: readonly Step[], inputs: number, dtype: ModuleDtype): Layout {
  // From 64 on: no vector at address 0, all at multiples of 64.
  let end = 64
  const room = (floats: number) => {
    const at = end
    end += Math.ceil(floats / 16) * 64
    return at
  }
  const widest = Math.max(inputs, ...steps.map((step) => (step.kind === 'dense' ? step.outputs : 0)))
  const padded = Math.ceil(inputs / 16) * 16
  const [x, scaleAt, shiftAt] = [room(inputs), room(inputs), room(inputs)]
  const list = room(2 * widest)
  const buffers = [room(widest), room(widest)]
  const parts: Uint8Array[] = []
  const functions = new Set(['prepare'])
  const [load, run]: string[][] = [[], []]
  const place = (bytes: Uint8Array, call: (at: number) => string) => {
    load!.push(call(parts.reduce((sum, part) => sum + part.length, 0)))
    parts.push(bytes)
  }
  let value = x
  let width = inputs
  let turn = 0
  for (const step of steps) {
    if (step.kind === 'activation') {
      functions.add(step.name)
      run!.push(activationCall(step, value, width))
      continue
    }
    const { weight, bias, outputs } = step
    const w = room(Math.ceil(outputs / 16) * 16 * step.inputs)
    const b = room(outputs)
    const size = `${String(step.inputs)}, ${String(outputs)}`
    const [name, scales] = { f32: ['placeF32', 0], f16: ['placeF16', 0], int8: ['placeI8', outputs * 4] }[
      dtype
    ] as [string, number]
    place(storedMatrix(weight, dtype), (at) => {
      const from = `raw + ${String(at + scales)}`
      return `core.${name}(${String(w)}, ${from}, ${size}${scales === 0 ? '' : `, raw + ${String(at)}`})`
    })
    functions.add(name).add('dense')
    if (bias !== undefined) {
      functions.add('placeF32')
      place(
        bytesOf(bias.data),
        (at) => `core.placeF32(${String(b)}, raw + ${String(at)}, 1, ${String(outputs)})`,
      )
    }
    const y = buffers[turn]!
    run!.push(`core.dense(${[y, value, w, b, step.inputs, outputs, list].join(', ')})`)
    turn = 1 - turn
    value = y
    width = outputs
  }
  const bytes = concatenate(parts)
  const raw = room(bytes.length / 4)
  if (bytes.length > maximumWeights) {
    throw new ArgumentError({
      rule: 'a module carries at most 256 MB of weights',
      received: `${String(Math.ceil(bytes.length / 2 ** 20))} MB`,
      remedy: 'use --dtype int8, or export as safetensors',
    })
  }
  const pages = Math.ceil(end / pageBytes)
  return {
    addresses: { x, scaleAt, shiftAt, padded, out: value, raw, pages },
    functions,
    load: load!,
    run: run!,
    bytes,
  }
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
