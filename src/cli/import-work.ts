// What `lanewise import` does.
import { dirname, join } from 'node:path'
import { importModel, type ImportOptions } from '../persist/exchange/read.js'
import { readBytes, saveModel } from '../persist/file.js'
import { requireFree } from './export-work.js'
import type { Output } from './output.js'
import { forUser, fromUser } from './paths.js'
import { openState } from './saved-model.js'

export interface ImportFlags extends ImportOptions {
  out?: string
  overwrite?: boolean
}

/** @throws ArgumentError, NotFoundError, FormatError, ShapeError */
export async function runImport(
  path: string,
  flags: ImportFlags,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const file = fromUser(path)
  const out = flags.out === undefined ? join(dirname(file), 'model.safetensors') : fromUser(flags.out)
  requireFree(out, flags.overwrite ?? false)
  const { state, notes } = await importModel(await readBytes(file, 'the file to import'), file, flags)
  const { net, sampleShape } = await openState(state, file)
  const parameters = net.weights().reduce((sum, { data }) => sum + data.length, 0)
  net.close()
  signal.throwIfAborted()
  await saveModel(out, state)
  for (const note of notes) output.note(note)
  const { task, classes } = state.outputs
  const layers = state.architecture.layers.length
  output.result(
    {
      file: out,
      task,
      inputShape: sampleShape,
      layers,
      parameters,
      ...(classes === undefined ? {} : { classes }),
      notes,
    },
    `${forUser(out)}: ${task}, ${String(layers)} layers, ${parameters.toLocaleString('en-US')} parameters`,
  )
}
