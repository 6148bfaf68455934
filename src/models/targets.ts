// Targets as users write them, turned to what the losses read: class numbers (i32), or rows of float32.
import { ArgumentError, DataError, ShapeError } from '../core/errors.js'
import { isTensor, toRows, type NumericArray, type Samples, type Tensor } from '../core/tensor.js'
import type { Loss } from '../nn/losses.js'

/** A label: a class number or name. */
export type Label = number | string

/** Labels, one a row; or rows: one-hot, several yes/no columns, or regression targets. */
export type Targets = readonly Label[] | readonly boolean[] | NumericArray | Tensor | Samples

/** Class numbers, or target rows. */
export type EncodedTargets =
  | { byClass: true; data: Int32Array; rows: number; columns: number }
  | { byClass: false; data: Float32Array; rows: number; columns: number }

/**
 * Labels as a plain list, when `y` holds one label a row; undefined when it holds rows of several columns.
 * @throws ShapeError when it is neither.
 */
export function labelsOf(y: Targets): Label[] | undefined {
  if (isTensor(y)) {
    const columns = y.shape.length <= 1 ? 1 : y.shape.slice(1).reduce((a, b) => a * b, 1)
    return columns === 1 ? Array.from(y.data) : undefined
  }
  if (ArrayBuffer.isView(y)) return Array.from(y as NumericArray)
  if (!Array.isArray(y)) {
    throw new ShapeError({
      rule: 'y is a list of labels or numbers, an array of rows, or { data, shape }',
      received: typeof y,
      remedy: 'pass one label or target for each row of x',
    })
  }
  const list: readonly unknown[] = y
  const first = list[0]
  if (Array.isArray(first) || ArrayBuffer.isView(first)) {
    const rows = list as readonly ArrayLike<Label>[]
    return rows.every((row) => row.length === 1) ? rows.map((row) => row[0]!) : undefined
  }
  return list.map((label) => (typeof label === 'boolean' ? Number(label) : (label as Label)))
}

/**
 * The classes of labels in ascending order (numbers by value, then names by code point).
 * @throws DataError for a label that is neither a finite number nor a string.
 */
export function classesOf(labels: readonly Label[]): Label[] {
  const bad = labels.findIndex((label) => typeof label !== 'string' && !Number.isFinite(label))
  if (bad >= 0) {
    throw new DataError({
      rule: 'a label is a finite number or a string',
      received: `${String(labels[bad])} in row ${String(bad)}`,
      remedy: 'drop or repair the rows without a label',
    })
  }
  return [...new Set(labels)].sort((a, b) => {
    if (typeof a === 'number' && typeof b === 'number') return a - b
    if (typeof a === typeof b) return a < b ? -1 : 1
    return typeof a === 'number' ? -1 : 1
  })
}

/** Class numbers of labels. @throws DataError for one that is not among the classes. */
export function encodeLabels(labels: readonly Label[], classes: readonly Label[]): EncodedTargets {
  const numbers = new Map(classes.map((label, i) => [label, i]))
  const data = Int32Array.from(labels, (label, row) => {
    const number = numbers.get(label)
    if (number === undefined) {
      throw new DataError({
        rule: `a label is one of the model's ${String(classes.length)} classes (${preview(classes)})`,
        received: `${JSON.stringify(label)} in row ${String(row)}`,
        remedy: 'train on data that hold all classes, or drop those rows',
      })
    }
    return number
  })
  return { byClass: true, data, rows: data.length, columns: classes.length }
}

/** Targets for a loss over `columns` outputs. Class numbers from 0 on where the loss is cross-entropy. */
export function encodeTargets(y: Targets, loss: Loss, columns: number): EncodedTargets {
  const labels = labelsOf(y)
  if (loss.name === 'crossentropy') {
    if (labels !== undefined && columns > 1) return encodeClassNumbers(labels, columns)
    const rows = encodeRows(y, labels, columns)
    requireDistributions(rows.data, columns)
    return rows
  }
  const rows = encodeRows(y, labels, columns)
  if (loss.name === 'binary-crossentropy') requireUnitInterval(rows.data, columns)
  return rows
}

