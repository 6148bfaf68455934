// Stands in the browser's build in place of what reads and writes files.
import { EngineError } from '../core/errors.js'

function refuse(): never {
  throw new EngineError({
    rule: 'files of a disk are for Node',
    received: 'a call in a browser',
    remedy: 'fetch the bytes, or let the user choose a file',
  })
}

export const openChunks = refuse
export const loadCalifornia = refuse
export const loadCsvFile = refuse
export const loadFolder = refuse
export const findCheckpoint = refuse
export const openCheckpoints = refuse
export const fingerprint = refuse
export const writeFileAtomic = refuse
export const appendFile = refuse
export const codeOf = refuse
export const selfCheck = refuse
export const csvChunks = refuse
export const readCsv = refuse
export const readTable = refuse
export const surveyCsv = refuse
