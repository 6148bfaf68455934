// The file `NAME.part` in which a download grows, and stays when it is broken off. Never larger than it may be. Node only.
import { createHash } from 'node:crypto'
import { constants, open, rename, rm, type FileHandle } from 'node:fs/promises'
import { lock, unlock } from './lock.js'

export class PartFile {
  private closed = false

  private constructor(
    readonly path: string,
    private readonly file: FileHandle,
    private length: number,
  ) {}

  /** Opens what is there already, or a new one. @throws StateError while another download of the file runs. */
  static async open(path: string): Promise<PartFile> {
    await lock(lockPath(path))
    try {
      const file = await open(path, constants.O_RDWR | constants.O_CREAT)
      return new PartFile(path, file, (await file.stat()).size)
    } catch (error) {
      await unlock(lockPath(path))
      throw error
    }
  }

  /** Bytes that are there. */
  get bytes(): number {
    return this.length
  }

  async append(chunk: Uint8Array): Promise<void> {
    for (let done = 0; done < chunk.length;) {
      const { bytesWritten } = await this.file.write(chunk, done, chunk.length - done, this.length)
      done += bytesWritten
      this.length += bytesWritten
    }
  }

  /** Forgets all bytes. */
  async empty(): Promise<void> {
    await this.file.truncate(0)
    this.length = 0
  }

  /** Gives the whole file its name, and closes it before: Windows renames no open file. */
  async rename(path: string): Promise<void> {
    await this.file.sync()
    await this.file.close()
    this.closed = true
    await rename(this.path, path)
  }

  /** To be called at the end in any case. An empty part is not left behind. */
  async close(): Promise<void> {
    try {
      if (this.closed) return
      this.closed = true
      await this.file.close()
      if (this.length === 0) await rm(this.path, { force: true })
    } finally {
      await unlock(lockPath(this.path))
    }
  }
}

function lockPath(path: string): string {
  return `${path}.lock`
}

/** SHA-256 of a file, as 64 hexadecimal digits. */
export async function sha256Of(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  const file = await open(path)
  try {
    for await (const chunk of file.createReadStream({ highWaterMark: 1 << 20, autoClose: false })) {
      signal?.throwIfAborted()
      hash.update(chunk as Uint8Array)
    }
  } finally {
    await file.close()
  }
  return hash.digest('hex')
}
