// Looks at the bytes of PNG files in tests.
import { decode } from 'fast-png'
import { expect } from 'vitest'

const signature = [137, 80, 78, 71, 13, 10, 26, 10]

/** Size of a picture, the number of its different colours (up to 100), and the share of pixels that are not as its corner. */
export function inspectPng(bytes: Uint8Array) {
  expect([...bytes.subarray(0, 8)]).toEqual(signature)
  const { width, height, channels, data } = decode(bytes)
  const colorAt = (pixel: number) => data.subarray(pixel * channels, pixel * channels + 3).join()
  const corner = colorAt(0)
  const colors = new Set<string>()
  let inked = 0
  for (let pixel = 0; pixel < width * height; pixel++) {
    const color = colorAt(pixel)
    if (color !== corner) inked++
    if (colors.size < 100) colors.add(color)
  }
  return { width, height, colors: colors.size, inked: inked / (width * height) }
}
