// Pictures, changed at random on the way into a batch. One picture of bytes or floats, row-major [height, width, channels],
// becomes another one of the same form:
//   1. every pixel q is taken, bilinear, from the place A · (q − centre) + centre − shift' + d(q) of the old picture, which
//      is zero outside: flip, scale, shear, rotation and shift (in this order) and elastic displacement d (elastic.ts)
//   2. a rectangle is erased
//   3. noise is added to every value
// Bytes are worked on as floats and rounded to the nearest byte at the end (ties to even), as image libraries do; so a
// picture has the same bits whether it is then listed or not. All that is random is a function of the keys and the number of the row.
// Layout of a plane (one channel while it is worked on): floats, rows `padded` apart, a multiple of 16. The old picture has
// one line of zeros before and two behind, and lines of SOURCE_STRIDE bytes; whatever lies there is never written.
// Sources: Simard, Steinkraus & Platt (ICDAR 2003); Cireşan, Meier, Gambardella & Schmidhuber, "Deep Big Simple Neural Nets"
// (2010); Zhong, Zheng, Kang, Li & Yang, "Random Erasing Data Augmentation" (AAAI 2020).
import { hashNormals, sourcePlaces, spreadNormals } from './elastic'
import { cosTurns, normalRadius, uniform, WEYL, weylHigh, weylLow } from './hash'
import { madd } from './lanes'
import { sinTurns } from './math'
import { philoxBlock } from './random'

/** Words of a specification; src/core/augmentation.ts writes them. */
export namespace SPEC {
  export const HEIGHT: usize = 0
  export const WIDTH: usize = 1
  export const CHANNELS: usize = 2
  export const PADDED: usize = 3
  export const SOURCE_STRIDE: usize = 4
  /** Whether pixels move at all. */
  export const MOVES: usize = 5
  /** Of the factors of the elastic displacement; 0 for none. */
  export const RANK: usize = 6
  export const FACTOR_Y: usize = 7
  export const FACTOR_X: usize = 8
  /** Half widths of uniform distributions: pixels, turns, share, share. */
  export const SHIFT: usize = 9
  export const ROTATE: usize = 10
  export const SCALE: usize = 11
  export const SHEAR: usize = 12
  /** Probability · 2³¹. */
  export const FLIP: usize = 13
  export const ERASE: usize = 14
  /** Least and largest share of the picture; least ratio of height to width, whose inverse is the largest. */
  export const ERASE_LEAST: usize = 15
  export const ERASE_MOST: usize = 16
  export const ERASE_RATIO: usize = 17
  /** What is put in: FILL, or numbers uniform in [0, FILL) when FILL_RANDOM. */
  export const FILL: usize = 18
  export const FILL_RANDOM: usize = 19
  /** Deviation of normal, half width of uniform noise. */
  export const NOISE: usize = 20
  /** 0 none, 1 normal, 2 uniform. */
  export const NOISE_KIND: usize = 21
  /** Places in a thread's scratch, in bytes. */
  export const AT_SOURCE: usize = 22
  export const AT_NORMALS: usize = 23
  export const AT_FIELD: usize = 24
  export const AT_COLUMNS: usize = 25
  export const AT_ROWS: usize = 26
  export const AT_PLANE: usize = 27
}

// @ts-ignore: decorator
@inline
function word(spec: usize, index: usize): i32 {
  return load<i32>(spec + (index << 2))
}
// @ts-ignore: decorator
@inline
function number(spec: usize, index: usize): f32 {
  return load<f32>(spec + (index << 2))
}
// @ts-ignore: decorator
@inline
function place(spec: usize, scratch: usize, index: usize): usize {
  return scratch + <usize>word(spec, index)
}

// The beginning of the scratch: random words (four blocks), then the map of `sourcePlaces`.
const MAP: usize = 64

/** Random word `index` of the picture, uniform in [−1, 1). */
// @ts-ignore: decorator
@inline
function centred(scratch: usize, index: usize): f32 {
  return <f32>(load<u32>(scratch + (index << 2)) >>> 8) * <f32>1.1920929e-7 - 1
}
/** The same in [0, 1). */
// @ts-ignore: decorator
@inline
function share(scratch: usize, index: usize): f32 {
  return <f32>(load<u32>(scratch + (index << 2)) >>> 8) * <f32>5.9604645e-8
}
// @ts-ignore: decorator
@inline
function happens(scratch: usize, index: usize, threshold: i32): bool {
  return (load<u32>(scratch + (index << 2)) >>> 1) < <u32>threshold
}

/**
 * Writes picture `data`, changed, to `out`, in the form in which it came. @param row its number, and @param keyA and @param keyB two
 * Philox words of (seed, purpose, step). @param scratch of this thread alone, zero before its first use.
 */
