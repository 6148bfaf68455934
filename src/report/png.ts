// SVG to PNG: resvg (MPL-2.0, WebAssembly) draws with the DejaVu Sans that is installed beside it, so that neither a browser nor a
// font of the system is needed, and a picture has the same pixels everywhere.
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Resvg as ResvgType } from '@resvg/resvg-wasm'
import { encodePng } from './png-file.js'
import { color } from './theme.js'

const font = 'DejaVu Sans'

interface Rasterizer {
  Resvg: typeof ResvgType
  font: Uint8Array
}

let loading: Promise<Rasterizer> | undefined

async function load(): Promise<Rasterizer> {
  const { resolve } = createRequire(import.meta.url)
  const [{ initWasm, Resvg }, core, face] = await Promise.all([
    import('@resvg/resvg-wasm'),
    readFile(resolve('@resvg/resvg-wasm/index_bg.wasm')),
    readFile(resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf')),
  ])
  await initWasm(core)
  return { Resvg, font: face }
}

/** Starts loading what `toPng` needs, so that it is there when the first plot is. */
export async function prepare(): Promise<void> {
  await (loading ??= load())
}

/**
 * A plot as the bytes of a PNG file, on white.
 * @param svg as the plotting functions give it. @param scale pixels of the picture for one of the plot; default 2.
 */
export async function toPng(svg: string, scale = 2): Promise<Uint8Array> {
  const rasterizer = await (loading ??= load())
  const resvg = new rasterizer.Resvg(svg, {
    font: {
      fontBuffers: [rasterizer.font],
      loadSystemFonts: false,
      defaultFontFamily: font,
      sansSerifFamily: font,
    },
    fitTo: { mode: 'zoom', value: scale },
    background: color('paper'),
  })
  const image = resvg.render()
  try {
    return encodePng(image.width, image.height, 4, image.pixels)
  } finally {
    image.free()
    resvg.free()
  }
}
