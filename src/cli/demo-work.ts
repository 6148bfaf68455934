// What `lanewise demo` does: serves the page, or writes it to a folder.
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ArgumentError, NotFoundError } from '../core/errors.js'
import { isolation } from '../web/server/headers.js'
import { serve, type Page, type Site } from '../web/server/server.js'
import { findMnist, mnistBytes, mnistFiles } from './demo-data.js'
import type { Output } from './output.js'
import { forUser, fromUser } from './paths.js'
import { requireWritable, writeRun } from './run-directory.js'

export interface DemoFlags {
  port: number
  host: string
  dataDir?: string
  open: boolean
  out?: string
  withMnist?: boolean
  overwrite?: boolean
}

/** The built page, and the library that it loads. */
const pageFolder = fileURLToPath(new URL('../web/demo/', import.meta.url))
const libraryFolder = fileURLToPath(new URL('../web/', import.meta.url))
const libraryFile = /^(lanewise[\w-]*|worker)\.js$/

/** @throws ArgumentError, NotFoundError */
export async function runDemo(flags: DemoFlags, output: Output, signal: AbortSignal): Promise<void> {
  if (!existsSync(join(pageFolder, 'demo.js'))) {
    throw new NotFoundError({
      rule: 'the demo is built',
      received: `nothing in ${pageFolder}`,
      remedy: 'run "npm run build"',
    })
  }
  const { out, withMnist, overwrite, dataDir } = flags
  if (out === undefined && (withMnist === true || overwrite === true)) {
    throw new ArgumentError({
      rule: '--with-mnist and --overwrite go with --out',
      received: 'no --out',
      remedy: 'leave them out; a served page has MNIST where it is found',
    })
  }
  const mnist = await findMnist(dataDir)
  if (out !== undefined) return write(flags, out, mnist, output, signal)
  return serveDemo(flags, mnist, output, signal)
}

async function serveDemo(
  { host, port, dataDir, open }: DemoFlags,
  mnist: string | undefined,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const served = await serve(site(mnist === undefined ? undefined : dataDir, mnist !== undefined), {
    host,
    port,
    failed: (error) => {
      output.warn(error instanceof Error ? error.message : String(error))
    },
  })
  const { url } = served
  try {
    if (!isLoopbackAddress(host)) {
      output.warn(
        `other machines may open this page; there it trains on one thread, for browsers share memory only with pages of this machine or over https`,
      )
    }
    output.note(
      mnist === undefined
        ? 'without MNIST, which is not found ("lanewise datasets fetch mnist" gets it): the page trains on built-in digits'
        : `with MNIST from ${forUser(mnist)}`,
    )
    output.result({ url, mnist: mnist ?? null }, `${url}   (Ctrl-C ends)`)
    if (open && process.stdout.isTTY && !output.json && !output.quiet) await openBrowser(url)
    if (!signal.aborted) await once(signal, 'abort')
  } finally {
    await served.close()
  }
}

/** What is served. MNIST is loaded when a page asks for it first. */
function site(dataDir: string | undefined, hasMnist: boolean): Site {
  let loading: Promise<Buffer[]> | undefined
  const pages: Record<string, () => Promise<Page>> = {
    '/data/sets.json': () => Promise.resolve({ body: setsJson(hasMnist) }),
  }
  mnistFiles.forEach((name, i) => {
    if (!hasMnist) return
    pages[`/data/mnist/${name}`] = async () => {
      loading ??= mnistBytes(dataDir, 1)
      try {
        return { body: (await loading)[i]! }
      } catch (error) {
        loading = undefined // files may be put right meanwhile
        throw error
      }
    }
  })
  return { folders: { '/': pageFolder, '/lib/': libraryFolder }, pages }
}

function setsJson(hasMnist: boolean): string {
  return JSON.stringify({ sets: ['digits', ...(hasMnist ? ['mnist'] : [])] })
}

function isLoopbackAddress(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

/** Opens the page; where no browser can be opened, its address has been printed. */
async function openBrowser(url: string): Promise<void> {
  const { default: open } = await import('open')
  try {
    const opener = await open(url)
    opener.on('error', () => undefined)
  } catch {
    return
  }
}

async function write(
  { withMnist = false, overwrite = false, dataDir }: DemoFlags,
  out: string,
  mnist: string | undefined,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  if (withMnist && mnist === undefined) {
    throw new NotFoundError({
      rule: 'MNIST is in a data directory for --with-mnist',
      received: 'none that has it whole',
      remedy: 'get it with "lanewise datasets fetch mnist", or name its directory with --data-dir',
    })
  }
  const target = { chosen: fromUser(out), overwrite }
  await requireWritable(target)
  const directory = await writeRun(target, (folder) => fill(folder, withMnist, dataDir), signal)
  output.note(
    `for more threads than one, serve it with the headers ${headerLines().join(' and ')}; hosts that read a file _headers have them already`,
  )
  output.result({ out: directory, mnist: withMnist }, forUser(directory))
}

async function fill(folder: string, withMnist: boolean, dataDir: string | undefined): Promise<void> {
  await mkdir(join(folder, 'lib'))
  await mkdir(join(folder, 'data', ...(withMnist ? ['mnist'] : [])), { recursive: true })
  const library = (await readdir(libraryFolder)).filter((name) => libraryFile.test(name))
  for (const name of await readdir(pageFolder)) await copyFile(join(pageFolder, name), join(folder, name))
  for (const name of library) await copyFile(join(libraryFolder, name), join(folder, 'lib', name))
  await writeFile(join(folder, 'data', 'sets.json'), setsJson(withMnist))
  await writeFile(
    join(folder, '_headers'),
    ['/*', ...headerLines().map((line) => `  ${line}`), ''].join('\n'),
  )
  const bytes = withMnist ? await mnistBytes(dataDir, 9) : []
  await Promise.all(bytes.map((file, i) => writeFile(join(folder, 'data', 'mnist', mnistFiles[i]!), file)))
}

function headerLines(): string[] {
  return Object.entries(isolation).map(([name, value]) => `${name}: ${value}`)
}
