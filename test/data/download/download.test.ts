// Downloads from servers that stall, lie, break off, redirect and change their minds.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { NetworkError } from '../../../src/core/errors.js'
import { download, partPath, type DownloadOptions } from '../../../src/data/download/download.js'
import { temporaryFolder } from '../idx-bytes.js'
import { breakAfter, sendFile, serve, type Handler } from './server.js'

/** Bytes without a short period, so that no two parts of them are alike. */
const content = Uint8Array.from({ length: 200_000 }, (_, i) => (Math.imul(i + 1, 2654435761) >>> 13) & 255)
const sumOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const known = { bytes: content.length, sha256: sumOf(content) }
const half = content.length / 2
const full = { 'content-length': String(content.length) }

const good: Handler = (request, response) => {
  sendFile(request, response, content)
}

function place() {
  const path = join(temporaryFolder({}), 'file.gz')
  const part = partPath(path)
  const holds = (bytes: number) => () => existsSync(part) && statSync(part).size >= bytes
  return { path, part, holds }
}

/** With no pause before the two further tries. */
function get(addresses: string | string[], path: string, options: DownloadOptions = {}) {
  return download([addresses].flat(), path, { ...known, patience: 10_000, pauses: [0, 0], ...options })
}

/** The message of a download that fails, which leaves no file. */
async function failure(addresses: string | string[], path: string, options: DownloadOptions = {}) {
  const error: unknown = await get(addresses, path, options).catch((error: unknown) => error)
  expect(error).toBeInstanceOf(NetworkError)
  expect(existsSync(path)).toBe(false)
  return (error as NetworkError).message
}

describe('a good server', () => {
  it('gives the file with its sum, and tells how it goes on', async () => {
    const { path, part } = place()
    const { url, requests } = await serve(good)
    const seen: number[] = []
    const got = await get(`${url}file.gz`, path, {
      onProgress: ({ received, total, host }) => {
        expect([total, host]).toEqual([content.length, new URL(url).host])
        seen.push(received)
      },
    })
    expect(got).toEqual({ ...known, from: `${url}file.gz` })
    expect(readFileSync(path).equals(content)).toBe(true)
    expect(existsSync(part)).toBe(false)
    expect([seen[0], seen.at(-1)]).toEqual([0, content.length])
    expect(requests).toEqual([{ path: '/file.gz', range: undefined, ifRange: undefined }])
  })

  it('gives a file of which nothing is known, with its size and sum told', async () => {
    const { path } = place()
    const { url } = await serve(good)
    expect(await get(url, path, { bytes: undefined, sha256: undefined })).toEqual({ ...known, from: url })
  })

  it('gives the rest of what an earlier run left', async () => {
    const { path, part } = place()
    writeFileSync(part, content.subarray(0, half))
    const { url, requests } = await serve(good)
    await get(url, path)
    expect(readFileSync(path).equals(content)).toBe(true)
    expect(requests.map(({ range }) => range)).toEqual([`bytes=${String(half)}-`])
  })

  it('is not asked at all for a part that is whole', async () => {
    const { path, part } = place()
    writeFileSync(part, content)
    const { url, requests } = await serve(good)
    await get(url, path)
    expect(requests).toEqual([])
    expect(readFileSync(path).equals(content)).toBe(true)
  })

  it.each([
    ['too long', new Uint8Array(content.length + 1), 1],
    ['whole but wrong', new Uint8Array(content.length), 1],
    ['wrong at its beginning', new Uint8Array(half), 2],
  ])('gives everything where the part on disk is %s', async (_, left, asked) => {
    const { path, part } = place()
    writeFileSync(part, left)
    const { url, requests } = await serve(good)
    await get(url, path)
    expect(requests).toHaveLength(asked)
    expect(requests.at(-1)!.range).toBeUndefined()
    expect(readFileSync(path).equals(content)).toBe(true)
  })

  it('does not continue the part of an earlier run whose sum is not known', async () => {
    const { path, part } = place()
    writeFileSync(part, new Uint8Array(half))
    const { url, requests } = await serve(good)
    await get(url, path, { sha256: undefined })
    expect(requests.map(({ range }) => range)).toEqual([undefined])
  })

  it('serves one download of a file at a time', async () => {
    const { path, part } = place()
    const { url } = await serve(good)
    const two = await Promise.allSettled([get(url, path), get(url, path)])
    const refused = two.filter((outcome) => outcome.status === 'rejected')
    expect(refused.map(({ reason }) => String(reason))).toEqual([
      expect.stringMatching(
        `one download of a file runs at a time; .*held by process ${String(process.pid)};`,
      ),
    ])
    expect(readFileSync(path).equals(content)).toBe(true)
    expect(existsSync(`${part}.lock`)).toBe(false)
  })

  it.each(['4194304', 'nonsense'])(
    'serves one after a download that was killed (its lock: %s)',
    async (left) => {
      const { path, part } = place()
      writeFileSync(`${part}.lock`, left)
      const { url } = await serve(good)
      await get(url, path)
      expect(existsSync(`${part}.lock`)).toBe(false)
    },
  )
})

