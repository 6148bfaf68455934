// NPZ files from disk. Node only.
import { readFile } from 'node:fs/promises'
import { readNpz } from '../core/formats/npz.js'
import type { Tensor } from '../core/tensor.js'
import { inflateNode } from './inflate-node.js'

/** The arrays of an NPZ file by name. @throws FormatError as readNpz; the system's error for a file that cannot be read. */
export async function readNpzFile(path: string, only?: readonly string[]): Promise<Map<string, Tensor>> {
  const options = only === undefined ? { inflate: inflateNode } : { inflate: inflateNode, only }
  return readNpz(await readFile(path), path, options)
}
