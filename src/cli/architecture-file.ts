// The JSON file of an architecture, `--model FILE`: `{ "version": 1, "inputShape": [784], "layers": [ … ] }`. Every message
// names the file and the place in it.
import { FormatError, LanewiseError } from '../core/errors.js'
import { Graph, type Value } from '../core/graph.js'
import type { JsonObject } from '../core/state.js'
import { Activation } from '../nn/activation.js'
import { layerFrom } from '../nn/architecture.js'
import type { Layer } from '../nn/layer.js'
import { readBytes } from '../persist/file.js'
import { decodeText, describe, isPlainObject, parseJson, requireTame } from '../persist/json.js'

export interface ArchitectureFile {
  file: string
  /** Shape of one sample; undefined where the file leaves it to the data. */
  inputShape: readonly number[] | undefined
  layers: readonly Layer[]
}

const fields = ['version', 'inputShape', 'layers']
/** What a layer cannot be made without. */
const needed: ReadonlyMap<unknown, string> = new Map([
  ['dense', 'units'],
  ['activation', 'activation'],
  ['dropout', 'rate'],
])
/** What JSON can hold for a field; the layers check the value itself. */
const kinds: ReadonlyMap<string, readonly string[]> = new Map([
  ['name', ['string']],
  ['trainable', ['boolean']],
  ['units', ['number']],
  ['rate', ['number']],
  ['useBias', ['boolean']],
  ['activation', ['string', 'object']],
  ['kernelInitializer', ['string', 'object']],
  ['biasInitializer', ['string', 'object']],
  ['kernelRegularizer', ['object']],
])

/** Reads and checks an architecture. @param file the path to read. @throws FormatError, NotFoundError, ArgumentError. */
export async function readArchitecture(file: string): Promise<ArchitectureFile> {
  const text = decodeText(await readBytes(file, 'the architecture file'), file, 'the architecture')
  const parsed = requireTame(parseJson(text, file, 'the architecture'), file, 'the architecture')
  if (!isPlainObject(parsed)) return refuse(file, 'an architecture is an object', describe(parsed))
  const { version, inputShape, layers } = parsed
  const unknown = Object.keys(parsed).find((key) => !fields.includes(key))
  if (unknown !== undefined)
    return refuse(file, `an architecture has the fields ${fields.join(', ')}`, unknown)
  if (version !== 1) return refuse(file, 'version is 1', describe(version))
  if (inputShape !== undefined && !isShape(inputShape))
    return refuse(file, 'inputShape is a list of positive integers', show(inputShape))
  if (!Array.isArray(layers) || layers.length === 0)
    return refuse(file, 'layers is a list of at least one layer', describe(layers))
  const checked = layers.map((layer, i) => readLayer(layer, `layers[${String(i)}]`, file))
  requireNames(checked, file)
  return { file, inputShape, layers: checked }
}

function requireNames(layers: readonly Layer[], file: string): void {
  const names = layers.map(({ name }) => name)
  const twice = names.findIndex((name, i) => name !== undefined && names.indexOf(name) < i)
  if (twice >= 0)
    refuse(file, `layers[${String(twice)}].name is not that of another layer`, describe(names[twice]))
}

/** Built up field by field, so that the one that does not do can be named. */
function readLayer(config: unknown, place: string, file: string): Layer {
  if (!isPlainObject(config)) return refuse(file, `${place} is an object with a type`, describe(config))
  const { type, ...options } = config
  if (typeof type !== 'string') return refuse(file, `${place}.type is a string`, describe(type))
  const first = needed.get(type)
  if (first !== undefined && !(first in options)) return refuse(file, `${place} has ${first}`, 'none')
  const sorted = Object.entries(options).sort(([a], [b]) => Number(b === first) - Number(a === first))
  const taken: JsonObject = { type }
  const make = (field: string) => naming(file, `${place}.${field}`, () => layerFrom({ ...taken }))
  if (first === undefined) make('type')
  for (const [key, value] of sorted) {
    const allowed = kinds.get(key) ?? [typeof value]
    if (value === null || Array.isArray(value) || !allowed.includes(typeof value))
      return refuse(file, `${place}.${key} is of type ${allowed.join(' or ')}`, describe(value))
    taken[key] = value as JsonObject[string]
    make(key)
  }
  return make('type')
}

/**
 * The layers of an architecture as they serve a task with so many outputs; where a classifier's last layer has no activation,
 * softmax is added.
 * @param inputShape shape of one sample of the data.
 * @throws FormatError where shapes do not fit each other, the last layer does not fit the task, or the input the data.
 */
export function layersFor(
  { file, inputShape: own, layers }: ArchitectureFile,
  { inputShape, outputs, task }: { inputShape: readonly number[]; outputs: number; task: string },
): Layer[] {
  const size = (shape: readonly number[]) => shape.reduce((product, dimension) => product * dimension, 1)
  if (own !== undefined && size(own) !== size(inputShape))
    refuse(file, `inputShape has the ${String(size(inputShape))} numbers of a sample of the data`, show(own))
  const output = connect(layers, [size(inputShape)], file)
  const last = `layers[${String(layers.length - 1)}]`
  if (output.columns !== outputs) {
    const what = task === 'classification' ? 'classes' : 'targets'
    refuse(file, `${last} has one output for each of the ${String(outputs)} ${what}`, String(output.columns))
  }
  const { producer } = output
  if (task !== 'classification' || producer?.kind === 'softmax') return [...layers]
  if (producer?.kind !== 'activation') return [...layers, new Activation('softmax')]
  return refuse(file, `${last}.activation is softmax for a classifier, or none`, producer.activation)
}

/** What comes out of the layers for rows of numbers. */
function connect(layers: readonly Layer[], inputShape: readonly number[], file: string): Value {
  const graph = new Graph(inputShape)
  return layers.reduce((value, layer, i) => {
    const place = `layers[${String(i)}]`
    return naming(file, place, () => {
      graph.layer = place
      const parameters = layer.weights(value.shape).map(({ role, shape }) => {
        return { name: `${place}/${role}`, shape, penalty: { l1: 0, l2: 0 }, offset: 0 }
      })
      return layer.apply(graph, value, parameters)
    })
  }, graph.input)
}

/** Errors about a value, as errors about a place in the file. */
function naming<T>(file: string, place: string, make: () => T): T {
  try {
    return make()
  } catch (cause) {
    if (!(cause instanceof LanewiseError)) throw cause
    const { rule, received = 'something else', remedy = 'change it' } = cause
    throw new FormatError({ file, rule: `${place}: ${rule}`, received, remedy, cause })
  }
}

function refuse(file: string, rule: string, received: string): never {
  throw new FormatError({ file, rule, received, remedy: 'change the file' })
}

function isShape(shape: unknown): shape is number[] {
  const positive = (size: unknown) => Number.isSafeInteger(size) && (size as number) > 0
  return Array.isArray(shape) && shape.length > 0 && shape.every(positive)
}

function show(value: unknown): string {
  return value === undefined ? 'none' : JSON.stringify(value).slice(0, 80)
}
