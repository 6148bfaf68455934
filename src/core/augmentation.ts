// Random changes of pictures as the core reads them: numbers in linear memory, and the factors of the elastic displacement
// (assembly/augment.ts, assembly/elastic.ts). What users write stands in src/data/augmentation.ts.
import type { Arena } from './arena.js'
import { exp } from './exact.js'
import { panelColumns } from './operations.js'

/** All changes, settled. Half widths are those of uniform distributions around no change; 0 is none. */
export interface Augmentation {
  /** Half width in pixels, across and down. */
  shift: number
  /** Half width in degrees. */
  rotate: number
  /** Half width of the factor around 1, across and down each. */
  scale: number
  /** Half width in pixels across for each pixel down. */
  shear: number
  /** Displacements of each pixel: uniform in ±alpha, smoothed by a Gaussian of deviation sigma pixels. */
  elastic: { alpha: number; sigma: number } | undefined
  /** Probability of the mirror image. */
  flip: number
  /**
   * A rectangle of an area between two shares of the picture, height / width between `ratio` and its inverse. `fill` is in units of
   * 255 for bytes; `random`: uniform in [0, 1) of them.
   */
  erase:
    { probability: number; least: number; most: number; ratio: number; fill: number | 'random' } | undefined
  /** Added to each value; deviation of normal, half width of uniform noise; in units of 255 for bytes. */
  noise: { kind: 'normal' | 'uniform'; size: number } | undefined
  /** Mixtures of two rows, their shares from Beta(alpha, alpha). */
  mixup: { alpha: number } | undefined
}

/** Height, width and channels of a picture. */
export type PictureShape = readonly [height: number, width: number, channels: number]

export interface PlacedAugmentation {
  /** Address of the specification. */
  spec: number
  /** What a thread needs to work with. */
  scratchBytes: number
  release(): void
}

/** Words of a specification, in the order of SPEC in assembly/augment.ts. */
const specWords = 28
/** Random words and the map, at the beginning of a scratch. */
const drawBytes = 128

/** Whether pixels move: the picture is sampled anew. */
export function movesPixels({ shift, rotate, scale, shear, elastic, flip }: Augmentation): boolean {
  return shift > 0 || rotate > 0 || scale > 0 || shear > 0 || flip > 0 || elastic !== undefined
}

/** Writes an augmentation for pictures of `shape` into linear memory. */
export function placeAugmentation(
  arena: Arena,
  augmentation: Augmentation,
  [height, width, channels]: PictureShape,
  isBytes: boolean,
): PlacedAugmentation {
  const { elastic, erase, noise } = augmentation
  const padded = roundUp(width, panelColumns)
  const moves = movesPixels(augmentation)
  const sourceStride = (width + 3) * 4
  const [factorY, factorX] = factorsOf(elastic, height, width)
  const rank = factorX.length
  const scratch = new Layout(drawBytes)
  // A line of zeros before the old picture and two behind.
  const source = scratch.take(moves ? sourceStride * (height + 3) + 64 : 0) + sourceStride + 16
  const normals = scratch.take(2 * rank * rank * 4)
  const field = scratch.take(2 * rank * padded * 4)
  const columns = scratch.take(moves ? height * padded * 4 : 0)
  const rows = scratch.take(moves ? height * padded * 4 : 0)
  const plane = scratch.take(height * padded * 4)

  const own = new Layout(0)
  const at = { spec: own.take(specWords * 4), y: own.take(height * rank * 4), x: own.take(rank * padded * 4) }
  const address = arena.allocate(own.bytes)
  for (let y = 0; y < height; y++)
    arena.f32(address + at.y + y * rank * 4, rank).set(factorY.map((column) => column[y]!))
  factorX.forEach((column, l) => arena.f32(address + at.x + l * padded * 4, width).set(column))

  const unit = isBytes ? 255 : 1
  const chance = (probability: number) => Math.round(probability * 2 ** 31)
  const words: (number | { float: number })[] = [
    height,
    width,
    channels,
    padded,
    sourceStride,
    Number(moves),
    rank,
    address + at.y,
    address + at.x,
    { float: augmentation.shift },
    { float: augmentation.rotate / 360 },
    { float: augmentation.scale },
    { float: augmentation.shear },
    chance(augmentation.flip),
    chance(erase?.probability ?? 0),
    { float: erase?.least ?? 0 },
    { float: erase?.most ?? 0 },
    { float: erase?.ratio ?? 1 },
    { float: unit * (erase?.fill === 'random' ? 1 : (erase?.fill ?? 0)) },
    Number(erase?.fill === 'random'),
    { float: unit * (noise?.size ?? 0) },
    noise === undefined ? 0 : noise.kind === 'normal' ? 1 : 2,
    source,
    normals,
    field,
    columns,
    rows,
    plane,
  ]
  const integers = arena.u32(address, specWords)
  const floats = arena.f32(address, specWords)
  words.forEach((value, i) => {
    if (typeof value === 'number') integers[i] = value
    else floats[i] = value.float
  })
  return {
    spec: address,
    scratchBytes: scratch.bytes,
    release: () => {
      arena.release(address, own.bytes)
    },
  }
}