function encodeClassNumbers(labels: readonly Label[], classes: number): EncodedTargets {
  const bad = labels.findIndex(
    (label) => !Number.isInteger(label) || (label as number) < 0 || (label as number) >= classes,
  )
  if (bad >= 0) {
    throw new DataError({
      rule: `a class number is an integer from 0 to ${String(classes - 1)}, one for each output`,
      received: `${JSON.stringify(labels[bad])} in row ${String(bad)}`,
      remedy: 'give the last layer one unit for each class, or use NeuralNetwork, which numbers any labels',
    })
  }
  return { byClass: true, data: Int32Array.from(labels as number[]), rows: labels.length, columns: classes }
}

function encodeRows(y: Targets, labels: readonly Label[] | undefined, columns: number) {
  const text = labels?.findIndex((label) => typeof label === 'string') ?? -1
  if (text >= 0) {
    throw new DataError({
      rule: 'targets of this loss are numbers',
      received: `${JSON.stringify(labels![text])} in row ${String(text)}`,
      remedy: 'use a classifier for names, or convert them',
    })
  }
  const {
    data,
    rows,
    columns: given,
  } = labels
    ? toRows({ data: Float32Array.from(labels as number[]), shape: [labels.length, 1] }, 'y')
    : toRows(y as Samples, 'y')
  if (given !== columns) {
    throw new ShapeError({
      rule: `targets have one column for each of the model's ${String(columns)} outputs`,
      received: `${String(given)} columns`,
      remedy: 'change the units of the last layer, or the targets',
    })
  }
  return {
    byClass: false as const,
    data: data instanceof Float32Array ? data : Float32Array.from(data),
    rows,
    columns,
  }
}

function requireUnitInterval(data: Float32Array, columns: number): void {
  const bad = data.findIndex((value) => value < 0 || value > 1)
  if (bad < 0) return
  throw new DataError({
    rule: 'targets of binary cross-entropy are from 0 to 1',
    received: `${String(data[bad])} in row ${String(Math.floor(bad / columns))}`,
    remedy: 'use 0 for no and 1 for yes',
  })
}

function requireDistributions(data: Float32Array, columns: number): void {
  requireUnitInterval(data, columns)
  for (let at = 0; at < data.length; at += columns) {
    let sum = 0
    for (let c = 0; c < columns; c++) sum += data[at + c]!
    if (Math.abs(sum - 1) < 1e-3) continue
    throw new DataError({
      rule: 'target rows of cross-entropy are one-hot, or probabilities that sum to 1',
      received: `a sum of ${String(sum)} in row ${String(at / columns)}`,
      remedy: 'use binary-crossentropy for several yes/no columns',
    })
  }
}

/**
 * A weight for each row: sample weight times class weight; undefined when neither is given.
 * @throws ArgumentError for a wrong length, or a negative, non-finite or all-zero weight.
 */
export function rowWeights(
  rows: number,
  labels: readonly Label[] | undefined,
  sampleWeight: ArrayLike<number> | undefined,
  classWeight: Readonly<Record<Label, number>> | undefined,
): Float32Array | undefined {
  if (sampleWeight === undefined && classWeight === undefined) return undefined
  if (sampleWeight !== undefined && sampleWeight.length !== rows) {
    throw new ArgumentError({
      rule: 'sampleWeight has one number a row',
      received: `${String(sampleWeight.length)} for ${String(rows)} rows`,
      remedy: 'pass as many weights as rows',
    })
  }
  if (classWeight !== undefined && labels === undefined) {
    throw new ArgumentError({
      rule: 'classWeight goes with one label a row',
      received: 'targets of several columns',
      remedy: 'use sampleWeight',
    })
  }
  const weights = Float32Array.from({ length: rows }, (_, row) => {
    const ofClass = classWeight === undefined ? 1 : (classWeight[labels![row]!] ?? 1)
    return (sampleWeight?.[row] ?? 1) * ofClass
  })
  const bad = weights.findIndex((weight) => !Number.isFinite(weight) || weight < 0)
  if (bad >= 0 || weights.every((weight) => weight === 0)) {
    throw new ArgumentError({
      rule: 'weights of samples and classes are non-negative numbers, not all 0',
      received: bad >= 0 ? `${String(weights[bad])} in row ${String(bad)}` : 'zeros only',
      remedy: 'use 1 for rows that count as usual',
    })
  }
  return weights
}

function preview(classes: readonly Label[]): string {
  const shown = classes.slice(0, 10).map((label) => JSON.stringify(label))
  return shown.join(', ') + (classes.length > shown.length ? ', …' : '')
}
