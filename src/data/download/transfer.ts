// One try to bring a part file to its full length from one address: what to ask for, whether the answer is the file,
// and never a byte more than it may have. Does not try again and checks no sum; download.ts does.
import { Failure } from './failure.js'
import type { PartFile } from './part-file.js'
import { request } from './request.js'

export interface TransferOptions {
  /** The size of the whole file, where it is known. */
  bytes: number | undefined
  /** No byte beyond these is written where the size is not known. */
  maxBytes: number
  /** The longest wait for an answer or a byte, in milliseconds. */
  patience: number
  signal: AbortSignal
  /** Told after each chunk: bytes on disk, and the whole size where it is known by now. */
  onBytes(received: number, total: number | undefined): void
}

/** What a server's answer tells about its version of the file, to ask later for the rest of the same one. */
export interface Version {
  /** A strong entity tag. */
  etag: string | undefined
}

/**
 * Asks `url` for what `part` lacks and appends it. A server that sends the whole file instead has it written anew.
 * @param from the version of which `part` holds the first bytes, where these came from `url`.
 * @param onVersion told as soon as the answer has begun.
 * @throws Failure; the system's errors of writing; the signal's reason.
 */
export async function transfer(
  url: URL,
  part: PartFile,
  from: Version | undefined,
  options: TransferOptions,
  onVersion: (version: Version) => void,
): Promise<void> {
  const { bytes, patience, signal } = options
  const offset = part.bytes
  const headers: Record<string, string> = {}
  if (offset > 0) {
    headers['range'] = `bytes=${String(offset)}-`
    if (from?.etag !== undefined) headers['if-range'] = from.etag
  }
  const answer = await request(url, { headers, patience, signal })
  try {
    const { headers: told } = answer
    requireStatus(answer.status, offset, told)
    requireFile(told)
    const etag = strongTag(told.get('etag'))
    const isRest = answer.status === 206
    let total = isRest ? continued(told, offset, bytes) : bytes
    if (isRest && from?.etag !== undefined && etag !== undefined && etag !== from.etag) {
      throw new Failure('it has changed meanwhile', 'afresh')
    }
    const coming = lengthOf(told)
    if (coming !== undefined) {
      const whole = (isRest ? offset : 0) + coming
      if (total !== undefined && whole !== total) {
        throw new Failure(`${bytesText(whole)} instead of ${bytesText(total)}`, 'elsewhere')
      }
      total = whole
    }
    if (!isRest) await part.empty()
    onVersion({ etag })
    await receive(answer.chunks(), part, total, options)
  } finally {
    answer.close()
  }
}

async function receive(
  chunks: AsyncIterable<Uint8Array>,
  part: PartFile,
  total: number | undefined,
  { maxBytes, onBytes }: TransferOptions,
): Promise<void> {
  const limit = total ?? maxBytes
  if (limit > maxBytes)
    throw new Failure(`${bytesText(limit)}, more than the ${bytesText(maxBytes)} allowed`, 'elsewhere')
  onBytes(part.bytes, total)
  for await (const chunk of chunks) {
    if (part.bytes + chunk.length > limit) {
      await part.empty()
      throw new Failure(
        `more than the ${bytesText(limit)} ${total === undefined ? 'allowed' : 'expected'}`,
        'elsewhere',
      )
    }
    await part.append(chunk)
    onBytes(part.bytes, total)
  }
  if (total !== undefined && part.bytes < total) {
    throw new Failure(`it ended after ${bytesText(part.bytes)} of ${bytesText(total)}`, 'again')
  }
}

function requireStatus(status: number, offset: number, headers: Headers): void {
  if (status === 200 || (status === 206 && offset > 0)) return
  if (status === 416 && offset > 0) throw new Failure('the part on disk does not fit its file', 'afresh')
  if (status === 408 || status === 429 || status >= 500) {
    const seconds = Number(headers.get('retry-after'))
    throw new Failure(`status ${String(status)}`, 'again', seconds > 0 ? seconds * 1000 : 0)
  }
  throw new Failure(
    status === 404 || status === 410 ? `not there (status ${String(status)})` : `status ${String(status)}`,
    'elsewhere',
  )
}

function requireFile(headers: Headers): void {
  if (/^text\/html\b/i.test(headers.get('content-type') ?? '')) {
    throw new Failure('a web page instead of the file, as networks with a log-in page send', 'elsewhere')
  }
  const encoding = headers.get('content-encoding') ?? 'identity'
  if (encoding.toLowerCase() !== 'identity') {
    throw new Failure(`it packs files on the way (${encoding}), which hides their bytes`, 'elsewhere')
  }
}

/** The whole size that an answer with a part of the file tells. */
function continued(headers: Headers, offset: number, bytes: number | undefined): number | undefined {
  const [, start, whole] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('content-range') ?? '') ?? []
  if (start === undefined || Number(start) !== offset) {
    throw new Failure('another part of the file than was asked for', 'afresh')
  }
  const total = whole === '*' ? undefined : Number(whole)
  if (total !== undefined && bytes !== undefined && total !== bytes) {
    throw new Failure(`${bytesText(total)} instead of ${bytesText(bytes)}`, 'elsewhere')
  }
  return bytes ?? total
}

/** Weak tags do not promise equal bytes. */
function strongTag(etag: string | null): string | undefined {
  return etag === null || etag.startsWith('W/') ? undefined : etag
}

function lengthOf(headers: Headers): number | undefined {
  const text = headers.get('content-length') ?? ''
  return /^\d+$/.test(text) ? Number(text) : undefined
}

function bytesText(bytes: number): string {
  return `${String(bytes)} bytes`
}
