// Which columns of a table are features and which is the target, and what kind of values they hold.
import { ArgumentError } from '../core/errors.js'

/** A column by its name, or by its place counted from 0; -1 is the last. */
export type ColumnChoice = string | number

export interface ColumnOptions {
  /** What is to be learned. Default: the column called `label` or `target`, else the last one. */
  target?: ColumnChoice
  /** What it is learned from, in this order. Default: all other columns. */
  features?: readonly ColumnChoice[]
}

export interface ChosenColumns {
  /** Places in the file. */
  target: number
  features: number[]
}

/** @throws ArgumentError for a column that is not there, or is chosen twice, or when no feature is left. */
export function chooseColumns(names: readonly string[], options: ColumnOptions): ChosenColumns {
  const target =
    options.target === undefined ? usualTarget(names) : findColumn(names, options.target, 'target')
  const features = chooseFeatures(names, options.features, target)
  return { target, features }
}

/** The features alone, of a table without a target. @throws ArgumentError */
export function chooseFeatures(
  names: readonly string[],
  features: readonly ColumnChoice[] | undefined,
  target: number | undefined,
): number[] {
  const chosen =
    features === undefined
      ? names.map((_, column) => column).filter((column) => column !== target)
      : features.map((choice) => findColumn(names, choice, 'feature'))
  const twice = chosen.find((column, i) => column === target || chosen.indexOf(column) !== i)
  if (twice === undefined && chosen.length > 0) return chosen
  throw new ArgumentError({
    rule: 'features are one column or more, each once, without the target',
    received:
      twice === undefined ? 'none' : `"${names[twice]!}" ${twice === target ? 'as target too' : 'twice'}`,
    remedy: 'choose other columns with target and features',
  })
}

function usualTarget(names: readonly string[]): number {
  const named = names.findIndex((name) => /^(label|target)$/i.test(name))
  return named < 0 ? names.length - 1 : named
}

/** A name counts before a place: `0` may be a name. On a command line places come as text. */
function findColumn(names: readonly string[], choice: ColumnChoice, what: string): number {
  const named = names.indexOf(String(choice))
  if (named >= 0) return named
  const place = typeof choice === 'number' || /^-?\d+$/.test(choice) ? Number(choice) : NaN
  const column = place < 0 ? names.length + place : place
  if (Number.isInteger(column) && column >= 0 && column < names.length) return column
  const shown = names.slice(0, 12).join(', ') + (names.length > 12 ? ', …' : '')
  throw new ArgumentError({
    rule: `a ${what} is a column of the table: its name (${shown}), or its place counted from 0, -1 being the last`,
    received: JSON.stringify(choice),
    remedy: 'check the spelling',
  })
}