export function augmentPicture(
  out: usize, spec: usize, data: usize, isBytes: i32, row: i32, keyA: i32, keyB: i32, scratch: usize,
): void {
  for (let block = 0; block < 4; block++) philoxBlock(scratch + ((<usize>block) << 4), row, block, 0, 0, keyA, keyB)
  const moves = word(spec, SPEC.MOVES)
  if (moves) {
    chooseMap(spec, scratch)
    choosePlaces(spec, scratch)
  }
  const channels = word(spec, SPEC.CHANNELS)
  const erases = happens(scratch, 7, word(spec, SPEC.ERASE))
  const noise = word(spec, SPEC.NOISE_KIND)
  const plane = place(spec, scratch, SPEC.AT_PLANE)
  for (let channel = 0; channel < channels; channel++) {
    if (moves) {
      loadPlane(spec, place(spec, scratch, SPEC.AT_SOURCE), word(spec, SPEC.SOURCE_STRIDE), data, isBytes, channel)
      samplePlane(
        plane, place(spec, scratch, SPEC.AT_SOURCE) - word(spec, SPEC.SOURCE_STRIDE) - 4,
        word(spec, SPEC.SOURCE_STRIDE), place(spec, scratch, SPEC.AT_COLUMNS), place(spec, scratch, SPEC.AT_ROWS),
        word(spec, SPEC.WIDTH), word(spec, SPEC.HEIGHT), word(spec, SPEC.PADDED),
      )
    } else {
      loadPlane(spec, plane, word(spec, SPEC.PADDED) << 2, data, isBytes, channel)
    }
    if (erases) erase(spec, plane, scratch, channel)
    if (noise) {
      addNoise(
        plane, word(spec, SPEC.HEIGHT) * word(spec, SPEC.PADDED), noise, number(spec, SPEC.NOISE), channel,
        load<i32>(scratch, 56), load<i32>(scratch, 60),
      )
    }
    if (isBytes) storeBytes(spec, out, plane, channel)
    else storeFloats(spec, out, plane, channel)
  }
}

/** The map of this picture: rotation by an angle, scaling, shear and flip undone, around the centre. */
function chooseMap(spec: usize, scratch: usize): void {
  const turns = number(spec, SPEC.ROTATE) * centred(scratch, 0)
  const sine = f32x4.extract_lane(sinTurns(f32x4.splat(turns)), 0)
  const cosine = f32x4.extract_lane(cosTurns(f32x4.splat(turns)), 0)
  const across: f32 = 1 / (1 + number(spec, SPEC.SCALE) * centred(scratch, 1))
  const down: f32 = 1 / (1 + number(spec, SPEC.SCALE) * centred(scratch, 2))
  const shear = number(spec, SPEC.SHEAR) * centred(scratch, 3)
  let xx = (cosine + shear * sine) * across
  let xy = (sine - shear * cosine) * across
  const yx = -sine * down
  const yy = cosine * down
  if (happens(scratch, 6, word(spec, SPEC.FLIP))) {
    xx = -xx
    xy = -xy
  }
  const centreX = <f32>(word(spec, SPEC.WIDTH) - 1) * 0.5
  const centreY = <f32>(word(spec, SPEC.HEIGHT) - 1) * 0.5
  const fromX = -centreX - number(spec, SPEC.SHIFT) * centred(scratch, 4)
  const fromY = -centreY - number(spec, SPEC.SHIFT) * centred(scratch, 5)
  const map = scratch + MAP
  store<f32>(map, xx)
  store<f32>(map, xy, 4)
  store<f32>(map, xx * fromX + xy * fromY + centreX + 1, 8)
  store<f32>(map, yx, 12)
  store<f32>(map, yy, 16)
  store<f32>(map, yx * fromX + yy * fromY + centreY + 1, 20)
}

function choosePlaces(spec: usize, scratch: usize): void {
  const rank = word(spec, SPEC.RANK)
  const padded = word(spec, SPEC.PADDED)
  const height = word(spec, SPEC.HEIGHT)
  const normals = place(spec, scratch, SPEC.AT_NORMALS)
  const fieldX = place(spec, scratch, SPEC.AT_FIELD)
  const fieldY = fieldX + ((<usize>(rank * padded)) << 2)
  if (rank) {
    const count = rank * rank
    hashNormals(normals, 2 * count, load<i32>(scratch, 48), load<i32>(scratch, 52))
    const factor = <usize>word(spec, SPEC.FACTOR_X)
    spreadNormals(fieldX, normals, factor, rank, padded)
    spreadNormals(fieldY, normals + ((<usize>count) << 2), factor, rank, padded)
  }
  let factor = <usize>word(spec, SPEC.FACTOR_Y)
  let columns = place(spec, scratch, SPEC.AT_COLUMNS)
  let rows = place(spec, scratch, SPEC.AT_ROWS)
  for (let y = 0; y < height; y++) {
    sourcePlaces(
      columns, rows, y, scratch + MAP, fieldX, fieldY, factor, rank, padded, word(spec, SPEC.WIDTH), height,
    )
    factor += (<usize>rank) << 2
    columns += (<usize>padded) << 2
    rows += (<usize>padded) << 2
  }
}

