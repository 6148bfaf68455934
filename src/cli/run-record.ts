// The record of a run for its report, out of the model, its history and its answers over the test rows.
import type { Json, JsonObject, ModelState } from '../core/state.js'
import { sizeOf, type Tensor } from '../core/tensor.js'
import type { Hint } from '../models/hints.js'
import type { History } from '../models/history.js'
import type { NeuralNetwork } from '../models/neural-network.js'
import type { Label } from '../models/targets.js'
import {
  activationsOf,
  classificationResults,
  distributionOf,
  firstLayerOf,
  pictureForm,
  pictureOf,
  regressionResults,
} from '../report/describe.js'
import { classificationIntervals, regressionIntervals } from '../report/intervals.js'
import type { Distribution, EpochRow, PartFigures, RunHead, RunRecord, SliceRow } from '../report/run.js'
import type { Data, Part } from './data.js'
import { hiddenOutputs } from './layers.js'
import { environment } from './run-command.js'

/** Test rows over which the outputs of hidden layers are looked at. */
const rowsLookedAt = 500
/** Settings that other parts of the report tell. */
const toldElsewhere = new Set(['metrics', 'task', 'hiddenLayers'])
/** Layers whose weights are drawn. */
const mostLayers = 8

export interface RunInputs {
  /** The command line that repeats the run. */
  command: string
  net: NeuralNetwork
  history: History
  data: Data
  modelName: string
  /** Rows that were trained on, and those set aside. */
  parts: { train: Part; validation?: Part }
  figures: { train: PartFigures; validation?: PartFigures; test: PartFigures }
  slices: readonly SliceRow[]
  hints: readonly Hint[]
  /** Beyond what the model's state tells, by name. */
  settings: JsonObject
  timing: readonly (readonly [what: string, seconds: number])[]
}

/** A record with the answers that it was made from. */
export interface RecordedRun {
  record: RunRecord
  answers: Answers
}

/** What the model answers over the test rows. */
export interface Answers {
  actual: readonly Label[]
  predicted: readonly Label[]
  /** Probability of each answer, for classification. */
  confidence?: Float32Array
}

/** What is known of a run when training begins. */
export function describeStart(
  inputs: Pick<RunInputs, 'net' | 'data' | 'modelName' | 'parts' | 'command' | 'settings'>,
): RunHead & { lossTitle: string } {
  const { net, data, modelName, parts, command } = inputs
  const state = net.state()
  const setName = data.split === undefined ? data.name : `${data.name} ${data.split}`
  return {
    title: `${modelName} on ${setName}`,
    command,
    task: data.task,
    data: {
      name: setName,
      source: data.source.replace(/,? from (?:[/\\]|[A-Za-z]:).*$/, ''),
      trainRows: parts.train.y.length,
      validationRows: parts.validation?.y.length ?? 0,
      testRows: data.test.y.length,
      sampleShape: data.sampleShape,
      ...(data.classes === undefined ? {} : { classCounts: countsOf(data.classes, parts.train.y) }),
    },
    model: {
      name: modelName,
      parameters: net.model.parameterCount,
      inputShape: state.architecture.inputShape ?? data.sampleShape,
      layers: net.summary().layers.map(({ name, kind, outputShape, parameters }) => ({
        name,
        kind,
        outputShape,
        parameters,
      })),
    },
    settings: Object.entries({ ...state.settings, ...inputs.settings })
      .filter(([name]) => !toldElsewhere.has(name))
      .map(([name, value]) => [inWords(name), describeSetting(value)]),
    environment: environment(),
    lossTitle: lossTitle(state),
  }
}

/** Runs the model over the test rows and gathers all that the report tells. */
export async function recordRun(inputs: RunInputs): Promise<RecordedRun> {
  const { net, history, data, figures, slices, timing } = inputs
  const { lossTitle, ...head } = describeStart(inputs)
  const { answers, results } = await resultsOf(net, data)
  const record: RunRecord = {
    version: 1,
    kind: 'run',
    created: new Date().toISOString(),
    ...head,
    history: { epochs: history.epochs.map(epochRow), slices, stoppedBy: history.stoppedBy, lossTitle },
    figures,
    ...results,
    ...(await insidesOf(net.state(), data.test.x, data.sampleShape)),
    hints: inputs.hints.map(describeHint),
    timing,
    samplesPerSecond: history.samplesPerSecond,
  }
  return { record, answers }
}

/** A hint in sentences. */
export function describeHint({ message, remedy }: Pick<Hint, 'message' | 'remedy'>): {
  message: string
  remedy: string
} {
  return { message: sentence(message), remedy: sentence(remedy) }
}

