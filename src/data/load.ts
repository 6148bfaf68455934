// Data sets by name or folder, as the library shows them: light to import, the work loads when used.
import type { Dataset } from './dataset.js'

export interface LoadOptions {
  /** Where to look first; then $LANEWISE_DATA, ./datasets and ./data. A relative path starts where the user stands. */
  dataDir?: string
  /** Of `emnist`: balanced (the default), byclass, bymerge, digits, letters or mnist. */
  split?: string
  /**
   * Whether a picture set of which only one part is there is taken all the same: its rows are then both `train` and
   * `test`, for the caller to cut, and `onlyPart` tells which part it is. Default false: an error.
   */
  onePart?: boolean
  /** Where warnings go, such as that files are those of another set; default `console.warn`. */
  warn?: (message: string) => void
  /** Of a CSV file: the column to learn, by name or by place counted from 0 (-1: the last); see readCsv for the default. */
  target?: string | number
  /** Of a table: the columns to learn from, in this order. Default: all but the target. */
  features?: readonly (string | number)[]
  /** Of a CSV file: what the target is for; see readCsv for the default. */
  task?: 'classification' | 'regression'
}

/**
 * Loads a data set.
 * @param name `mnist`, `fashion-mnist`, `kmnist`, `emnist`, `california-housing`, the built-in `digits`; the path of a
 *   folder with pictures under names in use (those of MNIST or EMNIST, IDX, NPZ, NPY or CSV, or PNG files in folders by
 *   class), of an `.npz` file like Keras' or another file of such a folder; or the path of a CSV file (`.csv`, `.tsv`,
 *   `.txt`, `.data`, also with `.gz`).
 * @returns images as bytes 0 to 255, upright, `x.shape` [rows, 784], with labels as class numbers; tables as float32, with class
 *   numbers or numbers. A table without a test part is split 80:20, always in the same way.
 * @throws ArgumentError for an unknown name, NotFoundError for files that are not where they are looked for,
 *   FormatError, DataError and ShapeError for files that are not what they should be.
 * @example const { train, test } = await loadDataset('mnist')
 */
export async function loadDataset(name: string, options: LoadOptions = {}): Promise<Dataset> {
  const { loadByName } = await import('./load-by-name.js')
  return loadByName(name, options)
}
