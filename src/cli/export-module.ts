// `lanewise export MODEL --format module`: one ES module, its types beside it, and its core where that is wanted apart. With
// a data set it calibrates the activations of int8, and tells what the module itself scores, beside the model.
import { basename, dirname, extname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { ModelState } from '../core/state.js'
import { ArgumentError } from '../core/errors.js'
import { activationPeaks } from '../models/calibration.js'
import type { NeuralNetwork } from '../models/neural-network.js'
import { writeFileAtomic } from '../persist/atomic.js'
import { moduleFiles, type ModuleDtype, type ModuleOptions } from '../persist/module.js'
import { loadData, type Data, type DataOptions, type Part } from './data.js'
import { moduleFigure } from './module-figure.js'
import { conflict } from './optimizer.js'
import type { Output } from './output.js'
import { forUser } from './paths.js'
import { figuresOf, requireFit } from './scores.js'

/** How an int8 module computes: in integers, its activations calibrated, or in float32. */
export type Activations = 'int16' | 'f32'

export interface ModuleFlags extends DataOptions {
  dtype?: ModuleDtype
  activations?: Activations
  wasm?: 'inline' | 'separate'
}

/** One figure over the test rows, of the model and of its module. */
interface Cost {
  dataset: string
  rows: number
  metric: 'accuracy' | 'rmse'
  exact: number
  exported: number
}

/** The files that an export writes: the module, its types, and its core. */
export function moduleFileNames(out: string, wasm: 'inline' | 'separate'): string[] {
  const extension = extname(out)
  const stem = join(dirname(out), basename(out, extension))
  const types = `${stem}.d.${extension === '.mjs' ? 'mts' : 'ts'}`
  return [out, types, ...(wasm === 'separate' ? [`${stem}.wasm`] : [])]
}

/**
 * Writes a model as a module.
 * @param model opened, and its state. @param out path of the module.
 * @throws ArgumentError, DataError, ShapeError as `moduleFiles`, and as `evaluate` for a data set that does not fit.
 */
export async function runModuleExport(
  { net, state, out }: { net: NeuralNetwork; state: ModelState; out: string },
  flags: ModuleFlags,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const { dtype = 'f32', wasm = 'inline' } = flags
  const activations = activationsOf(flags)
  const data =
    flags.dataset === undefined
      ? undefined
      : await loadData(flags, output, { training: activations === 'int16' })
  if (data !== undefined) requireFit({ net, sampleShape: state.architecture.inputShape! }, data)
  const options: ModuleOptions = { dtype, wasm }
  if (activations === 'int16')
    options.peaks = await activationPeaks(state, spread(data!.train, calibrationRows).x)
  const files = moduleFiles(state, options)
  const cost = data === undefined ? undefined : await costOf(net, files, data)
  signal.throwIfAborted()
  const names = moduleFileNames(out, wasm)
  const contents = [files.text, files.types, ...(files.wasm === undefined ? [] : [files.wasm])]
  for (const [i, content] of contents.entries()) await writeFileAtomic(names[i]!, content)
  const bytes = Buffer.byteLength(files.text)
  const gzip = gzipSync(files.text).length
  const size = (count: number) => count.toLocaleString('en-US')
  output.result(
    {
      file: out,
      files: names,
      format: 'module',
      dtype,
      activations,
      bytes,
      gzip,
      ...(cost === undefined ? {} : { cost }),
    },
    [
      `${forUser(out)}: ${size(bytes)} bytes, ${size(gzip)} with gzip; ${names.slice(1).map(forUser).join(', ')} beside it`,
      ...(cost === undefined ? [] : [describe(cost, dtype, activations)]),
    ].join('\n'),
  )
}

/** Integers where they can be calibrated, unless told otherwise. */
function activationsOf({ dtype, activations, dataset }: ModuleFlags): Activations {
  if (activations !== undefined && dtype !== 'int8')
    conflict('--activations', `--dtype ${dtype ?? 'f32'}`, 'leave it out, or pass --dtype int8')
  if (activations === 'int16' && dataset === undefined) {
    throw new ArgumentError({
      rule: 'activations are calibrated on rows of a data set',
      received: '--activations int16 without --dataset',
      remedy: 'name the data set that the model was trained on',
    })
  }
  return activations ?? (dtype === 'int8' && dataset !== undefined ? 'int16' : 'f32')
}

/** At most `count` rows, evenly spread. */
function spread({ x, y }: Part, count: number): Part {
  const columns = x.data.length / y.length
  const rows = Math.min(count, y.length)
  const places = Array.from({ length: rows }, (_, i) => Math.floor((i * y.length) / rows))
  const data = x.data.slice(0, rows * columns)
  places.forEach((place, i) => {
    data.set(x.data.subarray(place * columns, (place + 1) * columns), i * columns)
  })
  return { x: { ...x, data, shape: [rows, ...x.shape.slice(1)] }, y: places.map((place) => y[place]!) }
}

async function costOf(net: NeuralNetwork, files: ReturnType<typeof moduleFiles>, data: Data): Promise<Cost> {
  const figures = await figuresOf(net, data.test)
  const exported = await moduleFigure(files, data.test)
  const isClassifier = 'accuracy' in figures
  return {
    dataset: data.name,
    rows: data.test.y.length,
    metric: isClassifier ? 'accuracy' : 'rmse',
    exact: isClassifier ? figures.accuracy : figures.rmse,
    exported,
  }
}

function describe(
  { dataset, rows, metric, exact, exported }: Cost,
  dtype: ModuleDtype,
  activations: Activations,
): string {
  const of = `${String(rows)} test rows of ${dataset}`
  const kind = activations === 'int16' ? `${dtype} weights and int16 activations` : `${dtype} weights`
  if (metric === 'rmse')
    return `RMSE ${exported.toPrecision(5)} with ${kind}, ${exact.toPrecision(5)} with the model, over ${of}`
  const points = ((exported - exact) * 100).toFixed(2)
  return `accuracy ${exported.toFixed(4)} with ${kind}, ${exact.toFixed(4)} with the model (${points} points), over ${of}`
}

/** A range needs few rows. */
const calibrationRows = 1000
