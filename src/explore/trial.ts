// Runs one trial in this process: data, model, fit, figures. The same job gives the same result, but for its timing, on any
// number of threads.
import { readdir, rm } from 'node:fs/promises'
import { DivergenceError } from '../core/errors.js'
import { given } from '../core/given.js'
import { classificationScores } from '../metrics/index.js'
import { earlyStopping, type Callback } from '../models/callbacks.js'
import type { EpochResult, History } from '../models/history.js'
import type { NeuralNetwork } from '../models/neural-network.js'
import { regressionMetrics } from '../models/scores.js'
import type { EpochFigures, Figures, TrialJob, TrialResult, TrialSettings } from './job.js'
import { cutsOf, setAside, type Cut, type Part, type TrialData } from './trial-data.js'
import { contextOf, modelOf } from './trial-model.js'

/** What one training of a trial gives: the whole of it, or that of one fold. */
interface Outcome {
  history: History
  figures: Figures
  train: Figures
  validation?: Figures
  parameters: number
}

/**
 * Runs a trial. A training that diverges is a result, not an error.
 * @param threads changes no bit of the result. @throws the reason of `signal` when that is aborted; errors of settings and data.
 */
export async function runTrial(
  job: TrialJob,
  data: TrialData,
  { threads, signal }: { threads?: number; signal?: AbortSignal } = {},
): Promise<TrialResult> {
  const { id } = job
  const { task } = data
  const outcomes: Outcome[] = []
  const failed = (message: string): TrialResult => {
    const nothing = { trainSeconds: 0, samplesPerSecond: 0, epochSeconds: [] }
    return { id, status: 'diverged', message, task, parameters: 0, epochs: 0, history: [], timing: nothing }
  }
  try {
    const cuts = cutsOf(data, job.measure)
    for (const [fold, cut] of cuts.entries()) {
      signal?.throwIfAborted()
      const part = { ...job, ...foldPlaces(job, fold) }
      outcomes.push(await train(part, data, cut, threads, signal))
    }
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof DivergenceError) return failed(error.rule)
    throw error
  }
  if (outcomes.some(({ figures }) => !Number.isFinite(figures['loss'])))
    return failed('the trained model gives no finite loss')
  return summary(job, data, outcomes)
}

/** Each fold has checkpoints of its own. */
function foldPlaces({ from, into }: TrialJob, fold: number): Pick<TrialJob, 'from' | 'into'> {
  const place = (path: string | undefined) => path && `${path}/fold-${String(fold + 1)}`
  return given({ from: place(from), into: place(into) })
}

async function train(
  job: TrialJob,
  data: TrialData,
  { train: rows, measured }: Cut,
  threads: number | undefined,
  signal: AbortSignal | undefined,
): Promise<Outcome> {
  const { settings, seed } = job
  const { validation: share = 0 } = settings
  const parts = share > 0 ? setAside(rows, share, seed) : { train: rows }
  const net = modelOf(settings, contextOf(data), { seed, ...given({ threads }) })
  try {
    const history = await fit(net, parts, job, data, signal)
    signal?.throwIfAborted()
    return {
      history,
      figures: await figuresOf(net, measured),
      train: await figuresOf(net, parts.train),
      ...('validation' in parts ? { validation: await figuresOf(net, parts.validation) } : {}),
      parameters: net.model.parameterCount,
    }
  } finally {
    net.close()
  }
}

