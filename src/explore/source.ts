// A file of a user, JSON or YAML, as plain data that knows the line of each of its parts. YAML 1.2 holds JSON, so one parser reads
// both. Node only; the parser loads when a file is read.
import { readFile, stat } from 'node:fs/promises'
import { FormatError, NotFoundError } from '../core/errors.js'

/** Place in plain data: keys and indices from the root. */
export type Place = readonly (string | number)[]

/** Far beyond any experiment. */
const largestFile = 16 * 2 ** 20

export class Source {
  constructor(
    /** How messages call it. */
    readonly file: string,
    readonly value: unknown,
    private readonly lineOf: (place: Place) => number | undefined = () => undefined,
  ) {}

  /** Refuses the value at a place, with one line: file, line, path, rule, received. @throws FormatError */
  refuse(place: Place, rule: string, received: string, remedy?: string, cause?: unknown): never {
    const line = this.lineOf(place)
    const where = line === undefined ? this.file : `${this.file}:${String(line)}`
    const path = pathOf(place)
    throw new FormatError({
      file: where,
      rule: path === '' ? rule : `${path}: ${rule}`,
      received,
      ...(remedy === undefined ? {} : { remedy }),
      cause,
    })
  }
}

/** `architectures[2].hidden`; empty for the root. */
export function pathOf(place: Place): string {
  return place
    .map((key, i) => (typeof key === 'number' ? `[${String(key)}]` : `${i === 0 ? '' : '.'}${key}`))
    .join('')
}

/** Reads a file. @param name how messages call it. @throws NotFoundError, FormatError for text that is neither JSON nor YAML. */
export async function readSource(path: string, name = path): Promise<Source> {
  let text: string
  try {
    const { size } = await stat(path)
    if (size > largestFile)
      new Source(name, undefined).refuse([], 'the file has at most 16 MB', `${String(size)} bytes`)
    text = new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path))
  } catch (cause) {
    if (cause instanceof TypeError)
      new Source(name, undefined).refuse([], 'the file is UTF-8 text', 'other bytes')
    if (!(cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR')))
      throw cause
    throw new NotFoundError({ rule: 'the file is there', received: path, remedy: 'check the path', cause })
  }
  return parseSource(text, name)
}

/** Takes text as JSON or YAML. @throws FormatError */
export async function parseSource(text: string, file: string): Promise<Source> {
  const { LineCounter, isNode, parseDocument } = await import('yaml')
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true })
  const [error] = document.errors
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0])
    throw new FormatError({
      file: `${file}:${String(line)}`,
      rule: 'the file is JSON or YAML',
      received: `at column ${String(col)}: ${error.message.split('\n')[0]!}`,
      remedy: 'mend the line',
    })
  }
  let value: unknown
  try {
    value = document.toJS({ maxAliasCount: 100 })
  } catch (cause) {
    const received = cause instanceof Error ? cause.message : String(cause)
    return new Source(file, undefined).refuse([], 'the file is JSON or YAML', received)
  }
  return new Source(file, value, (place) => {
    // Of what is missing, the line of what should hold it.
    for (let depth = place.length; depth >= 0; depth--) {
      const node = depth === 0 ? document.contents : document.getIn(place.slice(0, depth), true)
      if (isNode(node) && Array.isArray(node.range)) return lines.linePos(node.range[0]).line
    }
    return 1
  })
}