/** One channel of a picture as floats, in rows `stride` bytes apart. */
function loadPlane(spec: usize, plane: usize, stride: usize, data: usize, isBytes: i32, channel: i32): void {
  const width = word(spec, SPEC.WIDTH)
  const channels = word(spec, SPEC.CHANNELS)
  const rowBytes = <usize>(width * channels) << (isBytes ? 0 : 2)
  data += <usize>channel << (isBytes ? 0 : 2)
  for (let y = word(spec, SPEC.HEIGHT); y > 0; y--) {
    if (channels > 1) loadChannel(plane, data, isBytes, width, channels)
    else if (isBytes) widenBytes(plane, data, width)
    else memory.copy(plane, data, rowBytes)
    plane += stride
    data += rowBytes
  }
}

function loadChannel(to: usize, from: usize, isBytes: i32, width: i32, channels: i32): void {
  for (let x = 0; x < width; x++) {
    const at = <usize>(x * channels)
    store<f32>(to, isBytes ? <f32>load<u8>(from + at) : load<f32>(from + (at << 2)))
    to += 4
  }
}

function widenBytes(to: usize, from: usize, n: i32): void {
  for (; n >= 4; n -= 4) {
    const words = i16x8.extend_low_i8x16_u(v128.load32_zero(from))
    v128.store(to, f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(words)))
    to += 16
    from += 4
  }
  for (; n > 0; n--) {
    store<f32>(to, <f32>load<u8>(from))
    to += 4
    from++
  }
}

/** 1.5 · 2²³: added to a small float, leaves its nearest integer in the low bits of the sum. */
// @ts-ignore: decorator
@inline
const roundingShift: f32 = 12582912

/**
 * Every pixel of `plane` from its place in `source` (at its column and row 0, which lie outside the picture), bilinear. A place
 * halfway, where one of two neighbours counts for nothing, may take either as the first.
 */
export function samplePlane(
  plane: usize, source: usize, stride: usize, columns: usize, rows: usize, width: i32, height: i32, padded: i32,
): void {
  const shift = f32x4.splat(roundingShift)
  const half = f32x4.splat(0.5)
  const one = f32x4.splat(1)
  const strides = i32x4.splat(<i32>stride)
  const skip = <usize>(padded - ((width + 3) & ~3)) << 2
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x += 4) {
      const u = v128.load(columns)
      const v = v128.load(rows)
      const column = f32x4.add(f32x4.sub(u, half), shift)
      const row = f32x4.add(f32x4.sub(v, half), shift)
      const right = f32x4.sub(u, f32x4.sub(column, shift))
      const below = f32x4.sub(v, f32x4.sub(row, shift))
      const whole = i32x4.mul(i32x4.sub(row, shift), strides)
      const at = i32x4.add(whole, i32x4.shl(i32x4.sub(column, shift), 2))
      const p0 = source + <usize>i32x4.extract_lane(at, 0)
      const p1 = source + <usize>i32x4.extract_lane(at, 1)
      const p2 = source + <usize>i32x4.extract_lane(at, 2)
      const p3 = source + <usize>i32x4.extract_lane(at, 3)
      const upperA = v128.load64_lane(p1, v128.load64_zero(p0), 1)
      const upperB = v128.load64_lane(p3, v128.load64_zero(p2), 1)
      const lowerA = v128.load64_lane(p1 + stride, v128.load64_zero(p0 + stride), 1)
      const lowerB = v128.load64_lane(p3 + stride, v128.load64_zero(p2 + stride), 1)
      const left = f32x4.sub(one, right)
      const upper = madd(
        right, v128.shuffle<f32>(upperA, upperB, 1, 3, 5, 7),
        f32x4.mul(left, v128.shuffle<f32>(upperA, upperB, 0, 2, 4, 6)),
      )
      const lower = madd(
        right, v128.shuffle<f32>(lowerA, lowerB, 1, 3, 5, 7),
        f32x4.mul(left, v128.shuffle<f32>(lowerA, lowerB, 0, 2, 4, 6)),
      )
      v128.store(plane, madd(below, lower, f32x4.mul(f32x4.sub(one, below), upper)))
      plane += 16
      columns += 16
      rows += 16
    }
    plane += skip
    columns += skip
    rows += skip
  }
}