async function resultsOf(
  net: NeuralNetwork,
  { task, test, sampleShape, target = 'target' }: Data,
): Promise<{ answers: Answers; results: Pick<RunRecord, 'classification' | 'regression' | 'intervals'> }> {
  const actual = test.y
  if (task === 'regression') {
    const predicted = ((await net.predict(test.x)) as number[]).flat()
    return {
      answers: { actual, predicted },
      results: {
        regression: regressionResults(actual as number[], predicted, target),
        intervals: regressionIntervals(actual as number[], predicted),
      },
    }
  }
  const classes = net.classes!
  const predicted = (await net.predict(test.x)) as Label[]
  const { data: probabilities } = await net.predictProba(test.x)
  const column = new Map(classes.map((label, i) => [label, i]))
  const confidence = Float32Array.from(predicted, (label, row) => {
    return probabilities[row * classes.length + column.get(label)!]!
  })
  const form = pictureForm(sampleShape)
  const pixels = test.x.data
  return {
    answers: { actual, predicted, confidence },
    results: {
      intervals: classificationIntervals(actual, predicted),
      classification: classificationResults({
        classes,
        actual,
        predicted,
        probabilities,
        ...(form === undefined ? {} : { pictureOf: (row: number) => pictureOf(pixels, row, form) }),
      }),
    },
  }
}

async function insidesOf(
  state: ModelState,
  x: Tensor,
  sampleShape: readonly number[],
): Promise<Pick<RunRecord, 'weights' | 'activations' | 'firstLayer'>> {
  const matrices = state.weights.filter(({ shape }) => shape.length > 1)
  const weights = matrices.slice(0, mostLayers).map(({ name, data }) => distributionOf(name, data))
  const activations: Distribution[] = []
  for (const { name, values, units } of await hiddenOutputs(state, someRows(x))) {
    activations.push(activationsOf(name, values, units))
  }
  const first = matrices[0]
  const firstLayer = first === undefined ? undefined : firstLayerOf(first.data, first.shape[1]!, sampleShape)
  return { weights, activations, ...(firstLayer === undefined ? {} : { firstLayer }) }
}

/** Rows spread over the whole. */
function someRows({ data, shape }: Tensor): Tensor {
  const [rows = 0, ...sampleShape] = shape
  const columns = sizeOf(sampleShape)
  const count = Math.min(rows, rowsLookedAt)
  const some = data.slice(0, count * columns)
  for (let i = 0; i < count; i++) {
    const row = Math.floor((i * rows) / count)
    some.set(data.subarray(row * columns, (row + 1) * columns), i * columns)
  }
  return { data: some, shape: [count, ...sampleShape] }
}

function countsOf(classes: readonly Label[], y: readonly Label[]) {
  const counts = new Map<Label, number>()
  for (const label of y) counts.set(label, (counts.get(label) ?? 0) + 1)
  return classes.map((label) => ({ label, rows: counts.get(label) ?? 0 }))
}

/** An epoch as a report tells it. */
export function epochRow({
  epoch,
  loss,
  learningRate,
  seconds,
  samplesPerSecond,
  ...rest
}: EpochRow): EpochRow {
  const { accuracy, validationLoss, validationAccuracy, gradientNorm, layers } = rest
  const known = {
    accuracy,
    validationLoss,
    validationAccuracy,
    learningRate,
    gradientNorm,
    layers: layers
      ?.filter((one) => Number.isFinite(one.gradientNorm))
      .map(({ layer, gradientNorm: norm }) => ({ layer, gradientNorm: norm })),
    seconds,
    samplesPerSecond,
  }
  return {
    epoch,
    loss,
    // JSON has no Infinity, which an exploding gradient may have come to.
    ...Object.fromEntries(Object.entries(known).filter(([, value]) => isKnown(value))),
  }
}

function isKnown(value: unknown): boolean {
  return value !== undefined && (typeof value !== 'number' || Number.isFinite(value))
}

/** The loss with its unit. */
function lossTitle({ settings }: ModelState): string {
  const { loss } = settings
  const name = typeof loss === 'object' && loss !== null && !Array.isArray(loss) ? loss['name'] : loss
  const titles: Record<string, string> = {
    crossentropy: 'cross-entropy (nats)',
    'binary-crossentropy': 'binary cross-entropy (nats)',
    mse: 'mean squared error',
    mae: 'mean absolute error',
    huber: 'Huber loss',
  }
  const scaled = settings['targetScaling'] ?? 'none'
  return `${titles[String(name)] ?? 'loss'}${scaled === 'none' ? '' : ' of scaled targets'}`
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}

/** `batchSize` as `batch size`. */
function inWords(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}

function describeSetting(value: Json): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(describeSetting).join(', ')
  if (typeof value === 'number') return String(Number(value.toPrecision(7)))
  if (typeof value !== 'object' || value === null) return String(value)
  const { name, type, ...rest } = value
  const parts = Object.entries(rest).map(([key, inner]) => `${inWords(key)} ${describeSetting(inner)}`)
  const head = name ?? type
  if (head === undefined) return parts.join(', ')
  return parts.length === 0 ? describeSetting(head) : `${describeSetting(head)} (${parts.join(', ')})`
}