describe('a connection that breaks', () => {
  it.each([undefined, '"v1"'])('is taken up again where it broke, entity tag %s', async (etag) => {
    const { path, holds } = place()
    const { url, requests } = await serve((request, response, number) => {
      if (number === 1) {
        const headers = { ...full, ...(etag === undefined ? {} : { etag }) }
        breakAfter(response, headers, content.subarray(0, half), holds(half))
      } else sendFile(request, response, content, etag)
    })
    const troubles: unknown[] = []
    await get(url, path, { onTrouble: (...told) => troubles.push(told) })
    expect(readFileSync(path).equals(content)).toBe(true)
    expect(requests.slice(1)).toEqual([{ path: '/', range: `bytes=${String(half)}-`, ifRange: etag }])
    expect(troubles).toEqual([[new URL(url).host, expect.any(String), true]])
  })

  it('counts tries anew when each brings something', async () => {
    const { path, holds } = place()
    const step = 66_000
    const { url, requests } = await serve((request, response) => {
      const start = Number(/\d+/.exec(request.headers.range ?? '0')![0])
      if (start + step >= content.length) {
        sendFile(request, response, content)
        return
      }
      const range = `bytes ${String(start)}-${String(content.length - 1)}/${String(content.length)}`
      const bytes = content.subarray(start, start + step)
      breakAfter(response, { 'content-range': range }, bytes, holds(start + step), start === 0 ? 200 : 206)
    })
    await get(url, path, { pauses: [0] })
    expect(requests).toHaveLength(4)
    expect(readFileSync(path).equals(content)).toBe(true)
  })

  it('leaves the part, and says how much, when no try is left', async () => {
    const { path, part, holds } = place()
    const { url, requests } = await serve((request, response) => {
      if (request.headers.range === undefined)
        breakAfter(response, full, content.subarray(0, 1000), holds(1000))
      else response.destroy()
    })
    expect(await failure(url, path)).toMatch(/the 1000 bytes that have come are kept/)
    expect(requests).toHaveLength(3)
    expect(readFileSync(part).equals(content.subarray(0, 1000))).toBe(true)
  })

  it('starts from the first byte where nothing tells that the file is still the same', async () => {
    const { path, holds } = place()
    const { url, requests } = await serve((request, response, number) => {
      if (number === 1) breakAfter(response, full, content.subarray(0, half), holds(half))
      else sendFile(request, response, content)
    })
    await get(url, path, { bytes: undefined, sha256: undefined })
    expect(requests.map(({ range }) => range)).toEqual([undefined, undefined])
    expect(readFileSync(path).equals(content)).toBe(true)
  })
})

