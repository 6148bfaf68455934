// Augmentation as users write it: an object of options by name, the text `name:key=value,…;name…`, or the name of a preset.
// The work is done by the core while it gathers a batch (core/augmentation.ts, assembly/augment.ts); only training rows are
// changed, never those of validation or evaluation.
import { movesPixels, type Augmentation, type PictureShape } from '../core/augmentation.js'
import { ArgumentError, ShapeError } from '../core/errors.js'
import { checkKeys, checkNumber, parseSpec, unknownName } from '../core/options.js'
import type { JsonObject } from '../core/state.js'

/** What may be done to each picture, or row, of each batch; `{}` for the defaults of an entry. */
export interface AugmentationOptions {
  /** Up to `pixels` (default 2) to each side, up and down; fractions too. */
  shift?: { pixels?: number }
  /** Up to `degrees` (default 10) to either side, at most 180. */
  rotate?: { degrees?: number }
  /** Larger or smaller by up to the share `by` (default 0.1, below 1), width and height each. */
  scale?: { by?: number }
  /** Slanted by up to `by` pixels across for each pixel down (default 0.1). */
  shear?: { by?: number }
  /**
   * Elastic distortion (Simard 2003): displacements uniform in ±alpha pixels (default 34), smoothed by a Gaussian of deviation
   * `sigma` pixels (default 4). A pixel moves by some alpha / (6 · sigma): 1.4 pixels by default.
   */
  elastic?: { alpha?: number; sigma?: number }
  /** The mirror image, left to right, with this probability (default 0.5). Not for letters and digits. */
  flip?: { probability?: number }
  /**
   * A rectangle erased (Zhong 2020) with `probability` (default 0.5): `least` to `most` of the picture (defaults 0.02 and 0.4),
   * height to width between `ratio` (default 0.3) and 1 / ratio. `fill`: 0 (default) to 1, or `random`.
   */
  erase?: { probability?: number; least?: number; most?: number; ratio?: number; fill?: number | 'random' }
  /**
   * Noise on every value; `size` (default 0.1) is the deviation of `normal` (default), the half width of `uniform` noise: in
   * units of the whole range for bytes, which are cut to it, and in those of the data for floats.
   */
  noise?: { size?: number; kind?: 'normal' | 'uniform' }
  /** Mixtures of two rows of a batch and of their targets (Zhang 2018), shares from Beta(alpha, alpha); default 0.2. */
  mixup?: { alpha?: number }
  /** Form of pictures that come as flat rows; default: a square of one channel. */
  picture?: { height: number; width: number; channels?: number }
}

/** Options, text, or the name of a preset; `none` for none. */
export type AugmentationSpec = AugmentationOptions | string

/** A checked augmentation. */
export interface SettledAugmentation {
  changes: Augmentation
  picture: PictureShape | undefined
  /** The options with their defaults, from which it can be made again. */
  config: JsonObject
}

/** Augmentations by name. */
export const augmentationPresets: Readonly<Record<string, AugmentationOptions>> = {
  digits: {
    elastic: { alpha: 34, sigma: 4 },
    rotate: { degrees: 10 },
    scale: { by: 0.1 },
    shear: { by: 0.1 },
    shift: { pixels: 1 },
  },
  letters: {
    elastic: { alpha: 30, sigma: 4 },
    rotate: { degrees: 8 },
    scale: { by: 0.1 },
    shear: { by: 0.1 },
    shift: { pixels: 1 },
  },
  clothes: {
    flip: { probability: 0.5 },
    scale: { by: 0.08 },
    rotate: { degrees: 3 },
    shift: { pixels: 1.5 },
  },
}

type Settings = Record<string, number | string>
type Rule = Parameters<typeof checkNumber>[3]

