// `--augment` for a data set: what the catalogue does not allow is refused, and pictures that come as flat rows get the form
// that the set tells.
import type { JsonObject } from '../core/state.js'
import { augmentationFrom, requireAllowed, type AugmentationSpec } from '../data/augmentation.js'
import { catalog } from '../data/catalog.js'

/** What is known about the set. */
export interface PictureSet {
  name: string
  /** Shape of one sample. */
  sampleShape: readonly number[]
}

/** The augmentation that the text asks for; undefined for none. @throws ArgumentError */
export function augmentOf(
  text: string | undefined,
  { name, sampleShape }: PictureSet,
): AugmentationSpec | undefined {
  const settled = augmentationFrom(text)
  if (settled === undefined) return undefined
  requireAllowed(settled, { name, flips: catalog.find((entry) => entry.name === name)?.flips })
  const [height, width, channels = 1] = sampleShape
  if (settled.picture !== undefined || width === undefined || (width === height && channels === 1))
    return settled.config
  const config: JsonObject = { ...settled.config, picture: { height: height!, width, channels } }
  return config
}
