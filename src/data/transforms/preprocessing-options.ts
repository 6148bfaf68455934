// The options of a model's own preprocessing: defaults and checks. Fitting it is in fit-table.ts.
import { ArgumentError } from '../../core/errors.js'
import { scalings, type Scaling } from './fit-map.js'

/** What a model does to the columns of tables, found out from its training rows, done again to whatever it is given later. */
export interface PreprocessingOptions {
  /** Of columns of numbers, and of the numbers of ordinal categories (there `quantile` and `log` are `standard`); default `standard`. */
  scaling?: Scaling
  /** Of columns of words: an input for each category, or one with its number in sorted order; default `one-hot`. */
  encoding?: 'one-hot' | 'ordinal'
  /**
   * What stands for a missing number (in columns of words the most frequent one does); `none` makes it an error. Default
   * `median`.
   */
  impute?: 'median' | 'mean' | 'none' | { constant: number }
  /** An input of 0 and 1 for each column in which values were missing in training; default false. */
  indicator?: boolean
  /** What becomes of a word that was not there in training: an error (default), or no category at all. */
  unseen?: 'error' | 'ignore'
}

/** The options with all defaults filled in. */
export function settledPreprocessing({
  scaling = 'standard',
  encoding = 'one-hot',
  impute = 'median',
  indicator = false,
  unseen = 'error',
}: PreprocessingOptions = {}): Required<PreprocessingOptions> {
  return { scaling, encoding, impute, indicator, unseen }
}

/** @throws ArgumentError for an unknown option or value. */
export function requirePreprocessing(options: PreprocessingOptions): void {
  const { scaling, encoding, impute, indicator, unseen } = settledPreprocessing(options)
  requireOneOf(scaling, scalings, 'scaling')
  requireOneOf(encoding, ['one-hot', 'ordinal'], 'encoding')
  requireOneOf(unseen, ['error', 'ignore'], 'unseen')
  const constant = typeof impute === 'object' && Number.isFinite(impute.constant)
  if (!constant) requireOneOf(impute, ['median', 'mean', 'none', '{ constant: number }'], 'impute')

  requireOneOf(indicator, [true, false], 'indicator')
}

function requireOneOf(value: unknown, choices: readonly unknown[], option: string): void {
  if (choices.includes(value)) return
  throw new ArgumentError({
    rule: `the ${option} of preprocessing is ${choices.join(', ').replace(/, ([^,]*)$/, ' or $1')}`,
    received: JSON.stringify(value),
    remedy: 'check the spelling',
  })
}
