// The options of `lanewise train` that say what is done to the columns of tables and to targets.
import { Option, type Command } from 'commander'
import { ArgumentError } from '../core/errors.js'
import { given } from '../core/given.js'
import type { Recommended } from '../data/catalog.js'
import { scalings, type Scaling } from '../data/transforms/fit-map.js'
import type { PreprocessingOptions } from '../data/transforms/preprocessing-options.js'
import type { NeuralNetworkOptions } from '../models/neural-network.js'
import type { Data } from './data.js'
import { conflict } from './optimizer.js'
import { numberValue } from './values.js'

export interface PreprocessingFlags {
  scaling?: Scaling
  /** As it was written. */
  impute?: string
  indicator?: true
  encoding?: 'one-hot' | 'ordinal'
  unseen?: 'error' | 'ignore'
  targetScaling?: 'standard' | 'none'
}

/** Adds `--scaling`, `--impute`, `--indicator`, `--encoding`, `--unseen` and `--target-scaling`. */
export function addPreprocessingOptions(command: Command): void {
  command
    .optionsGroup('Columns of tables:')
    .addOption(
      new Option(
        '--scaling <way>',
        "of numbers in tables (default: the data set's, else standard; pictures: as they are)",
      ).choices([...scalings]),
    )
    .option(
      '--impute <way>',
      'what stands for a missing number: median, mean, none (an error) or a number (default: median)',
      (text: string) => {
        imputeValue(text)
        return text
      },
    )
    .option('--indicator', 'adds a 0/1 column for each in which values are missing')
    .addOption(
      new Option('--encoding <way>', 'of words in tables (default: one-hot)').choices(['one-hot', 'ordinal']),
    )
    .addOption(
      new Option('--unseen <way>', 'words that were not there in training (default: error)').choices([
        'error',
        'ignore',
      ]),
    )
    .addOption(
      new Option(
        '--target-scaling <way>',
        'of regression (default: standard; none for --model linear)',
      ).choices(['standard', 'none']),
    )
}

/** The value of `--impute`. @throws ArgumentError */
export function imputeValue(text: string): NonNullable<PreprocessingOptions['impute']> {
  if (text === 'median' || text === 'mean' || text === 'none') return text
  try {
    return { constant: numberValue('--impute', {})(text) }
  } catch (cause) {
    throw new ArgumentError({
      rule: '--impute is median, mean, none or a number',
      received: JSON.stringify(text),
      remedy: 'see --help',
      cause,
    })
  }
}

/**
 * The options of a model for these data: tables are scaled and encoded, pictures only when that is asked for.
 * @param usual what the data set recommends to the model. @param targetScaling of regression, unless told otherwise.
 */
export function preprocessingOf(
  flags: PreprocessingFlags,
  { train, task, name }: Data,
  usual: Recommended,
  targetScaling: 'standard' | 'none',
): Pick<NeuralNetworkOptions, 'preprocessing' | 'targetScaling'> {
  const { scaling, impute, indicator, encoding, unseen } = flags
  const isTable = train.x.columns !== undefined
  const asked: PreprocessingOptions = given({
    scaling,
    impute: impute === undefined ? undefined : imputeValue(impute),
    indicator,
    encoding,
    unseen,
  })
  if (flags.targetScaling === 'standard' && task !== 'regression')
    conflict('--target-scaling standard', `the data set ${name}, which is for ${task}`, 'leave it out')
  const whole = isTable
    ? { scaling: usual.scaling ?? 'standard', ...asked }
    : { scaling: 'none' as const, ...asked }
  return {
    ...(isTable || Object.keys(asked).length > 0 ? { preprocessing: whole } : {}),
    ...(task === 'regression' ? { targetScaling: flags.targetScaling ?? targetScaling } : {}),
  }
}