/** Places one behind the other, each at a 64-byte boundary. */
class Layout {
  constructor(public bytes: number) {}

  take(bytes: number): number {
    const at = this.bytes
    this.bytes += roundUp(bytes, 64)
    return at
  }
}

function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit
}

type Columns = readonly Float64Array[]

/**
 * Factors of the displacement field, as columns: with Z of independent standard normal numbers, F_y · Z · F_xᵀ has the
 * covariance of uniform numbers in [−alpha, alpha] that a Gaussian has smoothed.
 */
function factorsOf(
  elastic: Augmentation['elastic'],
  height: number,
  width: number,
): [y: Columns, x: Columns] {
  if (elastic === undefined) return [[], []]
  const covariance = smoothedCovariance(elastic.sigma, Math.max(height, width))
  const [y, x] = [choleskyFactor(covariance, height), choleskyFactor(covariance, width)]
  const rank = roundUp(Math.max(y.length, x.length), 4)
  const deviation = elastic.alpha / Math.sqrt(3)
  const padded = (columns: Float64Array[], n: number) =>
    Array.from({ length: rank }, (_, i) => columns[i] ?? new Float64Array(n))
  return [padded(y, height).map((column) => column.map((value) => value * deviation)), padded(x, width)]
}

/** Covariance, at distances 0 … n − 1, of independent numbers of variance 1 after a Gaussian of sum 1. */
export function smoothedCovariance(sigma: number, n: number): Float64Array {
  const radius = Math.ceil(6 * sigma)
  const kernel = Float64Array.from({ length: 2 * radius + 1 }, (_, i) => {
    const distance = (i - radius) / sigma
    return exp(-0.5 * distance * distance)
  })
  const sum = kernel.reduce((total, value) => total + value, 0)
  return Float64Array.from({ length: n }, (_, distance) => {
    let product = 0
    for (let i = distance; i < kernel.length; i++) product += kernel[i]! * kernel[i - distance]!
    return product / (sum * sum)
  })
}

/** Share of the variance of a pixel that a factor may leave out. */
const leftOut = 1e-4

/**
 * Columns F with F·Fᵀ ≈ K, K_ij = covariance[|i − j|], n × n: as many as are needed.
 * Source: Cholesky's decomposition with diagonal pivoting (Higham, "Accuracy and Stability of Numerical Algorithms", 10.3).
 */
function choleskyFactor(covariance: Float64Array, n: number): Float64Array[] {
  const rest = new Float64Array(n).fill(covariance[0]!)
  const columns: Float64Array[] = []
  while (columns.length < n) {
    let pivot = 0
    for (let i = 1; i < n; i++) if (rest[i]! > rest[pivot]!) pivot = i
    if (rest[pivot]! <= leftOut * covariance[0]!) break
    const root = Math.sqrt(rest[pivot]!)
    const column = Float64Array.from({ length: n }, (_, i) => {
      let value = covariance[Math.abs(i - pivot)]!
      for (const other of columns) value -= other[i]! * other[pivot]!
      return value / root
    })
    column.forEach((value, i) => (rest[i]! -= value * value))
    rest[pivot] = 0
    columns.push(column)
  }
  return columns
}
