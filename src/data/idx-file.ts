// IDX files from disk, plain or gzipped (told by their first bytes, not their names). Node only. The size that a
// header declares is held against the real size before memory for it is taken, so that neither a damaged header nor a
// gzip bomb can fill memory.
import { open } from 'node:fs/promises'
import type { Tensor } from '../core/tensor.js'
import { gunzipHead, gunzipWhole, isGzip, mostUnpacked, ownBytes, withGzipErrors } from './gzip.js'
import { idxHeaderBytes, maxHeaderBytes, parseIdx, parseIdxHeader, requireIdxSize, trailing } from './idx.js'

/**
 * Reads an IDX file.
 * @throws FormatError for anything but one whole IDX file; the system's error for a file that cannot be read.
 */
export async function readIdx(path: string): Promise<Tensor> {
  const handle = await open(path)
  try {
    const { size } = await handle.stat()
    const head = new Uint8Array(Math.min(size, maxHeaderBytes))
    await handle.read(head, 0, head.length, 0)
    if (isGzip(head)) return parseIdx(await unpack(await handle.readFile(), path), path)
    requireIdxSize(parseIdxHeader(head, path), size, path)
    return parseIdx(ownBytes(await handle.readFile()), path)
  } finally {
    await handle.close()
  }
}

function unpack(packed: Buffer, file: string): Promise<Uint8Array> {
  return withGzipErrors(file, () => {
    const head = gunzipHead(packed, (bytes) => bytes.length >= idxHeaderBytes(bytes))
    const header = parseIdxHeader(head, file)
    const declared = header.headerBytes + header.dataBytes
    const most = mostUnpacked(packed)
    if (declared > most) requireIdxSize(header, most, file)
    return gunzipWhole(packed, declared, () => trailing(file, header))
  })
}
