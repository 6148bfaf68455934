// The code of an exported module, as text: start, one sample through the layers, and what the outputs mean.
import type { TargetScaling } from '../../core/state.js'
import type { Mode } from './layers.js'
import { literal } from './literal.js'

/** What the text is made of: sizes, addresses in the module's memory, and source text. */
export interface RuntimeParts {
  inputs: number
  outputs: number
  /** Addresses: the input, its factors and summands, the outputs, the weights as they are carried. */
  x: number
  scaleAt: number
  shiftAt: number
  out: number
  raw: number
  /** Inputs, rounded up to a whole panel. */
  padded: number
  pages: number
  scale: string
  shift: string
  /** Base64. */
  weights: string
  /** Base64; undefined where the core is separate. */
  core: string | undefined
  /** Statements. */
  load: readonly string[]
  run: readonly string[]
  /** Defines `fill(row, x)`, where the model takes rows of a table. */
  fill: string | undefined
  target: TargetScaling | undefined
}

/** `init` and `outputs`. */
export function runtimeText(parts: RuntimeParts): string {
  const { inputs, outputs, x, scaleAt, shiftAt, out, raw, padded, pages, target } = parts
  const lines = (statements: readonly string[]) => statements.map((line) => `\n  ${line}`).join('')
  return `
let core, input, result, started

/**
 * Starts the module; once, before the first predict. Later calls wait for the first.
${parts.core === undefined ? " * @param wasm the module's .wasm: a WebAssembly.Module, bytes, or a Response; or a promise of one.\n" : ''} */
export function init(${parts.core === undefined ? 'wasm' : ''}) {
  started ??= start(${parts.core === undefined ? 'wasm' : ''}).catch((error) => {
    started = undefined
    throw error
  })
  return started
}

${parts.core === undefined ? startSeparate : startInline}
  const memory = new WebAssembly.Memory({ initial: ${String(pages)} })
  const made = await WebAssembly.instantiate(source, { env: { memory } })
  const core = (made.instance ?? made).exports
  const { buffer } = memory
  const raw = ${String(raw)}
  new Uint8Array(buffer).set(bytesOf(weightText), raw)${lines(parts.load)}
  place(new Float32Array(buffer, ${String(scaleAt)}, ${String(inputs)}), ${parts.scale})
  place(new Float32Array(buffer, ${String(shiftAt)}, ${String(inputs)}), ${parts.shift})
  input = new Float32Array(buffer, ${String(x)}, ${String(inputs)})
  result = new Float32Array(buffer, ${String(out)}, ${String(outputs)})
  return core
}

function place(row, values) {
  if (values.length === 1) row.fill(values[0])
  else row.set(values)
}

function bytesOf(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text)
  if (globalThis.Buffer) return globalThis.Buffer.from(text, 'base64')
  const binary = atob(text)
  const bytes = new Uint8Array(binary.length)
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i)
  return bytes
}
${parts.fill ?? fillText(inputs)}
function run() {${lines(parts.run)}
}

/**
 * The numbers that the network makes of one sample, in \`into\`; makes no garbage.
 */
export function outputs(sample, into = new Float32Array(${String(outputs)})) {
  if (core === undefined) throw new Error('await init() once before the first prediction')
  fill(sample, input)
  if (!core.prepare(${[x, scaleAt, shiftAt, padded].join(', ')})) throw new RangeError('an input is not a finite number')
  run()
${target === undefined ? '  into.set(result)\n' : targetText(target)}  return into
}
${parts.core === undefined ? '' : `\nconst coreText =\n  '${parts.core}'\n`}
const weightText =
  '${parts.weights}'
`
}

const startInline = `async function start() {
  core = await load(bytesOf(coreText))
}

async function load(source) {`

const startSeparate = `async function start(wasm) {
  const given = await wasm
  if (given === undefined) throw new TypeError('init takes the .wasm that belongs to this module')
  core = await load(typeof given.arrayBuffer === 'function' ? await given.arrayBuffer() : given)
}

async function load(source) {`

const fillText = (inputs: number) => `
function fill(sample, x) {
  if (sample.length !== ${String(inputs)})
    throw new RangeError(\`predict takes ${String(inputs)} numbers; received \${sample.length}\`)
  x.set(sample)
}
`

const targetText = ({
  center,
  scale,
}: TargetScaling) => `  const center = ${literal(center, 'outputs.target')}
  const scale = ${literal(scale, 'outputs.target')}
  for (let i = 0; i < center.length; i++) into[i] = result[i] * scale[i] + center[i]
`

/** `predict` and `predictBatch`. @param inputs numbers in one sample; undefined where samples are rows of a table. */
export function predictText(mode: Mode, outputs: number, inputs: number | undefined): string {
  return `${singleText(mode, outputs)}${inputs === undefined ? rowsText : flatText(inputs)}`
}

const rowsText = `
/** What the network says of each of several rows. */
export function predictBatch(rows) {
  return Array.from(rows, (row) => predict(row))
}
`

const flatText = (inputs: number) => `
/** What the network says of each of several samples: a list of them, or their numbers one after another. */
export function predictBatch(samples) {
  if (typeof samples[0] !== 'number') return Array.from(samples, (sample) => predict(sample))
  if (samples.length % ${String(inputs)} > 0)
    throw new RangeError(\`predictBatch takes ${String(inputs)} numbers a sample; received \${samples.length}\`)
  return Array.from({ length: samples.length / ${String(inputs)} }, (_, i) => predict(samples.slice(i * ${String(inputs)}, (i + 1) * ${String(inputs)})))
}
`

function singleText(mode: Mode, outputs: number): string {
  if (mode === 'regression') {
    return outputs === 1
      ? `/** What the network says of one sample: { value }. */
export function predict(sample) {
  return { value: outputs(sample)[0] }
}
`
      : `/** What the network says of one sample: { values }. */
export function predict(sample) {
  return { values: outputs(sample) }
}
`
  }
  if (mode === 'columns') {
    return `/** What the network says of one sample: { label, probabilities }, label being all labels that hold. */
export function predict(sample) {
  const probabilities = outputs(sample)
  return { label: labels.filter((_, i) => probabilities[i] > 0.5), probabilities }
}
`
  }
  if (mode === 'binary') {
    return `/** What the network says of one sample: { label, probabilities }, one probability for each of labels. */
export function predict(sample) {
  const [p] = outputs(sample)
  return { label: labels[Number(p > 0.5)], probabilities: Float32Array.of(1 - p, p) }
}
`
  }
  return `/** What the network says of one sample: { label, probabilities }, one probability for each of labels. */
export function predict(sample) {
  const probabilities = outputs(sample)
  let best = 0
  for (let i = 1; i < probabilities.length; i++) if (probabilities[i] > probabilities[best]) best = i
  return { label: labels[best], probabilities }
}
`
}
