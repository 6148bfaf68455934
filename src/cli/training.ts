// What `lanewise train` does: data, model, fit, a final pass over all parts, and the directory of results.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { ArgumentError, DivergenceError } from '../core/errors.js'
import type { JsonObject } from '../core/state.js'
import { takeRows } from '../data/split.js'
import { earlyStopping, historyHeader, historyLine, type Callback } from '../models/callbacks.js'
import type { FitOptions } from '../models/fit-options.js'
import type { Hint } from '../models/hints.js'
import type { History } from '../models/history.js'
import type { NeuralNetwork } from '../models/neural-network.js'
import { describeProfile, type ProfileEntry } from '../models/profile-table.js'
import { splitRows } from '../models/rows.js'
import type { Label } from '../models/targets.js'
import { writeFileAtomic } from '../persist/atomic.js'
import { saveModel } from '../persist/file.js'
import { loadData, type Data, type DataOptions, type Part } from './data.js'
import { given } from '../core/given.js'
import { hintsOfRun, warnOf } from './hints.js'
import { planModel, reshaped, type ModelOptions, type ModelPlan } from './model.js'
import { conflict } from './optimizer.js'
import type { Output } from './output.js'
import { forUser, fromUser } from './paths.js'
import { createProgress, type Progress } from './progress.js'
import { describeRun, resumeRun, type ResumedRun } from './resume.js'
import { repeatingCommand } from './run-command.js'
import { readMetrics, RunCheckpoints } from './run-checkpoints.js'
import type { RunInputs } from './run-record.js'
import { CourseRecorder, Stopwatch } from './run-recorder.js'
import { requireWritable, writeRun, type RunTarget } from './run-directory.js'
import { describeFigures, figuresOf, type Figures } from './scores.js'
import type { RunWatch } from './watch.js'
import type { ClassWeight } from './values.js'

export interface TrainOptions extends DataOptions, ModelOptions {
  validation: number
  patience?: number
  classWeight?: ClassWeight
  out?: string
  overwrite?: boolean
  profile?: boolean
  report?: boolean
  checkpointEvery?: string
  resume?: boolean
  watch?: boolean
}

/** The content of metrics.json. */
interface Metrics {
  dataset: string
  /** Of a set that is cut in several ways: which one this is. */
  split?: string
  task: 'classification' | 'regression'
  /** Weights and biases. */
  parameters: number
  seed: number
  threads: number
  numerics: string
  /** Epochs that were trained. */
  epochs: number
  trainSeconds: number
  samplesPerSecond: number
  /** Everything that the result depends on beside data and architecture: optimizer, schedule, loss, batch size, … */
  settings: JsonObject
  train: Figures
  validation?: Figures
  test: Figures
  /** Where learning goes wrong, the gravest first, and the seconds that looking for it took. */
  hints: Hint[]
  inspectionSeconds: number
  /** Where the time of a step goes, with `--profile`. */
  profile?: ProfileEntry[]
}

/**
 * Trains a model and writes its directory, or goes on with a run.
 * @param command what was given, for `--resume` and for what checkpoints tell of the run.
 * @throws what the parts throw; the reason of `signal` when that is aborted.
 */
export async function train(
  options: TrainOptions,
  output: Output,
  signal: AbortSignal,
  command: Command,
): Promise<void> {
  if (options.resume !== true) return trainKept(options, output, signal)
  const run = await resumeRun<TrainOptions>(command, output)
  if ('file' in run) return trainKept(run.options, output, signal, run)
  const metrics = (await readMetrics(run.finished)) as unknown as Metrics
  output.result(
    { ...metrics, out: run.finished },
    `${summary(metrics, run.finished, existsSync(join(run.finished, 'report.html')))}\n${finishedAlready}`,
  )
}

const finishedAlready =
  'the run was finished already; --epochs with more goes on with one that has kept its checkpoints'

type Resumed = ResumedRun<TrainOptions>

/** Trains; a run that is broken off tells how to go on with it. @param resumed what goes on. */
async function trainKept(
  options: TrainOptions,
  output: Output,
  signal: AbortSignal,
  resumed?: Resumed,
): Promise<void> {
  const checkpoints = new RunCheckpoints(options.checkpointEvery)
  try {
    await trainRun(options, output, signal, checkpoints, resumed)
  } catch (error) {
    if (signal.aborted) await checkpoints.tell(output)
    throw error
  }
}

