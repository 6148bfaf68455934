import { decode } from 'fast-png'
import { describe, expect, it } from 'vitest'
import { encodePng } from '../../src/report/png-file.js'

describe('encodePng', () => {
  it.each([1, 3, 4] as const)('keeps every pixel of %d channels', (channels) => {
    const [width, height] = [7, 5]
    const pixels = Uint8Array.from({ length: width * height * channels }, (_, i) => (i * 37) % 256)
    const read = decode(encodePng(width, height, channels, pixels), { checkCrc: true })
    expect([read.width, read.height, read.channels, read.depth]).toEqual([width, height, channels, 8])
    expect([...read.data]).toEqual([...pixels])
  })
})