describe('a file that changes between its parts', () => {
  const old = content.map((byte) => byte ^ 1)
  const changed = (arrived: () => boolean, second: Handler): Handler => {
    return (request, response, number) => {
      if (number === 1) breakAfter(response, { ...full, etag: '"old"' }, old.subarray(0, half), arrived)
      else second(request, response, number)
    }
  }

  it('comes whole from a server that heeds If-Range', async () => {
    const { path, holds } = place()
    const { url } = await serve(
      changed(holds(half), (request, response) => {
        sendFile(request, response, content, '"new"')
      }),
    )
    await get(url, path)
    expect(readFileSync(path).equals(content)).toBe(true)
  })

  it.each([
    ['tells another tag', { etag: '"new"' }, known],
    ['tells no tag', {}, known],
    ['tells another tag, of which no sum is known', { etag: '"new"' }, { sha256: undefined }],
  ])('is noticed where a server does not heed If-Range and %s', async (_, headers, options) => {
    const { path, holds } = place()
    const { url, requests } = await serve(
      changed(holds(half), (request, response) => {
        for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
        delete request.headers['if-range']
        sendFile(request, response, content)
      }),
    )
    await get(url, path, options)
    expect(requests.map(({ range }) => range)).toEqual([undefined, `bytes=${String(half)}-`, undefined])
    expect(readFileSync(path).equals(content)).toBe(true)
  })
})

describe('a server that answers resumption badly', () => {
  it.each<[string, Handler, (string | undefined)[]]>([
    ['ignores Range', (_, response) => response.end(content), [`bytes=${String(half)}-`]],
    [
      'says 416',
      (request, response) => {
        if (request.headers.range === undefined) response.end(content)
        else response.writeHead(416).end()
      },
      [`bytes=${String(half)}-`, undefined],
    ],
    [
      'sends another part',
      (request, response) => {
        if (request.headers.range === undefined) response.end(content)
        else
          response
            .writeHead(206, { 'content-range': `bytes 0-9/${String(content.length)}` })
            .end('0123456789')
      },
      [`bytes=${String(half)}-`, undefined],
    ],
    [
      'tells no Content-Range',
      (request, response) => {
        if (request.headers.range === undefined) response.end(content)
        else response.writeHead(206).end(content.subarray(half))
      },
      [`bytes=${String(half)}-`, undefined],
    ],
  ])('gets the whole file anew: %s', async (_, handler, ranges) => {
    const { path, part } = place()
    writeFileSync(part, content.subarray(0, half))
    const { url, requests } = await serve(handler)
    await get(url, path)
    expect(requests.map(({ range }) => range)).toEqual(ranges)
    expect(readFileSync(path).equals(content)).toBe(true)
  })

  it('is given up when it always sends a part that does not fit', async () => {
    const { path } = place()
    const { url, requests } = await serve((_, response) => {
      response.writeHead(206, { 'content-range': 'bytes 5-9/10' }).end('56789')
    })
    expect(await failure(url, path)).toMatch(/status 206/)
    expect(requests).toHaveLength(1)
  })

  it('is given up when the rest is of a file of another size', async () => {
    const { path, part } = place()
    writeFileSync(part, content.subarray(0, half))
    const { url } = await serve((_, response) => {
      response.writeHead(206, { 'content-range': `bytes ${String(half)}-999999/1000000` }).end()
    })
    expect(await failure(url, path)).toMatch(/1000000 bytes instead of 200000 bytes/)
  })
})

