// The data of a command: which set, which of its rows, and what its classes are called.
import { Option, type Command } from 'commander'
import { ArgumentError, NotFoundError } from '../core/errors.js'
import type { Tensor } from '../core/tensor.js'
import type { Dataset, Examples } from '../data/dataset.js'
import { catalog, type Recommended } from '../data/catalog.js'
import { loadDataset } from '../data/load.js'
import { requireApart } from '../data/one-part.js'
import type { Label } from '../models/targets.js'
import { given } from '../core/given.js'
import type { Output } from './output.js'
import { splitAnew } from './split-anew.js'
import { listValue, rangeValue, ratioValue, type RowRange } from './values.js'

export interface DataOptions {
  dataset?: string
  dataDir?: string
  split?: string
  target?: string
  features?: string[]
  trainRows?: RowRange
  testRows?: RowRange
  limit?: number
  splitRatio?: number[]
}

/** Rows with their labels, or with numbers for regression. */
export interface Part {
  x: Tensor
  y: readonly Label[]
}

export interface Data {
  name: string
  task: 'classification' | 'regression'
  /** All classes of the set in order, also those that the chosen rows do not have; undefined for regression. */
  classes: readonly Label[] | undefined
  train: Part
  /** Of a split in three parts. */
  validation?: Part
  test: Part
  /** Shape of one sample, also where rows come flat. */
  sampleShape: readonly number[]
  /** Of a set that is cut in several ways: which one this is. */
  split?: string
  /** What a regression predicts, with its unit, as far as known. */
  target?: string
  /** One line for people: what was read from where. */
  source: string
  /** Training options that the catalogue recommends for the set. */
  usual: Recommended
}

/** Adds `--dataset`, `--data-dir`, `--split`, `--target`, `--features` and `--test-rows`. */
export function addDataOptions(command: Command, { required }: { required: boolean }): Command {
  const dataset = new Option(
    '--dataset <name|path>',
    `a data set by name (${catalog.map((entry) => entry.name).join(', ')}), or the path of a folder or a CSV file`,
  )
  return command
    .addOption(dataset.makeOptionMandatory(required))
    .option('--data-dir <dir>', 'where to look first; then $LANEWISE_DATA, ./datasets, ./data')
    .option('--split <name>', 'of emnist: balanced (default), byclass, bymerge, digits, letters, mnist')
    .option('--target <column>', 'of a CSV file: what to learn, by name or place from 0 (default: the last)')
    .option(
      '--features <columns>',
      'of a table: what to learn from, as a,b,c (default: all others)',
      listValue,
    )
    .option('--test-rows <a:b>', 'test on these rows of the test part', rangeValue('--test-rows'))
    .option(
      '--split-ratio <a:b:c>',
      'pool all rows and split them anew, always alike: 80:10:10 for training, validation and test, or 80:20; by class where there are classes',
      ratioValue,
    )
}

/**
 * Loads what the options ask for; without `--dataset` MNIST, or with a warning the built-in digits where that is not found.
 * @param training whether training rows are wanted too; default true.
 */
export async function loadData(
  options: DataOptions,
  output: Output,
  { training = true } = {},
): Promise<Data> {
  const set = await load(options, output, training)
  const { name, task, classes, sampleShape, train, test, source } = set
  const { trainRows, testRows } = options
  if (training) requireApart(set, trainRows, testRows, ['--train-rows', '--test-rows'])
  else if (set.onlyPart === 'train' && testRows === undefined) throw noTestRows()
  for (const note of set.notes ?? []) output.note(note)
  const names = task === 'classification' ? classNames(classes, train, test) : undefined
  const label = names === undefined || classes === undefined ? undefined : (y: number) => names[y]!
  const parts = splitAnew({ train, test }, options, task)
  const validation = parts.validation && cut(parts.validation, undefined, '', '', undefined, label)
  return {
    name,
    task,
    classes: names,
    sampleShape,
    source,
    ...given({ split: set.split, target: titleOf(set) }),
    usual: catalog.find((entry) => entry.name === name)?.recommended ?? {},
    train: cut(parts.train, options.trainRows, '--train-rows', 'training', options.limit, label),
    ...given({ validation }),
    test: cut(parts.test, options.testRows, '--test-rows', 'test', undefined, label),
  }
}

async function load(
  { dataset, dataDir, split, target, features, trainRows, testRows }: DataOptions,
  output: Output,
  training: boolean,
) {
  const warn = (message: string) => {
    output.warn(message)
  }
  const onePart = !training || (trainRows !== undefined && testRows !== undefined)
  const options = given({ dataDir, split, target, features })
  try {
    return await loadDataset(dataset ?? 'mnist', { ...options, onePart, warn })
  } catch (error) {
    if (dataset !== undefined || !(error instanceof NotFoundError)) throw error
    const { received = 'nothing', remedy = '' } = error
    output.warn(`MNIST not found: ${received}; ${remedy}. Training on the built-in set "digits" instead`)
    return loadDataset('digits')
  }
}

function noTestRows(): ArgumentError {
  return new ArgumentError({
    rule: 'a set of which the training part alone is there is tested on rows of it that the model has not seen',
    received: 'no --test-rows',
    remedy: 'choose them, as --test-rows 50000:',
  })
}

/** The name of a regression's target with its unit, `median house value (100,000 $)`. */
function titleOf({ targetName, targetUnit }: Dataset): string | undefined {
  if (targetName === undefined) return undefined
  return targetUnit === undefined ? targetName : `${targetName} (${targetUnit})`
}

/** Names, or the numbers themselves where a set calls its classes by them or not at all. */
function classNames(classes: readonly string[] | undefined, train: Examples, test: Examples): Label[] {
  if (classes === undefined) return [...new Set([...train.y, ...test.y])].sort((a, b) => a - b)
  return classes.every((name, i) => name === String(i)) ? classes.map((_, i) => i) : [...classes]
}

function cut(
  { x, y }: Examples,
  range: RowRange | undefined,
  option: string,
  part: string,
  limit: number | undefined,
  label: ((y: number) => Label) | undefined,
): Part {
  const rows = y.length
  const { start, end = rows } = range ?? { start: 0, end: rows }
  if (start >= rows || end > rows) {
    throw new ArgumentError({
      rule: `${option} lies within the ${String(rows)} ${part} rows of the data set`,
      received: `${String(start)}:${range?.end === undefined ? '' : String(end)}`,
      remedy: `write rows from 0:${String(rows)}`,
    })
  }
  const last = Math.min(end, start + (limit ?? rows))
  const columns = x.data.length / rows
  const data = x.data.subarray(start * columns, last * columns)
  const chosen = Array.from(y.subarray(start, last))
  return {
    x: { ...x, data, shape: [last - start, ...x.shape.slice(1)] },
    y: label === undefined ? chosen : chosen.map(label),
  }
}
