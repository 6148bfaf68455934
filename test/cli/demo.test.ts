// The command `demo`: what it serves and says, what it writes, what it refuses. The page itself is tested in test/browsers/.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { idxBytes } from '../data/idx-bytes.js'
import { lanewise, workplace } from './command.js'

/** MNIST's files with few pictures of full size. */
function writeSmallMnist(folder: string): Uint8Array {
  mkdirSync(folder, { recursive: true })
  const pixels = Uint8Array.from({ length: 20 * 784 }, (_, i) => (i * 7) % 251)
  for (const stem of ['train', 't10k']) {
    writeFileSync(join(folder, `${stem}-images-idx3-ubyte`), idxBytes(8, [20, 28, 28], pixels))
    writeFileSync(
      join(folder, `${stem}-labels-idx1-ubyte`),
      idxBytes(
        8,
        [20],
        Uint8Array.from({ length: 20 }, (_, i) => i % 10),
      ),
    )
  }
  return pixels
}

/** Runs the command until its address is there, uses it, and presses Ctrl-C. */
async function served(cwd: string, args: string[], use: (url: string) => Promise<void>) {
  let using: Promise<void> | undefined
  const outcome = await lanewise(cwd, ['demo', '--port', '0', ...args], undefined, {}, (command) => {
    command.stdout!.once('data', (line: Buffer) => {
      using = use(/http:[^"\s]+:\d+\//.exec(line.toString())![0]).finally(() => command.kill('SIGINT'))
    })
  })
  await using
  return outcome
}

describe('lanewise demo', () => {
  it('serves the page, the library and MNIST, and nothing else, until Ctrl-C', async () => {
    const cwd = workplace()
    const pixels = writeSmallMnist(join(cwd, 'data', 'mnist'))
    const outcome = await served(cwd, ['--json'], async (url) => {
      const page = await fetch(url)
      expect(await page.text()).toContain('<script type="module" src="demo.js">')
      expect(page.headers.get('cross-origin-embedder-policy')).toBe('require-corp')
      expect(page.headers.get('content-security-policy')).not.toContain(`'unsafe-`)
      for (const path of [
        'demo.js',
        'examiner.js',
        'style.css',
        'icon.svg',
        'lib/lanewise.js',
        'lib/worker.js',
      ])
        expect((await fetch(url + path)).status).toBe(200)
      expect(await (await fetch(`${url}data/sets.json`)).json()).toEqual({ sets: ['digits', 'mnist'] })
      const images = await fetch(`${url}data/mnist/train-images-idx3-ubyte.gz`)
      expect(images.headers.get('content-encoding')).toBeNull()
      const bytes = gunzipSync(new Uint8Array(await images.arrayBuffer()))
      expect([...bytes.subarray(0, 16)]).toEqual([0, 0, 8, 3, 0, 0, 0, 20, 0, 0, 0, 28, 0, 0, 0, 28])
      expect(Buffer.compare(bytes.subarray(16), pixels)).toBe(0)
      for (const path of [
        'package.json',
        'data/',
        'data/mnist/',
        'lib/',
        'lib/../cli/main.js',
        'cli/main.js',
      ])
        expect((await fetch(url + path)).status).toBe(404)
    })
    expect(outcome.code).toBe(130)
    expect(JSON.parse(outcome.stdout)).toMatchObject({ mnist: expect.stringContaining('mnist') })
  })

  it('says where MNIST is missing, and that other machines may come in', async () => {
    const outcome = await served(workplace(), ['--host', '0.0.0.0'], async (url) => {
      expect(await (await fetch(`${url}data/sets.json`)).json()).toEqual({ sets: ['digits'] })
      expect((await fetch(`${url}data/mnist/train-images-idx3-ubyte.gz`)).status).toBe(404)
    })
    expect(outcome.stderr).toContain('without MNIST')
    expect(outcome.stderr).toContain('warning: other machines may open this page')
  })

  it('writes the page to a folder, with MNIST when asked to', async () => {
    const cwd = workplace()
    writeSmallMnist(join(cwd, 'data', 'mnist'))
    const { code, stdout, stderr } = await lanewise(cwd, ['demo', '--out', 'site'])
    expect([code, stdout]).toEqual([0, 'site\n'])
    expect(stderr).toContain('Cross-Origin-Embedder-Policy: require-corp')
    for (const name of ['index.html', 'demo.js', 'lib/lanewise.js', 'lib/worker.js', '_headers'])
      expect(existsSync(join(cwd, 'site', name))).toBe(true)
    expect(existsSync(join(cwd, 'site', 'data', 'mnist'))).toBe(false)

    const again = await lanewise(cwd, ['demo', '--out', 'site', '--with-mnist'])
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('--overwrite')])
    expect((await lanewise(cwd, ['demo', '--out', 'site', '--with-mnist', '--overwrite'])).code).toBe(0)
    const labels = readFileSync(join(cwd, 'site', 'data', 'mnist', 't10k-labels-idx1-ubyte.gz'))
    expect([...gunzipSync(labels).subarray(8, 12)]).toEqual([0, 1, 2, 3])
  })

  it.each([
    [['--port', '70000'], '--port is an integer at least 0 and at most 65535'],
    [['--with-mnist'], 'go with --out'],
    [['--host', '192.0.2.1'], 'the server listens at an address of this machine'],
    [['--out', 'site', '--with-mnist'], 'datasets fetch mnist'],
  ])('refuses %j', async (args, message) => {
    const { code, stderr } = await lanewise(workplace(), ['demo', ...args])
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)])
  })
})
