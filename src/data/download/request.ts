// One GET over `fetch`: redirects followed to a limit, an end to waiting, bytes as they lie on the server. Does not
// judge what the answer means for a file; transfer.ts does.
import { Failure, failureOf } from './failure.js'

const maxRedirects = 5

export interface RequestOptions {
  headers: Record<string, string>
  /** The longest wait for a connection and an answer, and later for a byte, in milliseconds. */
  patience: number
  signal: AbortSignal
}

export interface Answer {
  status: number
  headers: Headers
  /** The body, a chunk at a time. @throws Failure when none comes in time or the connection breaks. */
  chunks(): AsyncGenerator<Uint8Array, void>
  /** Hangs up; harmless when all has been read. */
  close(): void
}

/**
 * Asks for `url`.
 * @throws Failure when there is no answer in time, or redirects are circular, too many or lead from https to http;
 *   the signal's reason when that is aborted.
 */
export async function request(url: URL, { headers, patience, signal }: RequestOptions): Promise<Answer> {
  const call = new AbortController()
  const stop = () => {
    call.abort(signal.reason)
  }
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop, { once: true })
  const close = () => {
    signal.removeEventListener('abort', stop)
    call.abort()
  }
  const inTime = async <T>(what: string, wait: () => Promise<T>): Promise<T> => {
    const timer = setTimeout(() => {
      call.abort(new Failure(`${what} in ${String(patience / 1000)} s`, 'again'))
    }, patience)
    try {
      return await wait()
    } catch (error) {
      signal.throwIfAborted()
      throw failureOf(call.signal.aborted ? call.signal.reason : error)
    } finally {
      clearTimeout(timer)
    }
  }
  try {
    const response = await inTime('no answer', () => follow(url, headers, call.signal))
    const reader = response.body?.getReader()
    const chunks = async function* () {
      for (;;) {
        const { value } = (await inTime('no byte', async () => reader?.read())) ?? {}
        if (value === undefined) return
        yield value as Uint8Array
      }
    }
    return { status: response.status, headers: response.headers, chunks, close }
  } catch (error) {
    close()
    throw error
  }
}

async function follow(from: URL, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
  const seen = new Set<string>()
  for (let url = from; ;) {
    if (seen.has(url.href)) throw new Failure('redirects in a circle', 'elsewhere')
    if (seen.size > maxRedirects)
      throw new Failure(`more than ${String(maxRedirects)} redirects`, 'elsewhere')
    seen.add(url.href)
    const response = await fetch(url, {
      // A server that packs on the way would hide size and checksum.
      headers: { ...headers, 'accept-encoding': 'identity' },
      redirect: 'manual',
      signal,
    })
    const location = response.headers.get('location')
    if (![301, 302, 303, 307, 308].includes(response.status)) return response
    await response.body?.cancel()
    if (location === null || !URL.canParse(location, url.href)) {
      throw new Failure('a redirect that leads nowhere', 'elsewhere')
    }
    const next = new URL(location, url)
    if (next.protocol !== 'https:' && next.protocol !== url.protocol) {
      throw new Failure(
        `a redirect from ${url.protocol}// to ${next.protocol}//, which is refused`,
        'elsewhere',
      )
    }
    url = next
  }
}