/** For each number of an entry its default and its rule. */
const numbers: Record<string, Record<string, [usual: number | undefined, rule: Rule]>> = {
  shift: { pixels: [2, 'nonNegative'] },
  rotate: { degrees: [10, 'nonNegative'] },
  scale: { by: [0.1, 'fraction'] },
  shear: { by: [0.1, 'nonNegative'] },
  elastic: { alpha: [34, 'nonNegative'], sigma: [4, 'positive'] },
  flip: { probability: [0.5, 'share'] },
  erase: { probability: [0.5, 'share'], least: [0.02, 'share'], most: [0.4, 'share'], ratio: [0.3, 'share'] },
  noise: { size: [0.1, 'nonNegative'] },
  mixup: { alpha: [0.2, 'positive'] },
  picture: {
    height: [undefined, 'positiveInteger'],
    width: [undefined, 'positiveInteger'],
    channels: [1, 'positiveInteger'],
  },
}

/** What is not a number. */
const words: Record<
  string,
  Record<string, [usual: number | string, holds: (value: unknown) => boolean, rule: string]>
> = {
  erase: { fill: [0, isFill, 'a number from 0 to 1, or random'] },
  noise: { kind: ['normal', (value) => value === 'normal' || value === 'uniform', 'normal or uniform'] },
}

function isFill(value: unknown): boolean {
  return value === 'random' || (typeof value === 'number' && value >= 0 && value <= 1)
}

/**
 * A checked augmentation; undefined for none.
 * @throws ArgumentError for an unknown name or option, and for a value out of its range.
 */
export function augmentationFrom(spec: AugmentationSpec | undefined): SettledAugmentation | undefined {
  const given = typeof spec === 'string' ? parseText(spec) : (spec ?? {})
  if (typeof given !== 'object' || Array.isArray(given)) {
    throw new ArgumentError({
      rule: 'an augmentation is an object of options, or text such as "elastic:alpha=34,sigma=4;rotate:degrees=10"',
      received: String(given),
      remedy: 'pass { elastic: {}, rotate: { degrees: 10 } }, or the name of a preset',
    })
  }
  const settled: Record<string, Settings> = {}
  for (const [name, options] of Object.entries(given) as [string, unknown][]) {
    if (options === undefined) continue
    if (!Object.hasOwn(numbers, name))
      unknownName('an augmentation', name, [...Object.keys(numbers), ...presetNames])
    settled[name] = settle(name, options)
  }
  if (Object.keys(settled).every((name) => name === 'picture')) return undefined
  return { changes: changesOf(settled), picture: pictureOf(settled['picture']), config: settled }
}

const presetNames = Object.keys(augmentationPresets)

/** `name:key=value,…` joined by semicolons; later entries replace earlier ones, as those of a preset. */
function parseText(text: string): object {
  const given: Record<string, unknown> = {}
  for (const part of text.split(';')) {
    const { type, ...options } = parseSpec(part)
    if (type === 'none' && text.trim() === 'none') continue
    if (!Object.hasOwn(augmentationPresets, type)) {
      given[type] = options
      continue
    }
    checkKeys(`the preset ${type}`, options, [])
    Object.assign(given, augmentationPresets[type])
  }
  return given
}

function settle(name: string, options: unknown): Settings {
  const owner = `the augmentation ${name}`
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new ArgumentError({
      rule: `${owner} is an object of options`,
      received: String(options),
      remedy: `write { ${name}: {} } for its defaults`,
    })
  }
  const ofNumbers = numbers[name]!
  const ofWords = words[name] ?? {}
  checkKeys(owner, options, [...Object.keys(ofNumbers), ...Object.keys(ofWords)])
  const given = options as Record<string, unknown>
  const settled: Settings = {}
  for (const [key, [usual, rule]] of Object.entries(ofNumbers))
    settled[key] = checkNumber(owner, key, given[key] ?? usual, rule)
  for (const [key, [usual, holds, rule]] of Object.entries(ofWords)) {
    const value = given[key] ?? usual
    if (!holds(value)) {
      throw new ArgumentError({
        rule: `${key} of ${owner} is ${rule}`,
        received: String(value),
        remedy: `leave it out for ${String(usual)}`,
      })
    }
    settled[key] = value as number | string
  }
  requireRelations(owner, settled)
  return settled
}

