// A file from the first mirror that gives it whole: tries again, goes on where a part ends, checks the sum before the
// file takes its name. Node only.
import { env } from 'node:process'
import { setTimeout as pause } from 'node:timers/promises'
import { NetworkError } from '../../core/errors.js'
import { Failure } from './failure.js'
import { PartFile, sha256Of } from './part-file.js'
import { transfer, type Version } from './transfer.js'

export interface DownloadOptions {
  /** Size and SHA-256 of the whole file, where they are known: then they are held, and a part of an earlier run goes on. */
  bytes?: number | undefined
  sha256?: string | undefined
  /** No more than this is written where the size is not known. Default 4 GiB. */
  maxBytes?: number
  /** The longest wait for a connection and an answer, and later for a byte, in milliseconds. Default 30 s. */
  patience?: number
  /** Pauses before a mirror is tried again, in milliseconds; as many tries more. Default 1 s, 4 s. */
  pauses?: readonly number[]
  /** Ends the download with its reason; the part stays. */
  signal?: AbortSignal
  onProgress?: (progress: DownloadProgress) => void
  /** Told when a try fails, and whether the same mirror is tried again. */
  onTrouble?: (host: string, trouble: string, again: boolean) => void
}

export interface DownloadProgress {
  /** The host that sends. */
  host: string
  /** Bytes on disk, those of earlier runs too. */
  received: number
  /** Undefined where neither the catalogue nor the server knows. */
  total: number | undefined
}

export interface Downloaded {
  bytes: number
  sha256: string
  /** The address in the mirrors that gave the (last part of the) file. */
  from: string
}

/** Where the bytes of a file wait until they are all there. */
export function partPath(path: string): string {
  return `${path}.part`
}

/** A server may ask to wait, but not longer than this. */
const longestWait = 60_000
/** Tries are counted anew after one that came this much further than any before: large files come over bad lines too. */
const worthwhileBytes = 65_536
/** How often what is on disk is thrown away at one mirror. */
const maxFresh = 2

/**
 * Downloads a file to `path`, through `path.part`, which stays when this fails in the middle and is continued next time.
 * @param addresses the same file on several mirrors, the first one first.
 * @throws NetworkError that tells what was wrong with each mirror; StateError while another download of it runs; the system's errors of writing; the signal's reason.
 */
export async function download(
  addresses: readonly string[],
  path: string,
  options: DownloadOptions = {},
): Promise<Downloaded> {
  const part = await PartFile.open(partPath(path))
  try {
    const troubles: string[] = []
    // Without a checksum nothing tells whether the part of an earlier run belongs to today's file.
    if (options.sha256 === undefined || part.bytes > (options.bytes ?? Infinity)) await part.empty()
    for (const address of addresses) {
      const done = await fromMirror(new URL(address), part, path, options)
      if (!(done instanceof Failure)) return done
      troubles.push(`${new URL(address).host}: ${done.message}`)
      if (options.sha256 === undefined) await part.empty()
    }
    throw new NetworkError({
      rule: `${path} comes from a mirror that can be reached and has the right file`,
      received: troubles.join('; '),
      remedy: remedyFor(addresses[0]!, part.bytes),
    })
  } finally {
    await part.close()
  }
}

function remedyFor(address: string, bytes: number): string {
  const kept = bytes > 0 ? ` (the ${String(bytes)} bytes that have come are kept)` : ''
  const proxied = env['HTTPS_PROXY'] ?? env['https_proxy'] ?? env['HTTP_PROXY'] ?? env['http_proxy']
  const proxy =
    proxied === undefined || env['NODE_USE_ENV_PROXY'] !== undefined
      ? ''
      : ', set NODE_USE_ENV_PROXY=1 for your proxy to be used (Node 22.21, 24 and later)'
  return `check the network and try again${kept}${proxy}, or put the file there by hand, from ${address}`
}

/** Tries one mirror until it is done or no further try is worth it. */
async function fromMirror(
  url: URL,
  part: PartFile,
  path: string,
  options: DownloadOptions,
): Promise<Downloaded | Failure> {
  const { sha256, signal, pauses = [1000, 4000], onTrouble } = options
  const state: MirrorState = { version: undefined }
  let tries = 0
  let fresh = 0
  let most = part.bytes
  for (;;) {
    try {
      return await tryOnce(url, part, path, state, options)
    } catch (error) {
      signal?.throwIfAborted()
      if (!(error instanceof Failure)) throw error
      const { message, next, wait } = error
      if (part.bytes >= most + worthwhileBytes) {
        most = part.bytes
        tries = 0
      }
      const again = next === 'afresh' ? fresh < maxFresh : next === 'again' && tries < pauses.length
      onTrouble?.(url.host, message, again)
      if (!again) return error
      if (next === 'afresh') fresh++
      else await rest(Math.max(pauses[tries++]!, Math.min(wait, longestWait)), signal)
      const mayGoOn = next === 'again' && (sha256 !== undefined || state.version?.etag !== undefined)
      if (!mayGoOn) {
        await part.empty()
        state.version = undefined
      }
    }
  }
}

interface MirrorState {
  /** Of which `part` holds the first bytes, where this mirror gave them. */
  version: Version | undefined
}

async function tryOnce(
  url: URL,
  part: PartFile,
  path: string,
  state: MirrorState,
  { bytes, sha256, maxBytes = 2 ** 32, patience = 30_000, signal = never, onProgress }: DownloadOptions,
): Promise<Downloaded> {
  const before = part.bytes
  if (before === 0 || before !== bytes) {
    const onBytes = (received: number, total: number | undefined) => {
      onProgress?.({ host: url.host, received, total })
    }
    await transfer(url, part, state.version, { bytes, maxBytes, patience, signal, onBytes }, (seen) => {
      state.version = seen
    })
  }
  const sum = await sha256Of(part.path, signal)
  if (sha256 !== undefined && sum !== sha256) {
    await part.empty()
    // Bytes of two tries may not belong together; bytes of one are what the mirror has.
    throw new Failure(`another file (SHA-256 ${sum})`, before > 0 ? 'afresh' : 'elsewhere')
  }
  await part.rename(path)
  return { bytes: part.bytes, sha256: sum, from: url.href }
}

const never = new AbortController().signal

async function rest(milliseconds: number, signal = never): Promise<void> {
  await pause(milliseconds, undefined, { signal })
}
