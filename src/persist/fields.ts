// Checks that what a model file holds has the form of a `ModelState`, field by field. Does not check that weights fit
// the architecture: the models do that when they are rebuilt.
import { FormatError, ShapeError } from '../core/errors.js'
import type { Architecture, JsonObject, LayerConfig, ModelKind, ModelState } from '../core/state.js'
import type { OutputMeaning, Preprocessing } from '../core/state.js'
import { sizeOf, type NamedTensor } from '../core/tensor.js'
import { describe, isPlainObject, requireTame } from './json.js'
import { requireTable, requireTarget } from './table-fields.js'

/** The name and version that both formats carry. Later releases read all earlier versions. */
export const formatName = 'lanewise'
export const formatVersion = 1

const kinds: readonly ModelKind[] = [
  'sequential',
  'neural-network',
  'logistic-regression',
  'linear-regression',
]

/** The fields of a file that say everything about a model but its weights. */
export type Fields = Omit<ModelState, 'weights'>
export const fieldNames = ['kind', 'architecture', 'preprocessing', 'outputs', 'settings'] as const

/**
 * Parsed fields as part of a `ModelState`.
 * @throws FormatError naming the first field that is missing or of another form.
 */
export function requireFields(parsed: Record<string, unknown>, file: string): Fields {
  const [kind, architecture, preprocessing, outputs, settings] = fieldNames.map((name) => {
    if (Object.hasOwn(parsed, name)) return requireTame(parsed[name], file, name)
    throw new FormatError({
      file,
      rule: `a model file has the fields ${fieldNames.join(', ')}`,
      received: `none named ${name}`,
      remedy: 'save the model again with lanewise',
    })
  })
  return {
    version: 1,
    kind: requireOneOf(kind, kinds, file, 'kind'),
    architecture: requireArchitecture(requireObject(architecture, file, 'architecture'), file),
    preprocessing: requirePreprocessing(requireObject(preprocessing, file, 'preprocessing'), file),
    outputs: requireOutputs(requireObject(outputs, file, 'outputs'), file),
    settings: requireObject(settings, file, 'settings'),
  }
}

/** @throws FormatError for a version of the file format that this release does not know. */
export function requireVersion(version: unknown, file: string): void {
  if (version === formatVersion || version === String(formatVersion)) return
  throw new FormatError({
    file,
    rule: `the version of the format is ${String(formatVersion)}`,
    received: describe(version),
    remedy: 'install a newer release of lanewise if the file was written by one',
  })
}

function requireArchitecture(architecture: JsonObject, file: string): Architecture {
  const { version, inputShape, layers } = architecture
  require(version === 1, version, file, 'architecture.version is 1')
  if (inputShape !== undefined) {
    const valid = Array.isArray(inputShape) && inputShape.every(isPositiveInteger)
    require(valid, inputShape, file, 'architecture.inputShape is an array of positive integers')
  }
  require(Array.isArray(layers), layers, file, 'architecture.layers is an array')
  for (const [i, layer] of (layers as unknown[]).entries()) requireLayer(layer, file, i)
  return architecture as unknown as Architecture
}

function requireLayer(layer: unknown, file: string, index: number): asserts layer is LayerConfig {
  const where = `architecture.layers[${String(index)}]`
  const { type, name } = requireObject(layer, file, where)
  require(typeof type === 'string', type, file, `${where}.type is text`)
  require(name === undefined || typeof name === 'string', name, file, `${where}.name is text`)
}

function requirePreprocessing(preprocessing: JsonObject, file: string): Preprocessing {
  for (const name of ['scale', 'shift']) {
    const values = preprocessing[name]
    const valid =
      Array.isArray(values) && values.length > 0 && values.every((value) => typeof value === 'number')
    require(valid, values, file, `preprocessing.${name} is an array of at least one number`)
  }
  if (preprocessing['table'] !== undefined) requireTable(preprocessing['table'], file)
  return preprocessing as unknown as Preprocessing
}

function requireOutputs(outputs: JsonObject, file: string): OutputMeaning {
  const { task, classes, target } = outputs
  requireOneOf(task, ['classification', 'regression'], file, 'outputs.task')
  const valid =
    classes === undefined ||
    (Array.isArray(classes) && classes.every((name) => typeof name === 'string' || typeof name === 'number'))
  require(valid, classes, file, 'outputs.classes is an array of text and numbers')
  if (target !== undefined) requireTarget(target, file)
  return outputs as unknown as OutputMeaning
}

/**
 * A shape: an array of at most 32 positive integers; `[]` is the shape of a single number.
 * @throws FormatError naming `where`.
 */
export function requireShape(shape: unknown, file: string, where: string): number[] {
  const valid = Array.isArray(shape) && shape.length <= 32 && shape.every(isPositiveInteger)
  require(valid, shape, file, `the shape of ${where} is an array of at most 32 positive integers`)
  return shape as number[]
}

/**
 * Checks before writing what reading would refuse.
 * @throws ShapeError for a shape that does not fit its data, and for names that are empty or not unique.
 */
export function requireWeights(weights: readonly NamedTensor[]): void {
  const names = new Set<string>()
  for (const { name, shape, data } of weights) {
    if (name === '' || name === '__metadata__' || names.has(name)) {
      throw new ShapeError({
        rule: 'every weight has a name of its own',
        received: `${describe(name)}${names.has(name) ? ' twice' : ''}`,
        remedy: 'name weights by layer and role, as dense_1/weight',
      })
    }
    names.add(name)
    if (shape.length > 32 || !shape.every(isPositiveInteger) || sizeOf(shape) !== data.length) {
      throw new ShapeError({
        rule: `the shape of ${name} multiplies to the length of its data`,
        received: `shape [${shape.join(', ')}] for ${String(data.length)} values`,
        remedy: 'use at most 32 dimensions, positive integers',
      })
    }
  }
}

/** @throws FormatError unless `value` is a plain object. */
export function requireObject(value: unknown, file: string, where: string): JsonObject {
  require(isPlainObject(value), value, file, `${where} is an object`)
  return value as JsonObject
}

function requireOneOf<T extends string>(
  value: unknown,
  allowed: readonly T[],
  file: string,
  where: string,
): T {
  const found = allowed.find((name) => name === value)
  require(found !== undefined, value, file, `${where} is one of ${allowed.join(', ')}`)
  return found as T
}

function require(valid: boolean, received: unknown, file: string, rule: string): void {
  if (valid) return
  const remedy = 'check that the file is complete, or save the model again'
  throw new FormatError({ file, rule, received: describe(received), remedy })
}

function isPositiveInteger(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0
}
