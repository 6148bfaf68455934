// What `lanewise export` does.
import { basename, dirname, extname, join } from 'node:path'
import { existsSync } from 'node:fs'
import { ArgumentError } from '../core/errors.js'
import { writeFileAtomic } from '../persist/atomic.js'
import type { Layout } from '../persist/exchange/document.js'
import { exportModel, type ExportFormat } from '../persist/exchange/write.js'
import { loadModel } from '../persist/file.js'
import type { ModuleFlags } from './export-module.js'
import { conflict } from './optimizer.js'
import type { Output } from './output.js'
import { forUser, fromUser } from './paths.js'
import { completed, openState } from './saved-model.js'

export interface ExportFlags extends ModuleFlags {
  format: ExportFormat | 'module'
  layout?: Layout
  out?: string
  overwrite?: boolean
}

const endings: Record<ExportFlags['format'], string> = {
  json: '.json',
  safetensors: '.safetensors',
  npz: '.npz',
  onnx: '.onnx',
  module: '.mjs',
}

/** @throws ArgumentError, NotFoundError, FormatError, ShapeError */
export async function runExport(
  model: string,
  flags: ExportFlags,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const { format, layout } = flags
  if (layout !== undefined && format !== 'safetensors' && format !== 'npz') {
    conflict('--layout', `--format ${format}`, 'leave it out')
  }
  const ofModule = (['dtype', 'activations', 'wasm', 'dataset'] as const).find(
    (name) => flags[name] !== undefined,
  )
  if (format !== 'module' && ofModule !== undefined)
    conflict(`--${ofModule}`, `--format ${format}`, 'leave it out')
  const file = fromUser(model)
  const out = flags.out === undefined ? besides(file, format, layout) : fromUser(flags.out)
  requireFree(out, flags.overwrite ?? false)
  const state = await loadModel(file)
  const { net } = await openState(state, file)
  if (format === 'module') {
    const { moduleFileNames, runModuleExport } = await import('./export-module.js')
    for (const name of moduleFileNames(out, flags.wasm ?? 'inline'))
      requireFree(name, flags.overwrite ?? false)
    await runModuleExport({ net, state: net.state(), out }, flags, output, signal)
    net.close()
    return
  }
  net.close()
  const bytes = await exportModel(
    layout === 'torch' || format === 'onnx' ? completed(state) : state,
    format,
    layout === undefined ? {} : { layout },
  )
  signal.throwIfAborted()
  await writeFileAtomic(out, bytes)
  output.result(
    { file: out, format, ...(layout === undefined ? {} : { layout }), bytes: bytes.length },
    `${forUser(out)}: ${bytes.length.toLocaleString('en-US')} bytes`,
  )
}

/** The model's own name with the ending of the format, and the layout where that would be the model itself. */
function besides(file: string, format: ExportFlags['format'], layout: Layout | undefined): string {
  const stem = basename(file, extname(file))
  return join(dirname(file), `${stem}${layout === 'torch' ? '.torch' : ''}${endings[format]}`)
}

/** @throws ArgumentError where there is something already. */
export function requireFree(file: string, overwrite: boolean): void {
  if (overwrite || !existsSync(file)) return
  throw new ArgumentError({
    rule: 'the file to write is not there yet',
    received: file,
    remedy: 'choose another one with --out, or pass --overwrite',
  })
}
