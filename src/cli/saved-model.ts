// A saved model of any kind as the command line uses it: a classifier whose outputs are probabilities, or a regression.
import { FormatError, LanewiseError } from '../core/errors.js'
import type { LayerConfig, ModelState, OutputMeaning } from '../core/state.js'
import { LinearRegression } from '../models/linear-regression.js'
import { LogisticRegression } from '../models/logistic-regression.js'
import { NeuralNetwork } from '../models/neural-network.js'
import { loadModel } from '../persist/file.js'
import { fromUser } from './paths.js'

export interface SavedModel {
  net: NeuralNetwork
  /** Shape of one sample. */
  sampleShape: readonly number[]
}

/**
 * Opens a model file. @param path as the user wrote it.
 * @throws NotFoundError, ArgumentError for a path that cannot be read; FormatError for what is no model, or one whose parts
 *   do not fit each other.
 */
export async function openModel(path: string): Promise<SavedModel> {
  const file = fromUser(path)
  return openState(await loadModel(file), file)
}

/** A state that tells what its outputs mean, and ends in probabilities where it is a classifier's. */
export function completed(state: ModelState): ModelState {
  return { ...state, ...meaningOf(state) }
}

/** As `openModel`, for a state that was read from `file`. @throws FormatError */
export async function openState(state: ModelState, file: string): Promise<SavedModel> {
  const usable = completed(state)
  try {
    const net = await kindOf(state).fromState(usable)
    return { net, sampleShape: usable.architecture.inputShape! }
  } catch (cause) {
    if (!(cause instanceof LanewiseError)) throw cause
    const { rule, received = 'something else', remedy = 'save the model again' } = cause
    throw new FormatError({ file, rule, received, remedy, cause })
  }
}

function kindOf({ kind }: ModelState): typeof NeuralNetwork {
  if (kind === 'logistic-regression') return LogisticRegression
  return kind === 'linear-regression' ? LinearRegression : NeuralNetwork
}

/** Classes are numbered and outputs made probabilities where the program that trained the model did not say or do so. */
function meaningOf({ outputs, architecture, settings, weights }: ModelState): Partial<ModelState> {
  if (outputs.task === 'regression') return {}
  const loss = settings['loss']
  const name = typeof loss === 'object' && loss !== null && !Array.isArray(loss) ? loss['name'] : loss
  const binary = name === 'binary-crossentropy'
  const columns = weights.at(-1)?.shape.at(-1) ?? 0
  const classes = Array.from({ length: Math.max(2, columns) }, (_, i) => i)
  const numbered: OutputMeaning = {
    task: 'classification',
    classes,
    ...(binary ? { columns: columns > 1 } : {}),
  }
  const last = architecture.layers.at(-1)
  const link = binary ? 'sigmoid' : 'softmax'
  const ends: readonly LayerConfig[] =
    last?.['activation'] === link ? [] : [{ type: 'activation', activation: link }]
  return {
    outputs: outputs.classes === undefined ? numbered : outputs,
    architecture: { ...architecture, layers: [...architecture.layers, ...ends] },
  }
}
