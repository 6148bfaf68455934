// Finished trials as files, one each, written at once: what an interrupted comparison or search goes on from. A trial is known by
// what its result depends on, so a changed file of the user keeps what is still valid. Node only.
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { FormatError } from '../core/errors.js'
import { codeOf, removeLeftovers, writeFileAtomic } from '../persist/atomic.js'
import { isObject } from './schema.js'
import type { TrialJob, TrialResult } from './job.js'

/** Version of the files. */
const version = 1

/** Names a trial after everything that its result depends on; two trials of the same name are the same trial. */
export function trialId(job: Omit<TrialJob, 'id' | 'from' | 'into' | 'saveTo'>): string {
  const text = JSON.stringify([version, job], (_, value: unknown) => {
    if (!isObject(value)) return value
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
  return createHash('sha256').update(text).digest('hex').slice(0, 20)
}

export class Journal {
  private constructor(
    /** Where everything of the trials lies; undefined to keep nothing. */
    readonly directory: string | undefined,
  ) {}

  /** Opens the journal in a directory of results. */
  static async open(out: string | undefined): Promise<Journal> {
    if (out === undefined) return new Journal(undefined)
    const directory = join(out, 'trials')
    await mkdir(directory, { recursive: true })
    await removeLeftovers(directory)
    return new Journal(directory)
  }

  /** The result of a trial that has ended; undefined where it has not. @throws FormatError for a file of something else. */
  async find(id: string): Promise<TrialResult | undefined> {
    if (this.directory === undefined) return undefined
    const file = join(this.directory, `${id}.json`)
    let text: string
    try {
      text = await readFile(file, 'utf8')
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined
      throw error
    }
    const result = parse(text)
    if (
      isObject(result) &&
      result['id'] === id &&
      Array.isArray(result['history']) &&
      isObject(result['timing'])
    )
      return result as unknown as TrialResult
    throw new FormatError({
      file,
      rule: 'the file of a trial is one that lanewise has written',
      received: 'something else',
      remedy: 'delete it, and the trial runs again',
    })
  }

  async keep(result: TrialResult): Promise<void> {
    if (this.directory === undefined) return
    await writeFileAtomic(
      join(this.directory, `${result.id}.json`),
      `${JSON.stringify(result, undefined, 2)}\n`,
    )
  }

  /** A place for a checkpoint of a trial. */
  checkpoint(id: string): string | undefined {
    return this.directory && join(this.directory, id)
  }

  /** Forgets all checkpoints. */
  async dropCheckpoints(): Promise<void> {
    if (this.directory === undefined) return
    const entries = await readdir(this.directory, { withFileTypes: true })
    for (const entry of entries) if (entry.isDirectory()) await this.drop(join(this.directory, entry.name))
  }

  /** Forgets a checkpoint. */
  async drop(path: string | undefined): Promise<void> {
    if (path !== undefined) await rm(path, { recursive: true, force: true })
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // the caller tells which file it is
  }
}
