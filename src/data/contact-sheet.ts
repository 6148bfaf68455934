// Many small pictures side by side on one sheet, as bytes of red, green and blue. Writes no file.
import type { PictureShape } from '../core/augmentation.js'

/** A line of the sheet; undefined leaves a place empty. */
export type SheetLine = readonly (ArrayLike<number> | undefined)[]

export interface Sheet {
  width: number
  height: number
  /** 3 bytes a pixel. */
  data: Uint8Array
}

export interface SheetOptions {
  /** Pixels of the sheet for each of a picture, across and down. */
  zoom: number
  /** Whether the first picture of each line stands apart. */
  firstApart: boolean
}

const gap = 2
const background = 64

/**
 * Draws groups of lines of pictures, groups with a wider gap between them.
 * @param groups values 0 to 255, one channel (grey) or three; [height, width, channels] row-major.
 */
export function contactSheet(
  groups: readonly (readonly SheetLine[])[],
  [pictureHeight, pictureWidth, channels]: PictureShape,
  { zoom, firstApart }: SheetOptions,
): Sheet {
  const [across, down] = [pictureWidth * zoom, pictureHeight * zoom]
  const columns = Math.max(...groups.flat().map((line) => line.length))
  const left = (column: number) => gap + column * (across + gap) + (firstApart && column > 0 ? 3 * gap : 0)
  const tops: number[][] = []
  let top = gap
  for (const lines of groups) {
    tops.push(lines.map((_, i) => top + i * (down + gap)))
    top += lines.length * (down + gap) + 2 * gap
  }
  const width = left(columns - 1) + across + gap
  const height = top - 2 * gap
  const data = new Uint8Array(width * height * 3).fill(background)
  groups.forEach((lines, g) => {
    lines.forEach((line, l) => {
      line.forEach((picture, column) => {
        if (picture !== undefined) draw(picture, left(column), tops[g]![l]!)
      })
    })
  })
  return { width, height, data }

  function draw(picture: ArrayLike<number>, x0: number, y0: number): void {
    for (let y = 0; y < down; y++) {
      for (let x = 0; x < across; x++) {
        const from = (Math.floor(y / zoom) * pictureWidth + Math.floor(x / zoom)) * channels
        const to = ((y0 + y) * width + x0 + x) * 3
        for (let c = 0; c < 3; c++) data[to + c] = picture[from + (channels < 3 ? 0 : c)]!
      }
    }
  }
}
