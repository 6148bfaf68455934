// What every answer of the server says beside its content: who may use it, what it may load, and what kind of content it is.
import { extname } from 'node:path'

/** The two headers with which a page gets shared memory, and with it threads. */
export const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
} as const

/** No other site may load an answer, no type is guessed, no address is told on. */
export const guards = {
  ...isolation,
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
} as const

/** What a page needs beyond pictures and style sheets of its own server. */
export interface PolicyNeeds {
  /** Scripts, workers and requests of the same server; default false. */
  scripts?: boolean
  /** Compiles WebAssembly; default false. */
  wasm?: boolean
  /** Style elements and attributes in the page itself, as in a report that is one file; default false. */
  inlineStyles?: boolean
}

/** A Content-Security-Policy that allows that and nothing else: no inline script, no eval, no other server, no frames. */
export function contentSecurityPolicy({ scripts, wasm, inlineStyles }: PolicyNeeds = {}): string {
  const rules = [
    `default-src 'none'`,
    `img-src 'self' data: blob:`,
    `style-src 'self'${inlineStyles ? ` 'unsafe-inline'` : ''}`,
    ...(scripts || wasm ? [`script-src 'self'${wasm ? ` 'wasm-unsafe-eval'` : ''}`] : []),
    ...(scripts ? [`worker-src 'self'`, `connect-src 'self'`] : []),
    `base-uri 'none'`,
    `form-action 'none'`,
    `frame-ancestors 'none'`,
  ]
  return rules.join('; ')
}

const types: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.csv': 'text/csv; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.md': 'text/markdown; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
}

/** The content type of a file by its name. Compressed files stay as they are: pages unpack them by themselves. */
export function contentType(name: string): string {
  return types[extname(name).toLowerCase()] ?? 'application/octet-stream'
}
