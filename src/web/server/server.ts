// The server behind `lanewise demo` and `train --watch`: folders, pages made on request and streams of events, for the
// browser on this machine. It only reads: GET and HEAD, no bodies, nothing outside of what it was given.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { isIP, type AddressInfo } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { ArgumentError } from '../../core/errors.js'
import type { EventStream } from './events.js'
import { contentSecurityPolicy, contentType, guards } from './headers.js'
import { openBelow, segmentsOf } from './paths.js'

/** Content that is made when it is asked for. */
export interface Page {
  body: string | Uint8Array
  /** Default: by the extension of the page's address, `text/html` for one without. */
  type?: string
  /** Content-Security-Policy of this page in place of the site's. */
  policy?: string
}

/** What is served, by address. Addresses begin with a slash; what is not named here is not there. */
export interface Site {
  /** Paths of folders by prefix, `{ '/': …, '/run/': … }`: the longest counts. A folder's own address gives its `index.html`. */
  folders?: Readonly<Record<string, string>>
  /** Pages and the functions that make them, anew for each request. */
  pages?: Readonly<Record<string, () => Page | Promise<Page>>>
  /** Streams of events. */
  events?: Readonly<Record<string, EventStream>>
}

export interface ServeOptions {
  /** Address or name to listen at; default `127.0.0.1`: this machine alone. */
  host?: string
  /** The first of twenty ports to try; 0, the default, takes any free one. */
  port?: number
  /** Content-Security-Policy of all answers; default: scripts, workers and WebAssembly of this server. */
  policy?: string
  /** Told of an error that made the answer to a request a 500; default: none is told. */
  failed?: (error: unknown) => void
}

export interface Served {
  /** `http://127.0.0.1:8000/`, as a browser on this machine opens it. */
  readonly url: string
  readonly port: number
  /** Ends all connections, open ones too. */
  close(): Promise<void>
}

const attempts = 20

/**
 * Serves a site until `close`.
 * @throws ArgumentError for a host that is not of this machine, and where all ports that it may try are taken.
 */
export async function serve(site: Site, options: ServeOptions = {}): Promise<Served> {
  const { host = '127.0.0.1', port = 0 } = options
  const server = createServer({ maxHeaderSize: 16_384, headersTimeout: 10_000, requestTimeout: 10_000 })
  await listen(server, host, port)
  const { address, port: used } = server.address() as AddressInfo
  const answer = new Answers(site, options, isLoopback(address) ? loopbackNames(host) : undefined)
  server.on('request', (request, response) => void answer.give(request, response))
  server.on('checkContinue', (request, response) => void answer.give(request, response))
  return {
    url: `http://${bracketed(address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address)}:${String(used)}/`,
    port: used,
    async close() {
      for (const stream of Object.values(site.events ?? {})) stream.close()
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  for (let next = port; ; next++) {
    try {
      server.listen({ host, port: next })
      await once(server, 'listening')
      return
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : ''
      const last = port === 0 || next >= Math.min(port + attempts - 1, 65_535)
      if (code === 'EADDRINUSE' && !last) continue
      throw new ArgumentError({
        rule: 'the server listens at an address of this machine, and at a port that is free and allowed',
        received: `${host}, port ${String(next)} (${code})`,
        remedy: 'choose another host or port, or port 0 for any free one',
        cause: error,
      })
    }
  }
}

function isLoopback(address: string): boolean {
  return /^(::ffff:)?127\./.test(address) || address === '::1'
}

/** Names by which a browser may call a server on loopback. Any other is a name that someone else gave this address. */
function loopbackNames(host: string): ReadonlySet<string> {
  return new Set(['localhost', '127.0.0.1', '[::1]', bracketed(host.toLowerCase())])
}

function bracketed(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host
}

class Answers {
  private readonly prefixes: string[]

  constructor(
    private readonly site: Site,
    private readonly options: ServeOptions,
    private readonly names: ReadonlySet<string> | undefined,
  ) {
    this.prefixes = Object.keys(site.folders ?? {}).sort((a, b) => b.length - a.length)
  }

  async give(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { policy = contentSecurityPolicy({ scripts: true, wasm: true }), failed } = this.options
    const headers = { ...guards, 'Content-Security-Policy': policy, 'Cache-Control': 'no-store' }
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
    try {
      const refusal = this.refusal(request)
      if (refusal !== undefined) refuse(response, ...refusal)
      else if (!(await this.found(request, response))) refuse(response, 404, 'not found')
    } catch (error) {
      // A page that left in the middle of an answer is nobody's fault.
      if (response.destroyed || request.socket.destroyed) return
      failed?.(error)
      if (response.headersSent) response.destroy()
      else refuse(response, 500, 'the server failed')
    }
  }

  /** Status and reason for requests that get nothing. */
  private refusal({ method = '', headers, url = '' }: IncomingMessage): [number, string] | undefined {
    const name = headers.host?.toLowerCase().replace(/:\d*$/, '')
    if (this.names !== undefined && !this.names.has(name ?? ''))
      return [403, 'this server answers to localhost']
    if (method !== 'GET' && method !== 'HEAD') return [405, 'only GET and HEAD']
    const { 'content-length': length = '0', 'transfer-encoding': coding } = headers
    if (length !== '0' || coding !== undefined || headers.expect !== undefined) return [413, 'no body']
    return segmentsOf(url) === undefined ? [404, 'not found'] : undefined
  }

  private async found(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const head = request.method === 'HEAD'
    const segments = segmentsOf(request.url!)!
    const path = `/${segments.join('/')}`
    const { pages = {}, events = {}, folders = {} } = this.site
    if (Object.hasOwn(pages, path)) {
      const { body, type, policy } = await pages[path]!()
      const bytes = typeof body === 'string' ? Buffer.from(body) : body
      const usual = /\.[^/]*$/.test(path) ? contentType(path) : 'text/html; charset=utf-8'
      if (policy !== undefined) response.setHeader('Content-Security-Policy', policy)
      response.writeHead(200, { 'Content-Type': type ?? usual, 'Content-Length': bytes.byteLength })
      response.end(head ? undefined : bytes)
      return true
    }
    if (Object.hasOwn(events, path)) {
      if (head) response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8' }).end()
      else events[path]!.listen(response)
      return true
    }
    const prefix = this.prefixes.find((start) => path.startsWith(start))
    if (prefix === undefined) return false
    const below = path.slice(prefix.length).split('/')
    if (below.at(-1) === '') below[below.length - 1] = 'index.html'
    return sendFile(response, folders[prefix]!, below, head)
  }
}

async function sendFile(
  response: ServerResponse,
  folder: string,
  segments: string[],
  head: boolean,
): Promise<boolean> {
  const file = await openBelow(folder, segments)
  if (file === undefined) return false
  const { handle, size } = file
  response.writeHead(200, { 'Content-Type': contentType(segments.at(-1)!), 'Content-Length': size })
  if (head || size === 0) {
    await handle.close()
    response.end()
    return true
  }
  // To the size that was told, also where the file grows meanwhile.
  const stream = handle.createReadStream({ end: size - 1 })
  await pipeline(stream, response)
  // A file that shrank meanwhile: without an end of the connection the page would wait for the rest.
  if (stream.bytesRead < size) response.req.socket.destroy()
  return true
}

function refuse(response: ServerResponse, status: number, reason: string): void {
  const body = `${reason}\n`
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    ...(status === 405 ? { Allow: 'GET, HEAD' } : {}),
    // What a refused request still sends is not read.
    ...(status === 404 ? {} : { Connection: 'close' }),
  })
  response.end(response.req.method === 'HEAD' ? undefined : body)
}
