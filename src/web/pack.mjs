// Packs the core for the browser's build: the fast variant (unfuse.ts makes the strict one of it) without the functions that the
// library does not call, locals numbered so that functions look alike to the compressor, deflated, in base64. Numbering does not
// change what engines make of the code: they see values, not locals.
import { deflateRawSync } from 'node:zlib'
import binaryen from 'assemblyscript/binaryen'

/**
 * @param bytes the fast variant. @param isUsed tells of a function's name whether the library calls it.
 * @returns the packed core in base64, and its bytes.
 */
export function packCore(bytes, isUsed) {
  const module = binaryen.readBinary(bytes)
  module.setFeatures(binaryen.Features.All)
  const names = Array.from({ length: module.getNumExports() }, (_, i) => {
    return binaryen.getExportInfo(module.getExportByIndex(i)).name
  })
  for (const name of names) if (!isUsed(name)) module.removeExport(name)
  module.runPasses(['remove-unused-module-elements', 'coalesce-locals', 'reorder-locals'])
  const core = Buffer.from(module.emitBinary())
  requirePattern(core, module.emitText())
  module.dispose()
  return { core, text: deflateRawSync(core, { level: 9 }).toString('base64') }
}

/** unfuse.ts finds the fused multiply-adds by their bytes: each occurrence must be one. */
function requirePattern(core, text) {
  const found = core.toString('latin1').split('\xfd\x85\x02').length - 1
  const real = text.split('f32x4.relaxed_madd').length - 1
  const relaxed = text.split(/\.relaxed_/).length - 1
  if (found !== real || relaxed !== real) {
    throw new Error(
      `of ${String(relaxed)} relaxed operations in the fast core ${String(real)} are multiply-adds, and their bytes occur ${String(found)} times: unfuse.ts needs all three to be one number`,
    )
  }
}
