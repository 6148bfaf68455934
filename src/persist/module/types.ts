// The types of an exported module, as the text of a .d.ts file.
import type { TableTransform } from '../../core/state.js'
import type { Mode } from './layers.js'

export interface TypeParts {
  mode: Mode
  outputs: number
  names: readonly (string | number)[] | undefined
  shape: readonly number[]
  table: TableTransform | undefined
  separate: boolean
}

export function typesText({ mode, outputs, names, shape, table, separate }: TypeParts): string {
  const input = table === undefined ? 'ArrayLike<number>' : 'Row | readonly Value[]'
  const labelled = names === undefined ? '' : labelText(names)
  return `/** Shape of one sample; predict takes its numbers flat, in raw units. */
export declare const inputShape: readonly [${shape.join(', ')}]
${labelled}${table === undefined ? '' : rowText(table)}
${predictionText(mode, outputs)}
${
  separate
    ? `/** Starts the module, once. @param wasm its .wasm: a WebAssembly.Module, bytes, a Response, or a promise of one. */
export declare function init(wasm: object | PromiseLike<object>): Promise<void>`
    : `/** Starts the module, once, before the first prediction. */
export declare function init(): Promise<void>`
}
/** What the network says of one sample. */
export declare function predict(sample: ${input}): Prediction
${batchText(input, table !== undefined)}
/** The network's ${String(outputs)} outputs for one sample, in \`into\`. */
export declare function outputs(sample: ${input}, into?: Float32Array): Float32Array
`
}

function batchText(input: string, isTable: boolean): string {
  const list = `readonly (${input})[]`
  if (isTable)
    return `/** What the network says of each of several rows. */\nexport declare function predictBatch(rows: ${list}): Prediction[]`
  return `/** What the network says of each of several samples: a list of them, or their numbers one after another. */
export declare function predictBatch(samples: ${list} | readonly number[] | Float32Array | Float64Array | Uint8Array | Uint8ClampedArray): Prediction[]`
}

function labelText(names: readonly (string | number)[]): string {
  const items = names.map((name) => JSON.stringify(name)).join(', ')
  return `/** What the outputs stand for, in their order. */
export declare const labels: readonly [${items}]
export type Label = (typeof labels)[number]
`
}

function predictionText(mode: Mode, outputs: number): string {
  if (mode === 'regression') {
    const [name, type] = outputs === 1 ? ['value', 'number'] : ['values', 'Float32Array']
    return `export interface Prediction {\n  ${name}: ${type}\n}`
  }
  const label = mode === 'columns' ? '/** All labels that hold. */\n  label: Label[]' : 'label: Label'
  return `export interface Prediction {\n  ${label}\n  /** One for each of labels. */\n  probabilities: Float32Array\n}`
}

/** Columns of words take a word, or the number of a category; a missing value is null, undefined, NaN or empty text. */
function rowText({ columns }: TableTransform): string {
  const fields = columns.map(({ name, kind }) => {
    return `  ${JSON.stringify(name)}: number | ${kind === 'number' ? '' : 'string | '}null | undefined`
  })
  return `/** A cell; null, undefined, NaN and '' are missing values. */
export type Value = number | string | null | undefined
/** A row of the table; a list has the columns in this order. */
export interface Row {
${fields.join('\n')}
}
`
}
