// What stands in the browser's build in place of what reads and writes files.
import { EngineError } from '../core/errors.js'

/** @throws EngineError always. */
export function refuse(): never {
  throw new EngineError({
    rule: 'files of a disk are for Node',
    received: 'a call in a browser',
    remedy: 'fetch the bytes, or let the user choose a file',
  })
}