async function trainRun(
  options: TrainOptions,
  output: Output,
  signal: AbortSignal,
  checkpoints: RunCheckpoints,
  resumed: Resumed | undefined,
): Promise<void> {
  const { out, overwrite = false, patience, validation, report = true } = options
  if (patience !== undefined && validation === 0 && options.splitRatio?.length !== 3)
    conflict('--patience', '--validation 0', 'add --validation 0.1')
  if (validation !== 0 && options.splitRatio?.length === 3)
    conflict('--validation', '--split-ratio of three parts', 'leave one of them out')
  if (overwrite && out === undefined) conflict('--overwrite', 'the default directory', 'name one with --out')
  const plan = await planModel(options)
  const chosen: RunTarget | undefined =
    out === undefined ? undefined : { chosen: fromUser(out), overwrite: overwrite || resumed !== undefined }
  await requireWritable(chosen ?? { usual: fromUser('runs') })
  const page = options.watch === true ? await openWatch(output) : undefined
  try {
    const directory = await trainPlan(plan, chosen, options, output, signal, checkpoints, resumed, page)
    await page?.finish(report ? join(directory, 'report.html') : undefined)
    if (page !== undefined && isAttended(output)) await page.stay(signal)
    await page?.close()
  } catch (error) {
    const why = signal.aborted ? 'interrupted' : error instanceof Error ? error.message : String(error)
    await page?.close(why)
    throw error
  }
}

async function openWatch(output: Output): Promise<RunWatch> {
  const { RunWatch } = await import('./watch.js')
  return RunWatch.open(output)
}

/** Whether somebody sits before it who can press Ctrl-C. */
function isAttended({ json, quiet }: Output): boolean {
  return !json && !quiet && process.stdout.isTTY && process.stderr.isTTY
}

/** Trains what is planned. @returns the directory of the results. */
async function trainPlan(
  plan: ModelPlan,
  chosen: RunTarget | undefined,
  options: TrainOptions,
  output: Output,
  signal: AbortSignal,
  checkpoints: RunCheckpoints,
  resumed: Resumed | undefined,
  page: RunWatch | undefined,
): Promise<string> {
  const { patience, validation, classWeight, report = true } = options
  const watch = new Stopwatch()
  const data = await loadData(options, output)
  const target = chosen ?? { usual: fromUser(join('runs', `${fileName(data.name)}-${fileName(plan.name)}`)) }
  signal.throwIfAborted()

  const net = plan.create(data)
  const shaped = (part: Part) => ({ ...part, x: reshaped(part.x, plan.inputShape) })
  const parts = {
    ...split(shaped(data.train), validation, options.seed),
    ...(data.validation === undefined ? {} : { validation: shaped(data.validation) }),
  }
  const command = resumed?.repeat ?? repeatingCommand(data.name)
  const note = describeRun(options, data.name, command)
  const kept = checkpoints.begin(target, note, resumed !== undefined)
  const course = new CourseRecorder()
  watch.lap('loading and preparing the data')
  const keeping = given({ checkpoints: kept, resume: resumed?.file })
  const start = { net, data, parts, command, modelName: plan.name }
  const settings = given({ validation: validation || undefined, patience, classWeight })
  const recorders = [
    course.callback,
    ...(page === undefined ? [] : [page.callback({ ...start, settings }, course)]),
  ]
  const history = await fit(net, parts, data, options, output, signal, recorders, keeping)
  requireFinite(net, history, Math.ceil(parts.train.y.length / (net.options.batchSize ?? 64)))
  watch.lap('training, with start-up and validation')
  const figures: { train?: Figures; validation?: Figures; test?: Figures } = {}
  for (const [name, part] of Object.entries({ ...parts, test: data.test })) {
    signal.throwIfAborted()
    figures[name as keyof typeof figures] = await figuresOf(net, part)
  }
  const metrics = {
    dataset: data.name,
    ...given({ split: data.split }),
    task: data.task,
    parameters: net.model.parameterCount,
    seed: options.seed,
    threads: history.epochs.at(-1)!.threads,
    numerics: net.model.numerics,
    epochs: history.epochs.length,
    trainSeconds: history.trainSeconds,
    samplesPerSecond: history.samplesPerSecond,
    settings: net.state().settings,
    ...figures,
    hints: hintsOfRun(history.hints, parts.train.x, data.test.x),
    inspectionSeconds: history.inspectionSeconds,
    ...given({ profile: history.profile }),
  } as Metrics
  watch.lap('final pass over all parts')
  const told: RunInputs = {
    ...start,
    history,
    figures: figures as Required<typeof figures>,
    slices: course.slices,
    hints: metrics.hints,
    settings: { ...settings, threads: metrics.threads },
    timing: watch.laps,
  }
  const fill = async (folder: string) => {
    await writeFiles(folder, net, history, metrics)
    if (!report) return
    const { writeRunReport } = await import('./report-files.js')
    await writeRunReport(folder, told)
  }
  const directory = await writeRun(checkpoints.target, fill, signal)
  await checkpoints.finish()
  warnOf(metrics.hints, output)
  output.result({ ...metrics, out: directory }, summary(metrics, directory, report))
  return directory
}

/** Training and validation rows: the same rows as `validationSplit` sets aside. */
function split(part: Part, share: number, seed: number): { train: Part; validation?: Part } {
  if (share === 0) return { train: part }
  const [train, validation] = splitRows(part.y.length, share, seed)
  const pick = (picked: Uint32Array): Part => ({ x: takeRows(part.x, picked), y: takeRows(part.y, picked) })
  return { train: pick(train), validation: pick(validation) }
}

