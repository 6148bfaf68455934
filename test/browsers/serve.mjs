// A server for the tests in browsers: folders under names, on loopback, with the headers that a test asks for.
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname, join, normalize } from 'node:path'

const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.wasm': 'application/wasm',
}

const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
}

/**
 * @param folders `{ '/lanewise/': '/path/to/dist/web/' }`; `pages`: texts by address. @param options `isolated`, and more `headers`.
 * @returns `{ url, close }`.
 */
export async function serve({ folders, pages = {} }, { isolated = false, headers = {} } = {}) {
  const sent = { ...(isolated ? isolation : {}), ...headers }
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost')
    const page = pathname === '/favicon.ico' ? '' : pages[pathname]
    const name = Object.keys(folders).find((prefix) => pathname.startsWith(prefix))
    try {
      const body = page ?? (await readFile(join(folders[name], normalize(`/${pathname.slice(name.length)}`))))
      const type = types[extname(pathname)] ?? (page === undefined ? undefined : types['.html'])
      response.writeHead(200, { 'Content-Type': type ?? 'application/octet-stream', ...sent })
      response.end(body)
    } catch {
      response.writeHead(404, sent)
      response.end()
    }
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://localhost:${String(server.address().port)}`,
    close: () => {
      const closed = new Promise((resolve) => server.close(resolve))
      // Chromium opens connections ahead of need; one that never asked for anything would be waited for.
      server.closeAllConnections()
      return closed
    },
  }
}