/** Bounds of numbers, by their names: far beyond use, and such that nothing overflows. */
const bounds: Record<string, readonly [least: number, most: number]> = {
  pixels: [0, 1e6],
  degrees: [0, 180],
  by: [0, 1e3],
  alpha: [0, 1e6],
  sigma: [0, 1e3],
  ratio: [1e-3, 1],
  size: [0, 1e6],
}

/** What the rule of a number does not tell. */
function requireRelations(owner: string, settled: Settings): void {
  const broken = (key: string, rule: string) => {
    throw new ArgumentError({
      rule: `${key} of ${owner} is ${rule}`,
      received: String(settled[key]),
      remedy: 'change it, or leave it out for its default',
    })
  }
  for (const [key, [least, most]] of Object.entries(bounds)) {
    const value = Number(settled[key] ?? least)
    if (value < least) broken(key, `at least ${String(least)}`)
    if (value > most) broken(key, `at most ${String(most)}`)
  }
  if (Number(settled['least'] ?? 0) > Number(settled['most'] ?? 0)) broken('least', 'at most its most')
}

function changesOf(settled: Record<string, Settings>): Augmentation {
  const number = (name: string, key: string) => Number(settled[name]?.[key] ?? 0)
  const { elastic, erase, noise, mixup } = settled as Record<string, never>
  return {
    shift: number('shift', 'pixels'),
    rotate: number('rotate', 'degrees'),
    scale: number('scale', 'by'),
    shear: number('shear', 'by'),
    elastic: number('elastic', 'alpha') > 0 ? elastic : undefined,
    flip: number('flip', 'probability'),
    erase: number('erase', 'probability') > 0 ? erase : undefined,
    noise: number('noise', 'size') > 0 ? noise : undefined,
    mixup,
  }
}

function pictureOf(settings: Settings | undefined): PictureShape | undefined {
  if (settings === undefined) return undefined
  return [Number(settings['height']), Number(settings['width']), Number(settings['channels'])]
}

/**
 * The form of samples of `sampleShape` as pictures: [height, width], [height, width, channels], or flat rows.
 * @throws ShapeError where something is to be done to pictures and they are none.
 */
export function pictureShape(
  { changes, picture }: SettledAugmentation,
  sampleShape: readonly number[],
): PictureShape {
  const [height = 1, width = 1, channels = 1] = sampleShape
  const size = sampleShape.reduce((product, n) => product * n, 1)
  if (picture !== undefined && picture[0] * picture[1] * picture[2] === size) return picture
  if (picture === undefined && (sampleShape.length === 2 || sampleShape.length === 3))
    return [height, width, channels]
  if (picture === undefined && !movesPixels(changes) && changes.erase === undefined) return [1, size, 1]
  const side = Math.round(Math.sqrt(size))
  if (picture === undefined && sampleShape.length === 1 && side * side === size) return [side, side, 1]
  throw new ShapeError({
    rule: 'pictures that are augmented have the shape [height, width], [height, width, channels], or come as flat rows of a known form',
    received: `samples of shape [${sampleShape.join(', ')}]${picture ? ` for pictures of [${picture.join(', ')}]` : ''}`,
    remedy: 'give their form, as picture: { height: 20, width: 30 } (picture:height=20,width=30 in text)',
  })
}

/**
 * Refuses what changes the meaning of a set's pictures.
 * @param flips whether the mirror image of a picture shows the same class; undefined where nobody knows.
 * @throws ArgumentError
 */
export function requireAllowed(
  augmentation: SettledAugmentation | undefined,
  { name, flips }: { name: string; flips?: boolean | undefined },
): void {
  if (flips !== false || augmentation === undefined || augmentation.changes.flip === 0) return
  throw new ArgumentError({
    rule: `pictures of the data set ${name} are not flipped: the mirror image shows another class, or none`,
    received: `flip with probability ${String(augmentation.changes.flip)}`,
    remedy: 'leave flip out',
  })
}