async function fit(
  net: NeuralNetwork,
  { train, validation }: { train: Part; validation?: Part },
  { classes }: Data,
  { patience, classWeight, profile }: TrainOptions,
  output: Output,
  signal: AbortSignal,
  recorders: readonly Callback[],
  keeping: Pick<FitOptions, 'checkpoints' | 'resume'>,
): Promise<History> {
  const display = progressOf(output)
  const callbacks = [
    display.callback,
    ...recorders,
    ...(patience === undefined ? [] : [earlyStopping({ patience })]),
  ]
  const weights = classWeight === undefined ? undefined : weightsOf(classWeight, classes, train.y)
  try {
    const settings = {
      callbacks,
      signal,
      ...keeping,
      ...given({ classWeight: weights, profile }),
      ...(validation === undefined ? {} : { validationData: [validation.x, validation.y] as const }),
    }
    // Only partialFit can be told of classes that the training rows do not have.
    const { epochs } = net.options
    const history =
      classes === undefined
        ? await net.fit(train.x, train.y, settings)
        : await net.partialFit(train.x, train.y, { ...settings, classes, ...given({ epochs }) })
    signal.throwIfAborted()
    return history
  } finally {
    display.done()
  }
}

function progressOf({ quiet }: Output): { callback: Callback; done: () => void } {
  let progress: Progress | undefined
  return {
    callback: {
      onTrainBegin({ epochs, stepsPerEpoch }) {
        progress = createProgress({ stream: process.stderr, epochs, stepsPerEpoch, quiet })
      },
      onSlice: (result) => progress?.step(result),
      onEpochEnd: (result) => progress?.epochEnd(result),
    },
    done: () => progress?.done(),
  }
}

/** A weight for each class that is named; `balanced` is rows / (classes · rows of the class), as in scikit-learn. */
function weightsOf(
  classWeight: ClassWeight,
  classes: readonly Label[] | undefined,
  y: readonly Label[],
): Readonly<Record<Label, number>> {
  if (classes === undefined) return conflict('--class-weight', 'a data set for regression', 'leave it out')
  if (classWeight === 'balanced') {
    const counts = new Map<Label, number>()
    for (const label of y) counts.set(label, (counts.get(label) ?? 0) + 1)
    return Object.fromEntries(
      Array.from(counts, ([label, count]) => [label, y.length / (counts.size * count)]),
    )
  }
  const known = new Set(classes.map(String))
  const unknown = Object.keys(classWeight).find((label) => !known.has(label))
  if (unknown === undefined) return classWeight
  throw new ArgumentError({
    rule: `--class-weight names classes of the data set (${classes.slice(0, 12).join(', ')}${classes.length > 12 ? ', …' : ''})`,
    received: JSON.stringify(unknown),
    remedy: 'check the spelling',
  })
}

/** The loss of a step is known before its update: the last one can still go wrong. @throws DivergenceError */
function requireFinite(net: NeuralNetwork, { epochs: { length: epoch } }: History, step: number): void {
  const bad = net.weights().find(({ data }) => data.some((value) => !Number.isFinite(value)))
  if (bad === undefined) return
  const layer = bad.name.replace(/\/.*/, '')
  throw new DivergenceError({
    rule: `training diverged in epoch ${String(epoch)}, step ${String(step)}, the last one: the weights of layer ${layer} left the range`,
    received: `${bad.name} with values that are not finite`,
    remedy: 'lower the learning rate (by 10), scale the inputs, or clip gradients',
    epoch,
    step,
    layer,
  })
}

async function writeFiles(
  folder: string,
  net: NeuralNetwork,
  history: History,
  metrics: Metrics,
): Promise<void> {
  const state = net.state()
  await saveModel(join(folder, 'model.safetensors'), state)
  await saveModel(join(folder, 'params.txt'), state)
  const lines = [historyHeader, ...history.epochs.map(historyLine)]
  await writeFileAtomic(join(folder, 'history.csv'), `${lines.join('\n')}\n`)
  await writeFileAtomic(join(folder, 'metrics.json'), `${JSON.stringify(metrics, undefined, 2)}\n`)
}

function summary(
  { test, epochs, trainSeconds, samplesPerSecond, threads, numerics, profile }: Metrics,
  out: string,
  report: boolean,
): string {
  const speed = Math.round(samplesPerSecond).toLocaleString('en')
  const count = (number: number, what: string) => `${String(number)} ${what}${number === 1 ? '' : 's'}`
  return [
    describeFigures('test', test),
    `${count(epochs, 'epoch')} in ${trainSeconds.toFixed(2)} s, ${speed} samples/s, ${count(threads, 'thread')}, ${numerics} numerics`,
    ...(profile === undefined ? [] : [describeProfile(profile)]),
    `results in ${forUser(out)}${report ? `, told in ${forUser(join(out, 'report.html'))}` : ''}`,
  ].join('\n')
}

/** A name of the user as part of a file name. */
function fileName(text: string): string {
  return text.replace(/[^\p{L}\p{N}._-]+/gu, '_').replace(/^\.+/, '') || 'data'
}