describe('a server with something else', () => {
  it.each<[string, Handler, RegExp]>([
    ['nothing', (_, response) => response.writeHead(404).end('no'), /not there \(status 404\)/],
    ['a lock', (_, response) => response.writeHead(403).end(), /status 403/],
    [
      'a web page',
      (_, response) => response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<html>'),
      /a web page instead of the file/,
    ],
    [
      'wrong bytes',
      (_, response) => response.end(content.map((byte) => byte ^ 1)),
      /another file \(SHA-256 [0-9a-f]{64}\)/,
    ],
    [
      'a shorter file',
      (_, response) => response.end(content.subarray(1)),
      /199999 bytes instead of 200000 bytes/,
    ],
    [
      'a longer file',
      (_, response) => response.end(new Uint8Array(content.length + 1)),
      /200001 bytes instead of/,
    ],
    [
      'more bytes than it says',
      (_, response) => {
        response.socket!.end(
          `HTTP/1.1 200 OK\r\nContent-Length: ${String(content.length)}\r\n\r\n${'x'.repeat(content.length + 9)}`,
        )
      },
      /another file/,
    ],
    [
      'no end',
      (_, response) => {
        const more = (error?: Error | null) => {
          if (!error) response.write(content, more)
        }
        more()
      },
      /more than the 200000 bytes expected/,
    ],
    [
      'a packed file',
      (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(content),
      /packs files on the way \(gzip\)/,
    ],
  ])('is given up: %s', async (_, handler, message) => {
    const { path, part } = place()
    const { url, requests } = await serve(handler)
    const told = await failure(url, path)
    expect(told).toMatch(message)
    expect(told).toMatch(new RegExp(`put the file there by hand, from ${url}`))
    expect(requests).toHaveLength(1)
    expect(existsSync(part)).toBe(false)
  })

  it('never gets more written than the limit where the size is not known', async () => {
    const { path, part } = place()
    const { url } = await serve((_, response) => {
      response.write(content)
      response.end(content)
    })
    const options = { bytes: undefined, sha256: undefined, maxBytes: 300_000 }
    expect(await failure(url, path, options)).toMatch(/more than the 300000 bytes allowed/)
    expect(existsSync(part)).toBe(false)
  })
})

describe('time', () => {
  it.each<[string, Handler, RegExp]>([
    ['never answers', () => undefined, /no answer in 0.3 s/],
    [
      'stalls',
      (_, response) => {
        response.writeHead(200, full).write(content.subarray(0, half))
      },
      /no byte in 0.3 s/,
    ],
  ])('is not wasted on a server that %s', async (_, handler, message) => {
    const { path } = place()
    const { url, requests } = await serve(handler)
    expect(await failure(url, path, { patience: 300 })).toMatch(message)
    expect(requests).toHaveLength(3)
  })

  it('is not counted while bytes come', async () => {
    const { path } = place()
    const { url } = await serve((_, response) => {
      response.writeHead(200, full)
      let at = 0
      const timer = setInterval(() => {
        response.write(content.subarray(at, (at += 40_000)))
        if (at < content.length) return
        clearInterval(timer)
        response.end()
      }, 150)
    })
    await get(url, path, { patience: 600 })
    expect(readFileSync(path).equals(content)).toBe(true)
  })

  it('is given to a server that is busy, as it asks', async () => {
    const { path } = place()
    const { url, requests } = await serve((request, response, number) => {
      if (number === 1) response.writeHead(503, { 'retry-after': '1' }).end()
      else sendFile(request, response, content)
    })
    const begun = performance.now()
    await get(url, path)
    expect(requests).toHaveLength(2)
    expect(performance.now() - begun).toBeGreaterThan(900)
  })
})

describe('redirects', () => {
  it('are followed, also to another server, with the range', async () => {
    const { path, part } = place()
    writeFileSync(part, content.subarray(0, half))
    const { url: last, requests } = await serve(good)
    const { url } = await serve((request, response) => {
      if (request.url === '/') response.writeHead(302, { location: '/b' }).end('moved')
      else response.writeHead(308, { location: `${last}c` }).end()
    })
    await get(url, path)
    expect(requests).toEqual([{ path: '/c', range: `bytes=${String(half)}-`, ifRange: undefined }])
    expect(readFileSync(path).equals(content)).toBe(true)
  })

  it.each<[string, (path: string) => Record<string, string>, RegExp]>([
    ['in a circle', (path) => ({ location: path === '/' ? '/b' : '/' }), /redirects in a circle/],
    ['without end', (path) => ({ location: `${path}x` }), /more than 5 redirects/],
    ['to nowhere', () => ({}), /a redirect that leads nowhere/],
    [
      'to another protocol',
      () => ({ location: 'file:///etc/passwd' }),
      /from http:\/\/ to file:\/\/, which is refused/,
    ],
  ])('%s are refused', async (_, headers, message) => {
    const { path } = place()
    const { url, requests } = await serve((request, response) => {
      response.writeHead(301, headers(request.url!)).end()
    })
    expect(await failure(url, path)).toMatch(message)
    expect(requests.length).toBeLessThanOrEqual(6)
  })

  it('from https to http are refused', async () => {
    const { path } = place()
    const { url, requests } = await serve(good)
    vi.stubGlobal('fetch', () =>
      Promise.resolve(new Response(null, { status: 302, headers: { location: url } })),
    )
    try {
      expect(await failure('https://mirror.invalid/file.gz', path)).toMatch(
        /from https:\/\/ to http:\/\/, which is refused/,
      )
    } finally {
      vi.unstubAllGlobals()
    }
    expect(requests).toEqual([])
  })
})

describe('several mirrors', () => {
  it('are asked in turn; what one gave is continued at the next', async () => {
    const { path, holds } = place()
    const first = await serve((request, response) => {
      if (request.headers.range === undefined)
        breakAfter(response, { ...full, etag: '"a"' }, content.subarray(0, half), holds(half))
      else response.writeHead(404).end()
    })
    const second = await serve(good)
    const { from } = await get([first.url, second.url], path)
    expect(from).toBe(second.url)
    expect(second.requests).toEqual([{ path: '/', range: `bytes=${String(half)}-`, ifRange: undefined }])
    expect(readFileSync(path).equals(content)).toBe(true)
  })

  it('do not share parts of a file whose sum is not known', async () => {
    const { path, holds } = place()
    const first = await serve((request, response) => {
      if (request.headers.range === undefined)
        breakAfter(response, { ...full, etag: '"a"' }, new Uint8Array(half), holds(half))
      else response.writeHead(404).end()
    })
    const second = await serve(good)
    await get([first.url, second.url], path, { sha256: undefined })
    expect(second.requests[0]!.range).toBeUndefined()
    expect(readFileSync(path).equals(content)).toBe(true)
  })

  it('are all named when none helps, as when there is no network', async () => {
    const { path } = place()
    const closed = await unusedAddress()
    const { url } = await serve((_, response) => response.writeHead(404).end())
    const asked: unknown[] = []
    const told = await failure([closed, url], path, { onTrouble: (...trouble) => asked.push(trouble) })
    expect(told).toContain(
      `${new URL(closed).host}: connection refused; ${new URL(url).host}: not there (status 404)`,
    )
    expect(told).toContain('check the network and try again')
    expect(told).not.toContain('\n')
    expect(asked).toHaveLength(2)
  })
})

/** Of a port on which nobody listens. */
async function unusedAddress(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return `http://127.0.0.1:${String(port)}/`
}

it('ends at once with the reason of its signal, and keeps the part', async () => {
  const { path, part } = place()
  const { url, requests } = await serve((_, response) => {
    response.writeHead(200, full).write(content.subarray(0, half))
  })
  const stop = new AbortController()
  const reason = new Error('enough')
  const ended = get(url, path, {
    patience: 60_000,
    signal: stop.signal,
    onProgress: ({ received }) => {
      if (received === half) stop.abort(reason)
    },
  })
  await expect(ended).rejects.toBe(reason)
  expect(statSync(part).size).toBe(half)
  await expect(get(url, path, { signal: stop.signal })).rejects.toBe(reason)
  expect(requests).toHaveLength(1)
})

it('stops for an error of the disk', async () => {
  const { url, requests } = await serve(good)
  await expect(get(url, join(temporaryFolder({}), 'absent', 'file.gz'))).rejects.toMatchObject({
    code: 'ENOENT',
  })
  expect(requests).toEqual([])
})
