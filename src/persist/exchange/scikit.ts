// scikit-learn's MLPClassifier and MLPRegressor as JSON: `{ "coefs_": [...], "intercepts_": [...], "classes_": [...],
// "activation": "relu", "out_activation_": "softmax" }`, the attributes as `tolist()` gives them.
import { FormatError } from '../../core/errors.js'
import type { Json, JsonObject } from '../../core/state.js'
import type { NamedTensor } from '../../core/tensor.js'
import { describe } from '../json.js'

export interface ScikitModel {
  tensors: NamedTensor[]
  classes: (string | number)[] | undefined
  /** scikit-learn's names: identity, logistic, tanh, relu. */
  activation: string | undefined
  output: string | undefined
}

/** @throws FormatError naming the field that is missing or of another form. */
export function readScikit(document: JsonObject, file: string): ScikitModel {
  const coefs = requireList(document['coefs_'], 'coefs_', file)
  const intercepts = requireList(document['intercepts_'], 'intercepts_', file)
  if (coefs.length !== intercepts.length) {
    throw new FormatError({
      file,
      rule: 'coefs_ and intercepts_ have one entry a layer',
      received: `${String(coefs.length)} and ${String(intercepts.length)}`,
      remedy: 'write both with tolist() of each array',
    })
  }
  const tensors = coefs.flatMap((rows, i) => [
    matrix(rows, `coefs_${String(i)}`, file),
    vector(intercepts[i], `intercepts_${String(i)}`, file),
  ])
  const classes = document['classes_']
  const text = (name: string) => {
    const value = document[name]
    return typeof value === 'string' ? value : undefined
  }
  return {
    tensors,
    classes: classes === undefined ? undefined : labels(classes, file),
    activation: text('activation'),
    output: text('out_activation_'),
  }
}

function matrix(rows: Json | undefined, name: string, file: string): NamedTensor {
  const vectors = requireList(rows, name, file).map((row) => vector(row, name, file))
  const columns = vectors[0]?.data.length ?? 0
  if (columns === 0 || vectors.some(({ data }) => data.length !== columns)) {
    throw new FormatError({ file, rule: `${name} has rows of one length`, received: describe(rows) })
  }
  const data = new Float32Array(vectors.length * columns)
  vectors.forEach((row, r) => {
    data.set(row.data, r * columns)
  })
  return { name, shape: [vectors.length, columns], data }
}

function vector(values: Json | undefined, name: string, file: string): NamedTensor {
  const list = requireList(values, name, file)
  if (!list.every((value) => typeof value === 'number')) {
    throw new FormatError({ file, rule: `${name} holds numbers`, received: describe(values) })
  }
  return { name, shape: [list.length], data: Float32Array.from(list) }
}

function labels(values: Json, file: string): (string | number)[] {
  const list = requireList(values, 'classes_', file)
  if (list.every((value) => typeof value === 'number' || typeof value === 'string')) return list
  throw new FormatError({ file, rule: 'classes_ holds numbers and texts', received: describe(values) })
}

function requireList(value: Json | undefined, name: string, file: string): Json[] {
  if (Array.isArray(value)) return value
  throw new FormatError({ file, rule: `${name} is an array`, received: describe(value) })
}
