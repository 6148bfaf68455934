// `lanewise export MODEL --format module`: one ES module, its types beside it, and its core where that is wanted apart. With
// a data set it tells what smaller weights cost.
import { basename, dirname, extname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { ModelState } from '../core/state.js'
import type { NeuralNetwork } from '../models/neural-network.js'
import { writeFileAtomic } from '../persist/atomic.js'
import { moduleFiles, roundedState, type ModuleDtype } from '../persist/module.js'
import { loadData, type DataOptions } from './data.js'
import type { Output } from './output.js'
import { forUser } from './paths.js'
import { openState } from './saved-model.js'
import { figuresOf, requireFit, type Figures } from './scores.js'

export interface ModuleFlags extends DataOptions {
  dtype?: ModuleDtype
  wasm?: 'inline' | 'separate'
}

/** One figure over the test rows, with the weights as they are and as the module has them. */
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
  { net, state, file, out }: { net: NeuralNetwork; state: ModelState; file: string; out: string },
  flags: ModuleFlags,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const { dtype = 'f32', wasm = 'inline' } = flags
  const files = moduleFiles(state, { dtype, wasm })
  const cost =
    flags.dataset === undefined ? undefined : await costOf(net, { state, file }, dtype, flags, output)
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
      bytes,
      gzip,
      ...(cost === undefined ? {} : { cost }),
    },
    [
      `${forUser(out)}: ${size(bytes)} bytes, ${size(gzip)} with gzip; ${names.slice(1).map(forUser).join(', ')} beside it`,
      ...(cost === undefined ? [] : [describe(cost, dtype)]),
    ].join('\n'),
  )
}

async function costOf(
  net: NeuralNetwork,
  { state, file }: { state: ModelState; file: string },
  dtype: ModuleDtype,
  flags: DataOptions,
  output: Output,
): Promise<Cost> {
  const data = await loadData(flags, output, { training: false })
  requireFit({ net, sampleShape: state.architecture.inputShape! }, data)
  const rounded = await openState(roundedState(state, dtype), file)
  const [exact, exported] = [await figuresOf(net, data.test), await figuresOf(rounded.net, data.test)]
  rounded.net.close()
  const metric = 'accuracy' in exact ? 'accuracy' : 'rmse'
  const figure = (figures: Figures) => ('accuracy' in figures ? figures.accuracy : figures.rmse)
  return {
    dataset: data.name,
    rows: data.test.y.length,
    metric,
    exact: figure(exact),
    exported: figure(exported),
  }
}

function describe({ dataset, rows, metric, exact, exported }: Cost, dtype: ModuleDtype): string {
  const of = `${String(rows)} test rows of ${dataset}`
  if (metric === 'rmse')
    return `RMSE ${exported.toPrecision(5)} with ${dtype} weights, ${exact.toPrecision(5)} with f32, over ${of}`
  const points = ((exported - exact) * 100).toFixed(2)
  return `accuracy ${exported.toFixed(4)} with ${dtype} weights, ${exact.toFixed(4)} with f32 (${points} points), over ${of}`
}
