// NPY files from disk, plain or gzipped. Node only. What a header declares is held against the real size before memory
// for it is taken.
import { open } from 'node:fs/promises'
import { maxNpyHeaderBytes, parseNpy, parseNpyHeader, requireNpySize } from '../core/formats/npy.js'
import type { Tensor } from '../core/tensor.js'
import { gunzipHead, gunzipWhole, isGzip, mostUnpacked, ownBytes, withGzipErrors } from './gzip.js'
import { FormatError } from '../core/errors.js'

/**
 * Reads an NPY file.
 * @throws FormatError for anything but one whole NPY file of plain numbers; the system's error for a file that cannot
 *   be read.
 */
export async function readNpy(path: string): Promise<Tensor> {
  const handle = await open(path)
  try {
    const { size } = await handle.stat()
    const head = new Uint8Array(Math.min(size, maxNpyHeaderBytes))
    await handle.read(head, 0, head.length, 0)
    if (isGzip(head)) return parseNpy(await unpack(await handle.readFile(), path), path)
    requireNpySize(parseNpyHeader(head, path), size, path)
    return parseNpy(ownBytes(await handle.readFile()), path)
  } finally {
    await handle.close()
  }
}

function unpack(packed: Buffer, file: string): Promise<Uint8Array> {
  return withGzipErrors(file, () => {
    const head = gunzipHead(packed, (bytes) => bytes.length >= maxNpyHeaderBytes)
    const header = parseNpyHeader(head, file)
    const declared = header.headerBytes + header.dataBytes
    const most = mostUnpacked(packed)
    if (declared > most) requireNpySize(header, most, file)
    return gunzipWhole(packed, declared, () => {
      return new FormatError({
        file,
        rule: `an NPY file ends with its last value, after ${String(declared)} bytes`,
        received: 'more',
        remedy: 'save it again',
      })
    })
  })
}
