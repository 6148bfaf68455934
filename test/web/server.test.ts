// The server of the demo and of watched runs, spoken to over raw sockets: what it gives, and all that it must not give.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ArgumentError } from '../../src/core/errors.js'
import { EventStream } from '../../src/web/server/events.js'
import { contentSecurityPolicy } from '../../src/web/server/headers.js'
import { serve, type Served } from '../../src/web/server/server.js'

const scratch = mkdtempSync(join(tmpdir(), 'lanewise-server-'))
const folder = join(scratch, 'site')
const events = new EventStream()
const errors: unknown[] = []
let served: Served
let pictures = 0

interface Answer {
  status: number
  headers: Record<string, string>
  body: string
}

/** Sends bytes as they are and reads until the server, or `until`, ends it. */
function send(text: string, { port = served.port, until = /(?!)/ } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let received = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(text, 'latin1'))
    const done = () => {
      socket.destroy()
      const [head = '', ...rest] = received.split('\r\n\r\n')
      const [line = '', ...fields] = head.split('\r\n')
      const headers = fields.map((field) => field.split(/: (.*)/s).slice(0, 2))
      resolve({
        status: Number(line.split(' ')[1]),
        headers: Object.fromEntries(headers.map(([name, value]) => [name!.toLowerCase(), value])),
        body: rest.join('\r\n\r\n'),
      })
    }
    socket.setEncoding('latin1')
    socket.on('data', (part: string) => {
      received += part
      if (until.test(received)) done()
    })
    socket.on('end', done)
    socket.on('error', reject)
  })
}

function get(
  target: string,
  { method = 'GET', host = 'localhost', more = '', body = '' } = {},
): Promise<Answer> {
  return send(`${method} ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${more}\r\n${body}`)
}

beforeAll(async () => {
  mkdirSync(join(folder, 'sub'), { recursive: true })
  mkdirSync(join(folder, 'sub', '.git'))
  writeFileSync(join(scratch, 'secret.txt'), 'secret')
  mkdirSync(join(scratch, 'site-too'))
  writeFileSync(join(scratch, 'site-too', 'secret.txt'), 'secret')
  writeFileSync(join(folder, 'index.html'), '<p>home')
  writeFileSync(join(folder, 'a b.js'), 'export {}')
  writeFileSync(join(folder, 'empty.css'), '')
  writeFileSync(join(folder, 'core.wasm'), 'wasm')
  writeFileSync(join(folder, 'labels.gz'), gzipSync('labels'))
  writeFileSync(join(folder, 'sub', 'index.html'), '<p>sub')
  writeFileSync(join(folder, 'sub', '.git', 'config'), 'secret')
  writeFileSync(join(folder, '.env'), 'secret')
  symlinkSync(join(scratch, 'secret.txt'), join(folder, 'link.txt'))
  symlinkSync(scratch, join(folder, 'up'))
  symlinkSync(join(folder, 'sub', 'index.html'), join(folder, 'within.html'))
  execFileSync('mkfifo', [join(folder, 'pipe')])
  const other = join(scratch, 'site-too')
  const site = {
    folders: { '/': folder, '/run/': other },
    pages: {
      '/live': () => ({ body: '<p>1', policy: contentSecurityPolicy({ inlineStyles: true }) }),
      '/live.svg': async () => ({ body: `<svg>${String(++pictures)}</svg>` }),
      '/broken': () => {
        throw new Error('no report yet')
      },
    },
    events: { '/events': events },
  }
  served = await serve(site, { failed: (error) => errors.push(error) })
})
afterAll(async () => {
  await served.close()
  rmSync(scratch, { recursive: true })
})