/** A rectangle of the plane is filled; one that would be larger than the picture is cut to it. */
function erase(spec: usize, plane: usize, scratch: usize, channel: i32): void {
  const width = word(spec, SPEC.WIDTH)
  const height = word(spec, SPEC.HEIGHT)
  const padded = word(spec, SPEC.PADDED)
  const least = number(spec, SPEC.ERASE_LEAST)
  const ratio = number(spec, SPEC.ERASE_RATIO)
  const area = <f32>(width * height) * (least + (number(spec, SPEC.ERASE_MOST) - least) * share(scratch, 8))
  const shape = ratio + (1 / ratio - ratio) * share(scratch, 9)
  const tall = max(1, min(height, <i32>(sqrt<f32>(area * shape) + 0.5)))
  const wide = max(1, min(width, <i32>(sqrt<f32>(area / shape) + 0.5)))
  const top = <i32>(<f32>(height - tall + 1) * share(scratch, 10))
  const left = <i32>(<f32>(width - wide + 1) * share(scratch, 11))
  const fill = number(spec, SPEC.FILL)
  const random = word(spec, SPEC.FILL_RANDOM)
  const keyB = i32x4.splat(load<i32>(scratch, 60) ^ 0x55555555)
  for (let y = top; y < top + tall; y++) {
    for (let x = left; x < left + wide; x++) {
      const at = (channel << 24) + y * padded + x
      let value = fill
      if (random) {
        value *= f32x4.extract_lane(uniform(i32x4.splat(at * WEYL + load<i32>(scratch, 56)), keyB), 0)
      }
      store<f32>(plane + ((<usize>(y * padded + x)) << 2), value)
    }
  }
}

/** x[i] += deviation · z(i) for i < n, a multiple of 8: z standard normal (kind 1) or uniform in [−1, 1) (kind 2). */
export function addNoise(x: usize, n: i32, kind: i32, deviation: f32, channel: i32, keyA: i32, keyB: i32): void {
  const b = i32x4.splat(keyB)
  const size = f32x4.splat(deviation)
  let start = (channel << 24) * WEYL + keyA
  for (const end = x + ((<usize>n) << 2); x < end; x += 32, start += 8 * WEYL) {
    const first = i32x4.splat(start)
    let low = uniform(i32x4.add(first, weylLow()), b)
    let high = uniform(i32x4.add(first, weylHigh()), b)
    if (kind === 1) {
      const radius = normalRadius(low)
      low = f32x4.mul(radius, cosTurns(high))
      high = f32x4.mul(radius, sinTurns(high))
    } else {
      low = f32x4.sub(f32x4.add(low, low), f32x4.splat(1))
      high = f32x4.sub(f32x4.add(high, high), f32x4.splat(1))
    }
    v128.store(x, madd(size, high, v128.load(x, 16)), 16)
    v128.store(x, madd(size, low, v128.load(x)))
  }
}

function storeFloats(spec: usize, out: usize, plane: usize, channel: i32): void {
  const width = word(spec, SPEC.WIDTH)
  const channels = word(spec, SPEC.CHANNELS)
  for (let y = word(spec, SPEC.HEIGHT); y > 0; y--) {
    if (channels === 1) {
      memory.copy(out, plane, (<usize>width) << 2)
    } else {
      for (let x = 0; x < width; x++) {
        store<f32>(out + ((<usize>(x * channels + channel)) << 2), load<f32>(plane + ((<usize>x) << 2)))
      }
    }
    out += (<usize>(width * channels)) << 2
    plane += (<usize>word(spec, SPEC.PADDED)) << 2
  }
}

function storeBytes(spec: usize, out: usize, plane: usize, channel: i32): void {
  const width = word(spec, SPEC.WIDTH)
  const channels = word(spec, SPEC.CHANNELS)
  for (let y = word(spec, SPEC.HEIGHT); y > 0; y--) {
    let x = 0
    if (channels === 1) {
      for (; x + 4 <= width; x += 4) {
        const bytes = nearestBytes(v128.load(plane + ((<usize>x) << 2)))
        v128.store32_lane(out + <usize>x, v128.shuffle<u8>(bytes, bytes, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12), 0)
      }
    }
    for (; x < width; x++) {
      const value = nearestBytes(v128.load32_zero(plane + ((<usize>x) << 2)))
      store<u8>(out + <usize>(x * channels + channel), <u8>i32x4.extract_lane(value, 0))
    }
    out += <usize>(width * channels)
    plane += (<usize>word(spec, SPEC.PADDED)) << 2
  }
}

/** Four floats, rounded and cut to 0 … 255, in the lowest byte of each lane. */
// @ts-ignore: decorator
@inline
export function nearestBytes(values: v128): v128 {
  const within = f32x4.pmin(f32x4.pmax(values, f32x4.splat(0)), f32x4.splat(255))
  return f32x4.add(within, f32x4.splat(roundingShift))
}
