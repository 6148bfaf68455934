// Pictures out of pixels: samples of the data, first-layer weights, and the contact sheet of the worst mistakes.
import { fontFamily } from './chart.js'
import { ReportError } from './error.js'
import { encodePng } from './png-file.js'
import { color } from './theme.js'
import { escapeHtml, percent, shorten } from './text.js'
import type { FirstLayer, Mistake, Picture } from './run.js'

/** Largest side of a picture, so that a file with wrong sizes takes no memory. */
const largestSide = 1024

/** A sample as the bytes of a PNG file of its own size. @throws ReportError for other than width · height · channels bytes. */
export function picturePng({ height, width, channels, data }: Picture): Uint8Array {
  const bytes = Buffer.from(data, 'base64')
  requirePixels(bytes.length, height, width, channels)
  return encodePng(width, height, channels, bytes)
}

/** The same as an address that an image element shows without a file. */
export function dataUrl(png: Uint8Array): string {
  return `data:image/png;base64,${Buffer.from(png).toString('base64')}`
}

function requirePixels(length: number, height: number, width: number, channels: number): void {
  const sides = [height, width].every((side) => Number.isInteger(side) && side >= 1 && side <= largestSide)
  if (sides && (channels === 1 || channels === 3) && length === height * width * channels) return
  throw new ReportError({
    rule: `a picture has sides of 1 to ${String(largestSide)} pixels, 1 or 3 channels, and a byte for each value`,
    received: `${String(height)} × ${String(width)} × ${String(channels)} with ${String(length)} bytes`,
    remedy: 'check that the file was not changed',
  })
}

const negative = [213, 94, 0] as const
const positive = [0, 114, 178] as const

/**
 * Incoming weights of each unit as pictures side by side, as the bytes of one PNG file: blue adds to the unit, orange takes away,
 * nothing is white (or see-through).
 * @param across pictures in a row; default 8. @param scale pixels for one weight; default so that a picture is some 56 wide.
 * @param transparent whether nothing is see-through rather than white; default false.
 */
export function firstLayerPng(
  { height, width, channels, pictures }: FirstLayer,
  { across = 8, scale = Math.max(1, Math.round(56 / width)), transparent = false } = {},
): Uint8Array {
  const gap = 2 * scale
  const columns = Math.min(across, pictures.length)
  const sheetWidth = columns * (width * scale + gap) + gap
  const sheetHeight = Math.ceil(pictures.length / columns) * (height * scale + gap) + gap
  const sheet = new Uint8Array(sheetWidth * sheetHeight * 4)
  pictures.forEach((text, index) => {
    const weights = Buffer.from(text, 'base64')
    requirePixels(weights.length, height, width, channels)
    const left = gap + (index % columns) * (width * scale + gap)
    const top = gap + Math.floor(index / columns) * (height * scale + gap)
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const [hue, strength] = shadeOf(weights, (row * width + column) * channels, channels)
        for (let y = 0; y < scale; y++) {
          let pixel = ((top + row * scale + y) * sheetWidth + left + column * scale) * 4
          for (let x = 0; x < scale; x++) {
            sheet[pixel++] = hue[0]
            sheet[pixel++] = hue[1]
            sheet[pixel++] = hue[2]
            sheet[pixel++] = strength
          }
        }
      }
    }
  })
  if (transparent) return encodePng(sheetWidth, sheetHeight, 4, sheet)
  return encodePng(sheetWidth, sheetHeight, 3, onWhite(sheet))
}

/** Hue and strength of a weight. The mean of three channels stands for them: one scale of colour cannot tell three. */
function shadeOf(weights: Buffer, at: number, channels: number): [typeof positive | typeof negative, number] {
  let value = 0
  for (let c = 0; c < channels; c++) value += weights.readInt8(at + c) / channels
  return [value < 0 ? negative : positive, Math.min(255, Math.round(Math.abs(value) * 2))]
}

function onWhite(sheet: Uint8Array): Uint8Array {
  const solid = new Uint8Array((sheet.length / 4) * 3)
  for (let at = 0; at < sheet.length / 4; at++) {
    const opacity = sheet[4 * at + 3]! / 255
    for (let c = 0; c < 3; c++) solid[3 * at + c] = Math.round(255 + (sheet[4 * at + c]! - 255) * opacity)
  }
  return solid
}

/** The worst mistakes as a contact sheet in SVG text: each sample with its true class and what the model took it for. */
export function mistakesSheet(mistakes: readonly Mistake[], across = 8): string {
  const shown = mistakes.filter(({ picture }) => picture !== undefined)
  const tile = 84
  const step = { x: tile + 12, y: tile + 44 }
  const columns = Math.max(1, Math.min(across, shown.length))
  const width = columns * step.x + 12
  const height = Math.ceil(shown.length / columns) * step.y + 12
  const text = (x: number, y: number, size: number, fill: string, content: string) =>
    `<text x="${String(x)}" y="${String(y)}" font-size="${String(size)}" fill="${fill}" text-anchor="middle">${content}</text>`
  const tiles = shown.map(({ actual, predicted, confidence, picture }, index) => {
    const x = 12 + (index % columns) * step.x
    const y = 12 + Math.floor(index / columns) * step.y
    const { width: wide, height: high } = picture!
    const scale = tile / Math.max(wide, high)
    const [w, h] = [wide * scale, high * scale]
    const image = `<image x="${String(x + (tile - w) / 2)}" y="${String(y + (tile - h) / 2)}" width="${String(w)}" height="${String(h)}" image-rendering="optimizeSpeed" href="${dataUrl(picturePng(picture!))}"/>`
    const middle = x + tile / 2
    return (
      image +
      text(middle, y + tile + 14, 11, color('ink'), `true ${escapeHtml(shorten(actual, 10))}`) +
      text(
        middle,
        y + tile + 28,
        11,
        color('orange'),
        `as ${escapeHtml(shorten(predicted, 10))}, ${percent(confidence, 0)}`,
      )
    )
  })
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="The ${String(shown.length)} worst mistakes" ` +
    `width="${String(width)}" height="${String(height)}" viewBox="0 0 ${String(width)} ${String(height)}" ` +
    `font-family="${escapeHtml(fontFamily)}"><rect width="${String(width)}" height="${String(height)}" fill="${color('paper')}"/>${tiles.join('')}</svg>`
  )
}