describe('what the server gives', () => {
  it('gives files with their types, isolated, under a strict policy', async () => {
    const { status, headers, body } = await get('/')
    expect([status, body]).toEqual([200, '<p>home'])
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-length': '7',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
      'cross-origin-resource-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
    })
    const policy = headers['content-security-policy']!
    expect(policy).toContain(`default-src 'none'`)
    expect(policy).toContain(`script-src 'self' 'wasm-unsafe-eval';`)
    expect(policy).not.toContain(`'unsafe-`)
    expect((await get('/run/secret.txt')).body).toBe('secret') // that folder is served too
  })

  it.each([
    ['/a%20b.js', 'text/javascript; charset=utf-8', 'export {}'],
    ['/a%20b.js?v=1', 'text/javascript; charset=utf-8', 'export {}'],
    ['/empty.css', 'text/css; charset=utf-8', ''],
    ['/core.wasm', 'application/wasm', 'wasm'],
    ['/sub/', 'text/html; charset=utf-8', '<p>sub'],
    ['/within.html', 'text/html; charset=utf-8', '<p>sub'],
    ['/live', 'text/html; charset=utf-8', '<p>1'],
  ])('gives %s as %s', async (target, type, content) => {
    const { status, headers, body } = await get(target)
    expect([status, headers['content-type'], body]).toEqual([200, type, content])
  })

  it('leaves compressed files compressed', async () => {
    const { headers, body } = await get('/labels.gz')
    expect(headers).toMatchObject({ 'content-type': 'application/octet-stream' })
    expect(headers).not.toHaveProperty('content-encoding')
    expect(Buffer.from(body, 'latin1').equals(gzipSync('labels'))).toBe(true)
  })

  it('makes pages anew for each request, each under its own policy', async () => {
    expect((await get('/live.svg')).body).toBe('<svg>1</svg>')
    const { headers, body } = await get('/live.svg')
    expect([headers['content-type'], body]).toEqual(['image/svg+xml', '<svg>2</svg>'])
    const own = (await get('/live')).headers['content-security-policy']!
    expect(own).toContain(`style-src 'self' 'unsafe-inline'`)
    expect(own).not.toContain('script-src')
  })

  it('answers HEAD with the same headers and no body', async () => {
    for (const target of ['/', '/live', '/missing', '/labels.gz']) {
      const [head, full] = [await get(target, { method: 'HEAD' }), await get(target)]
      expect(head.body).toBe('')
      expect(head.status).toBe(full.status)
      expect(head.headers['content-length']).toBe(String(full.body.length))
    }
  })

  it('tells pages of events, late ones the latest first', async () => {
    events.send('epoch', { epoch: 1 })
    events.send('epoch', { epoch: 2 })
    const request = 'GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n'
    const listening = send(request, { until: /"epoch":3/ })
    while (events.size === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    events.send('epoch', { epoch: 3 })
    const { headers, body } = await listening
    expect(headers['content-type']).toBe('text/event-stream; charset=utf-8')
    expect(body).not.toContain('"epoch":1')
    expect(body).toContain('event: epoch\ndata: {"epoch":2}\n\n')
    while (events.size > 0) await new Promise((resolve) => setTimeout(resolve, 5))
  })
})

