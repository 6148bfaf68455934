// A server on loopback that serves a file, or misbehaves as a test asks. No other network is used by the tests.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export interface Request {
  path: string
  range: string | undefined
  ifRange: string | undefined
}

export interface TestServer {
  /** `http://127.0.0.1:port/` */
  url: string
  /** Those that came, in order. */
  requests: Request[]
}

export type Handler = (request: IncomingMessage, response: ServerResponse, number: number) => void

/** Starts a server that ends with the test. `number` counts the requests from 1. */
export async function serve(handler: Handler): Promise<TestServer> {
  const requests: Request[] = []
  const server = createServer((request, response) => {
    const { range, 'if-range': ifRange } = request.headers
    requests.push({ path: request.url ?? '', range, ifRange: ifRange as string | undefined })
    handler(request, response, requests.length)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`, requests }
}

/** Answers as a good server does: ranges, and If-Range where the file has a tag. */
export function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  bytes: Uint8Array,
  etag?: string,
): void {
  const headers: Record<string, string> = { 'content-type': 'application/gzip' }
  if (etag !== undefined) headers['etag'] = etag
  const [, from] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? []
  const tag = request.headers['if-range']
  if (from === undefined || (tag !== undefined && tag !== etag)) {
    response.writeHead(200, { ...headers, 'content-length': String(bytes.length) }).end(bytes)
    return
  }
  const start = Number(from)
  if (start >= bytes.length) {
    response.writeHead(416, { 'content-range': `bytes */${String(bytes.length)}` }).end()
    return
  }
  response
    .writeHead(206, {
      ...headers,
      'content-length': String(bytes.length - start),
      'content-range': `bytes ${String(start)}-${String(bytes.length - 1)}/${String(bytes.length)}`,
    })
    .end(bytes.subarray(start))
}

/**
 * Sends the first bytes of an answer, then breaks the connection once `arrived` says that they are on disk: what is still
 * on its way would be lost with the connection.
 */
export function breakAfter(
  response: ServerResponse,
  headers: Record<string, string>,
  bytes: Uint8Array,
  arrived: () => boolean,
  status = 200,
): void {
  response.writeHead(status, headers)
  response.write(bytes)
  const timer = setInterval(() => {
    if (!arrived()) return
    clearInterval(timer)
    response.destroy()
  }, 5)
  response.on('close', () => {
    clearInterval(timer)
  })
}