async function fit(
  net: NeuralNetwork,
  { train: { x, y }, validation }: { train: Part; validation?: Part },
  job: TrialJob,
  { classes, task, classNames }: TrialData,
  signal: AbortSignal | undefined,
): Promise<History> {
  const { settings, until, seconds, from, into, saveTo } = job
  const epochs = settings.epochs ?? job.epochs
  const end = new AbortController()
  const stop = () => {
    end.abort()
  }
  signal?.addEventListener('abort', stop, { once: true })
  if (into !== undefined) await rm(into, { recursive: true, force: true })
  const { patience, classWeight } = settings
  const callbacks: Callback[] = [
    ...(patience === undefined ? [] : [earlyStopping({ patience })]),
    {
      onEpochEnd({ epoch }) {
        if (epoch === until && epoch < epochs) stop()
      },
    },
  ]
  const timer = seconds === undefined ? undefined : setTimeout(stop, seconds * 1000)
  try {
    const history = await net.partialFit(x, y, {
      epochs,
      callbacks,
      signal: end.signal,
      ...given({ batchSize: net.options.batchSize ?? 64, resume: await existing(from) }),
      ...(into === undefined ? {} : { checkpoints: { directory: into, everyEpochs: 2 ** 30, keep: 1 } }),
      ...(task === 'regression' ? {} : { classes }),
      ...(classWeight === undefined ? {} : { classWeight: weightsOf(classWeight, classNames, y) }),
      ...(validation === undefined ? {} : { validationData: [validation.x, validation.y] as const }),
    })
    if (saveTo !== undefined) await net.save(saveTo)
    return history
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', stop)
  }
}

/** A weight for each class number; `balanced` is rows / (classes · rows of the class), as in scikit-learn. */
function weightsOf(
  weights: NonNullable<TrialSettings['classWeight']>,
  names: readonly string[],
  y: readonly number[],
): Record<number, number> {
  if (weights !== 'balanced')
    return Object.fromEntries(Object.entries(weights).map(([name, weight]) => [names.indexOf(name), weight]))
  const counts = new Map<number, number>()
  for (const label of y) counts.set(label, (counts.get(label) ?? 0) + 1)
  return Object.fromEntries(Array.from(counts, ([label, n]) => [label, y.length / (counts.size * n)]))
}

async function figuresOf(net: NeuralNetwork, { x, y }: Part): Promise<Figures> {
  const { loss } = await net.evaluate(x, y)
  if (!Number.isFinite(loss)) return { loss }
  const predicted = await net.predict(x)
  if (net.task === 'regression') return { loss, ...regressionMetrics(y, predicted as number[], 1) }
  const labels = predicted as number[]
  const { accuracy, macro } = classificationScores(y, labels)
  const { precision, recall, f1 } = macro
  return { loss, accuracy, precision, recall, f1 }
}

function summary({ id }: TrialJob, { task }: TrialData, outcomes: readonly Outcome[]): TrialResult {
  const [{ history, parameters, train, validation }] = outcomes as [Outcome, ...Outcome[]]
  const folds = outcomes.map(({ figures }) => figures)
  const mean = (key: string) => folds.reduce((sum, figures) => sum + figures[key]!, 0) / folds.length
  let elapsed = 0
  const trainSeconds = outcomes.reduce((sum, outcome) => sum + outcome.history.trainSeconds, 0)
  return {
    id,
    status: 'done',
    task,
    parameters,
    epochs: history.epochs.length,
    history: history.epochs.map(curvePoint),
    figures: Object.fromEntries(Object.keys(folds[0]!).map((key) => [key, mean(key)])),
    ...(folds.length > 1 ? { folds } : {}),
    train,
    ...given({ validation }),
    timing: {
      trainSeconds,
      samplesPerSecond: history.samplesPerSecond,
      epochSeconds: history.epochs.map(({ seconds }) => (elapsed += seconds)),
    },
  }
}

/** What of an epoch does not depend on the machine. */
function curvePoint(result: EpochResult): EpochFigures {
  const { epoch, loss, accuracy, validationLoss, validationAccuracy, learningRate } = result
  return { epoch, loss, ...given({ accuracy, validationLoss, validationAccuracy }), learningRate }
}

/** A checkpoint that was lost is no harm: the trial begins anew, with the same result. */
async function existing(from: string | undefined): Promise<string | undefined> {
  if (from === undefined) return undefined
  const names = await readdir(from).catch(() => [])
  return names.length > 0 ? from : undefined
}