describe('what the server refuses', () => {
  it.each([
    '/../secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '/%2E%2E%2Fsecret.txt',
    '/sub/../../secret.txt',
    '/sub/%2e./%2e./secret.txt',
    '/%252e%252e/secret.txt',
    '/..\\secret.txt',
    '/..%5csecret.txt',
    '/sub\\..\\..\\secret.txt',
    '//secret.txt',
    '/sub//index.html',
    '/./index.html',
    '/index.html%00.js',
    '/secret.txt%00',
    '/link.txt',
    '/up/secret.txt',
    '/up/site-too/secret.txt',
    '/run/../site-too/secret.txt',
    '/run/..%2f..%2fsecret.txt',
    '/.env',
    '/sub/.git/config',
    '/C:/secret.txt',
    '/index.html::$DATA',
    '/index.html.',
    '/index.html%20',
    '/sub',
    '/run/',
    '/run',
    '/pipe',
    '/%',
    '/%e0%a4',
    '/constructor',
    '/__proto__',
    '/a'.repeat(5000),
    `file://${join(scratch, 'secret.txt')}`,
    'http://localhost/index.html',
    '*',
  ])('has nothing at %s', async (target) => {
    const { status, body } = await get(target)
    expect(status).toBe(404)
    expect(body).toBe('not found\n')
  })

  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND'])(
    'does not %s',
    async (method) => {
      const { status, headers } = await get('/', { method })
      expect([status, headers['allow']]).toEqual([405, 'GET, HEAD'])
    },
  )

  it.each([
    ['Content-Length: 5\r\n', 'hello'],
    ['Transfer-Encoding: chunked\r\n', '5\r\nhello\r\n0\r\n\r\n'],
    ['Content-Length: 5\r\nExpect: 100-continue\r\n', ''],
    ['Content-Length: 9999999999\r\n', ''],
  ])('takes no body (%j)', async (more, body) => {
    expect((await get('/', { more, body })).status).toBe(413)
  })

  it.each([
    'example.com',
    'localhost.example.com',
    '10.0.0.1',
    '127.0.0.1.nip.io',
    '[::2]',
    'localhost@evil',
  ])('answers to no other name: %s', async (host) => {
    expect((await get('/', { host })).status).toBe(403)
    expect((await get('/', { host: `${host}:${String(served.port)}` })).status).toBe(403)
  })

  it('answers to the names of loopback, and to nothing without a name', async () => {
    for (const host of ['localhost', 'LOCALHOST', '127.0.0.1', '[::1]', `localhost:${String(served.port)}`])
      expect((await get('/', { host })).status).toBe(200)
    expect((await send('GET / HTTP/1.1\r\nConnection: close\r\n\r\n')).status).toBe(400)
    expect((await send('GET / HTTP/1.0\r\n\r\n')).status).toBe(403)
  })

  it('makes an error of a page a 500 that does not tell what went wrong', async () => {
    const { status, body } = await get('/broken')
    expect([status, body]).toEqual([500, 'the server failed\n'])
    expect(String(errors)).toContain('no report yet')
  })

  it('survives what is no HTTP at all', async () => {
    expect((await send('\x16\x03\x01\r\n\r\n')).status).toBe(400)
    expect((await get('/', { more: `X: ${'x'.repeat(20_000)}\r\n` })).status).toBe(431)
    expect((await get('/')).status).toBe(200)
  })
})

describe('where the server listens', () => {
  it('takes the next port where one is taken, and gives up after twenty', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => taken.once('listening', resolve))
    const { port } = taken.address() as AddressInfo
    const next = await serve({ pages: { '/': () => ({ body: 'next' }) } }, { port })
    expect(next.port).toBeGreaterThan(port)
    expect(next.url).toBe(`http://127.0.0.1:${String(next.port)}/`)
    expect(await (await fetch(next.url)).text()).toBe('next')
    await next.close()
    await new Promise((resolve) => taken.close(resolve))
    await expect(serve({}, { host: '192.0.2.1' })).rejects.toThrow(ArgumentError)
    await expect(serve({}, { host: 'nowhere.invalid' })).rejects.toThrow('nowhere.invalid')
  })

  it('closes at once, whatever is open', async () => {
    const stream = new EventStream()
    const never = new Promise<never>(() => undefined)
    const site = {
      pages: { '/': () => ({ body: 'x' }), '/never': () => never },
      events: { '/events': stream },
    }
    const server = await serve(site)
    const ends = ['/', '/never', '/events'].map((target) =>
      send(`GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`, { port: server.port }),
    )
    const silent = send('GET / HT', { port: server.port })
    while (stream.size === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    await server.close()
    await Promise.allSettled([...ends, silent])
    await expect(fetch(server.url)).rejects.toThrow()
    stream.send('late', 1)
  })
})
