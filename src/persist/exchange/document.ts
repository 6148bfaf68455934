// All of a model but its weights as one JSON text: what files of other programs' formats carry, so that they come back whole.
import { FormatError } from '../../core/errors.js'
import type { ModelState } from '../../core/state.js'
import {
  fieldNames,
  formatName,
  formatVersion,
  requireFields,
  requireObject,
  requireVersion,
  type Fields,
} from '../fields.js'
import { describe, formatJson, parseJson } from '../json.js'

/** How weights stand: `keras` and lanewise itself `[in, out]`; `torch` `[out, in]`, named by their places in nn.Sequential. */
export type Layout = 'keras' | 'torch'

/** @throws DataError for what JSON cannot hold. */
export function documentOf(state: ModelState, layout: Layout): string {
  const fields = Object.fromEntries(fieldNames.map((name) => [name, state[name]]))
  return formatJson({ format: formatName, version: formatVersion, layout, ...fields }, 'the model')
}

/** @throws FormatError for anything but a document of a known version. */
export function readDocument(text: string, file: string): { fields: Fields; layout: Layout } {
  const document = requireObject(parseJson(text, file, 'the model'), file, 'the model')
  requireVersion(document['version'], file)
  const { layout } = document
  if (layout !== 'keras' && layout !== 'torch') {
    throw new FormatError({ file, rule: 'the layout is keras or torch', received: describe(layout) })
  }
  return { fields: requireFields(document, file), layout }
}
