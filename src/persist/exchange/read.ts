// Any model file to a model: those of lanewise come back whole, those of other programs as their dense layers. What the bytes
// are decides, not the name.
import { ArgumentError, FormatError } from '../../core/errors.js'
import { listNpz } from '../../core/formats/npz.js'
import { bytesSource } from '../../core/formats/zip.js'
import type { ModelState } from '../../core/state.js'
import type { NamedTensor } from '../../core/tensor.js'
import { formatName, requireObject } from '../fields.js'
import { decodeText, parseJson, requireTame } from '../json.js'
import { decodeModel, modelOf } from '../model.js'
import { decodeSafeTensors } from '../safetensors.js'
import type { Layout } from './document.js'
import { denseChain } from './named.js'
import { refuseUnreadable } from './refused.js'
import { readScikit } from './scikit.js'
import type { StackLayer } from './stack.js'
import { stateOfStack, type Task } from './state-of.js'
import { documentKey, readNpzTensors, stateFrom } from './tensors.js'

/** What files of other programs do not tell. Of ONNX files only the task is asked. */
export interface ImportOptions {
  /** Layout of matrices; default what their names tell. */
  layout?: Layout | undefined
  /** Of hidden layers, where only weights are there; default relu. */
  activation?: string | undefined
  /** Default what the file tells; for mere weights by the outputs: one is a regression, several are classes. */
  task?: Task | undefined
}

export interface Imported {
  state: ModelState
  /** What was assumed, as lines for the user. */
  notes: string[]
}

/**
 * The model in the bytes of a file.
 * @param file how messages name it.
 * @throws FormatError for what is no model, or one that cannot be read, with the reason; ArgumentError for options.
 */
export async function importModel(
  bytes: Uint8Array,
  file: string,
  options: ImportOptions = {},
): Promise<Imported> {
  refuseUnreadable(bytes, file)
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) return fromNpz(bytes, file, options)
  if (bytes[8] === 0x7b && bytes.subarray(0, 8).includes(0)) return fromSafeTensors(bytes, file, options)
  if (isOnnx(bytes, file)) {
    requireUnused(options)
    const { decodeOnnx } = await import('../onnx/read.js')
    return decodeOnnx(bytes, file, options.task)
  }
  if (/^[\s\ufeff]*\{/.test(new TextDecoder().decode(bytes.subarray(0, 64))))
    return fromJson(bytes, file, options)
  throw new FormatError({
    file,
    rule: 'a model to import is ONNX, safetensors, NPZ or JSON',
    received: bytes.length === 0 ? 'an empty file' : `${String(bytes.length)} bytes of something else`,
    remedy: 'write the weights as safetensors, or with numpy.savez',
  })
}

/** @throws ArgumentError for what an ONNX file tells itself. */
function requireUnused(options: ImportOptions): void {
  const given = (['layout', 'activation'] as const).find((name) => options[name] !== undefined)
  if (given === undefined) return
  throw new ArgumentError({
    rule: `an ONNX file tells its ${given}`,
    received: `--${given} ${String(options[given])}`,
    remedy: `leave --${given} out`,
  })
}

/** An ONNX file has no magic number: it begins with the number of its version, then another field of the model. */
function isOnnx(bytes: Uint8Array, file: string): boolean {
  const [first, version = 0, second = 0] = bytes
  const isLikely =
    first === 0x08 && version > 0 && version < 128 && [0x12, 0x1a, 0x22, 0x3a, 0x42].includes(second)
  return isLikely || (bytes.length > 0 && /\.onnx$/i.test(file))
}

function fromSafeTensors(bytes: Uint8Array, file: string, options: ImportOptions): Imported {
  const container = decodeSafeTensors(bytes, file)
  const { tensors, metadata } = container
  if (metadata.get('format') === formatName) return { state: modelOf(container, file), notes: [] }
  const document = metadata.get(documentKey)
  if (document !== undefined) return { state: stateFrom(document, tensors, file), notes: [] }
  return fromWeights({ tensors }, file, options)
}

function fromNpz(bytes: Uint8Array, file: string, options: ImportOptions): Imported {
  const names = listNpz(bytesSource(bytes, file))
  const isScikit = names.some((name) => /^coefs_\d+$/.test(name))
  const only = isScikit ? names.filter((name) => /^(coefs|intercepts)_\d+$|^classes_$/.test(name)) : undefined
  const { tensors, document } = readNpzTensors(bytes, file, only)
  if (document !== undefined) return { state: stateFrom(document, tensors, file), notes: [] }
  const classes = tensors.find(({ name }) => name === 'classes_')
  const labels = classes === undefined || classes.data.length === 0 ? undefined : Array.from(classes.data)
  const weights = tensors.filter(({ name }) => !isScikit || name !== 'classes_')
  return fromWeights({ tensors: weights, classes: labels }, file, options)
}

function fromJson(bytes: Uint8Array, file: string, options: ImportOptions): Imported {
  const parsed = parseJson(decodeText(bytes, file, 'the file'), file, 'the file')
  const document = requireObject(parsed, file, 'the file')
  if (!Object.hasOwn(document, 'coefs_')) return { state: decodeModel(bytes, file), notes: [] }
  const { tensors, classes, activation, output } = readScikit(
    requireObject(requireTame(document, file, 'the file'), file, 'the file'),
    file,
  )
  const own = { activation: activation === undefined ? undefined : scikitActivation(activation, file) }
  const told = output === undefined ? undefined : output === 'identity' ? 'regression' : 'classification'
  const merged = { ...options, activation: options.activation ?? own.activation, task: options.task ?? told }
  return fromWeights({ tensors, classes }, file, merged as ImportOptions)
}

function scikitActivation(name: string, file: string): string {
  const names: Record<string, string> = {
    identity: 'linear',
    logistic: 'sigmoid',
    tanh: 'tanh',
    relu: 'relu',
  }
  if (Object.hasOwn(names, name)) return names[name]!
  throw new FormatError({
    file,
    rule: `activation is one of ${Object.keys(names).join(', ')}`,
    received: JSON.stringify(name),
  })
}

const hiddenActivations: Record<string, number> = {
  linear: 0,
  relu: 0,
  'leaky-relu': 0.01,
  elu: 1,
  sigmoid: 0,
  tanh: 0,
  gelu: 0,
  'gelu-tanh': 0,
  silu: 0,
  softplus: 0,
}

function fromWeights(
  { tensors, classes }: { tensors: readonly NamedTensor[]; classes?: (string | number)[] | undefined },
  file: string,
  { layout, activation = 'relu', task: asked }: ImportOptions,
): Imported {
  if (!Object.hasOwn(hiddenActivations, activation)) {
    throw new ArgumentError({
      rule: `--activation is one of ${Object.keys(hiddenActivations).join(', ')}`,
      received: JSON.stringify(activation),
      remedy: 'check the spelling',
    })
  }
  const chain = denseChain(tensors, layout, file)
  const outputs = chain.at(-1)!.weight.shape[1]!
  const task = asked ?? (classes !== undefined || outputs > 1 ? 'classification' : 'regression')
  const parameter = hiddenActivations[activation]!
  const stack = chain.flatMap((dense, i): StackLayer[] => {
    const isHidden = i < chain.length - 1 && activation !== 'linear'
    return isHidden ? [dense, { kind: 'activation', activation, parameter }] : [dense]
  })
  const hidden = chain.length > 1 ? `${activation} between the layers (--activation), ` : ''
  return {
    state: stateOfStack(stack, { task, classes }),
    notes: [`the file holds weights only: taken as ${hidden}for ${task} (--task)`],
  }
}
