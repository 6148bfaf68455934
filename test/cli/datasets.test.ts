// `lanewise datasets`: what it prints, where it puts files, how it ends.
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createDownloadProgress, formatBytes } from '../../src/cli/download-progress.js'
import { catalog } from '../../src/data/catalog.js'
import { serve, sendFile } from '../data/download/server.js'
import { itWithData } from '../data/real.js'
import { lanewise, workplace } from './command.js'

const first = 'train-images-idx3-ubyte.gz'
const parse = (text: string) => JSON.parse(text) as Record<string, unknown>

describe('datasets list', () => {
  it('describes every set and says where it is', async () => {
    const cwd = workplace()
    mkdirSync(join(cwd, 'data/california-housing'), { recursive: true })
    writeFileSync(join(cwd, 'data/california-housing/housing.csv'), '')
    mkdirSync(join(cwd, 'datasets/mnist'), { recursive: true })
    writeFileSync(join(cwd, 'datasets/mnist/train-labels-idx1-ubyte'), '')
    const [human, json] = await Promise.all([
      lanewise(cwd, ['datasets', 'list']),
      lanewise(cwd, ['datasets', 'list', '--json']),
    ])
    expect([human.code, human.stderr, json.code, json.stderr]).toEqual([0, '', 0, ''])
    for (const { name, title, licence } of catalog) {
      expect(human.stdout).toContain(`${name}: ${title}\n`)
      expect(human.stdout).toContain(`licence: ${licence}\n`)
    }
    expect(human.stdout).toContain('in data/california-housing\n')
    expect(human.stdout).toContain(
      'in part (1 file) in datasets/mnist\n  to download (11.6 MB): lanewise datasets fetch mnist\n',
    )
    const sets = parse(json.stdout)['datasets'] as { name: string; present: boolean }[]
    expect(sets.filter(({ present }) => present).map(({ name }) => name)).toEqual([
      'digits',
      'california-housing',
    ])
    expect(sets[0]).toMatchObject({
      name: 'mnist',
      task: 'classification',
      rows: { train: 60000, test: 10000 },
      classes: 10,
      sampleShape: [28, 28],
      downloadBytes: 11594722,
      builtIn: false,
      found: [{ place: join(cwd, 'datasets/mnist'), complete: false, present: ['train-labels-idx1-ubyte'] }],
    })
    expect(sets[0]).not.toHaveProperty('text')
  })
})

describe('datasets fetch', () => {
  it.each([
    [['minst'], /lanewise: the data sets of the catalogue are .*received "minst"/],
    [['mnist', '--split', 'letters'], /a split is chosen of a data set that has several/],
    [['mnist', '--mirror', 'ftp://host/'], /a mirror is the http or https address/],
    [['mnist', '--timeout', '0'], /--timeout is a number above 0/],
    [[], /missing required argument 'name'/],
  ])('refuses %j with one line', async (args, message) => {
    const { code, stdout, stderr } = await lanewise(workplace(), ['datasets', 'fetch', ...args])
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(message)
    expect(stderr.trim().split('\n')).toHaveLength(1)
  })

  it('says in one line what was tried when no mirror helps, and leaves nothing', async () => {
    const cwd = workplace()
    const { url } = await serve((_, response) => response.writeHead(404).end())
    const mirrors = ['--mirror', url, '--mirror', `${url}other`]
    const { code, stdout, stderr } = await lanewise(cwd, ['datasets', 'fetch', 'mnist', ...mirrors, '--json'])
    const { host } = new URL(url)
    expect([code, stdout]).toEqual([1, ''])
    const missing = `${host}: not there (status 404)`
    expect(stderr).toContain(`${first} comes from a mirror that can be reached`)
    expect(stderr).toContain(`received ${missing}; ${missing}; check the network`)
    expect(stderr).toContain(`put the file there by hand, from ${url}${first}`)
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(readdirSync(cwd)).toEqual([])
  })

  it('ends on Ctrl-C with the part kept, and says how to go on', async () => {
    const cwd = workplace()
    const { url } = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '9912422' }).write(new Uint8Array(100_000))
    })
    const part = join(cwd, 'datasets/mnist/train-images-idx3-ubyte.gz.part')
    const child = { stop: () => undefined as unknown }
    const ended = lanewise(cwd, ['datasets', 'fetch', 'mnist', '--mirror', url], undefined, {}, (started) => {
      child.stop = () => started.kill('SIGINT')
    })
    await expect.poll(() => existsSync(part) && statSync(part).size, { timeout: 20_000 }).toBe(100_000)
    child.stop()
    const { code, stdout, stderr } = await ended
    expect([code, stdout]).toEqual([130, ''])
    expect(stderr).toBe(
      '100.0 kB are kept in datasets/mnist/train-images-idx3-ubyte.gz.part; the same command goes on from there\nlanewise: interrupted\n',
    )
    expect(readdirSync(join(cwd, 'datasets/mnist'))).toEqual(['train-images-idx3-ubyte.gz.part'])
  })

  itWithData('mnist', 'gets MNIST, going on from a part, and verifies it', async (path) => {
    const cwd = workplace()
    const { url, requests } = await serve((request, response) => {
      sendFile(request, response, readFileSync(join(path, request.url!)))
    })
    const folder = join(cwd, 'mine/mnist')
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, `${first}.part`), readFileSync(join(path, first)).subarray(0, 5_000_000))
    const options = ['--data-dir', 'mine']
    const fetched = await lanewise(cwd, ['datasets', 'fetch', 'mnist', '--mirror', url, ...options])
    const { host } = new URL(url)
    expect(fetched.code).toBe(0)
    expect(fetched.stdout).toBe('mnist is in mine/mnist\n')
    expect(fetched.stderr.split('\n')[0]).toBe(`mine/mnist/${first}: 9.9 MB, downloaded from ${host}`)
    expect(requests.map(({ range }) => range)).toEqual(['bytes=5000000-', undefined, undefined, undefined])

    const verified = await lanewise(cwd, ['datasets', 'verify', 'mnist', ...options])
    expect([verified.code, verified.stderr]).toEqual([0, ''])
    expect(verified.stdout).toMatch(/^mnist: mine\/mnist\n( {2}ok {8}\S+ {2}[\d.]+ [kM]B\n){4}$/)

    writeFileSync(join(folder, first), 'no')
    const broken = await lanewise(cwd, ['datasets', 'verify', '--json', ...options])
    expect(broken.code).toBe(1)
    expect(broken.stderr).toMatch(
      /^lanewise: the files of mnist .*received 1 wrong and 0 missing; .*--overwrite" gets them\n$/,
    )
    const { ok, datasets } = parse(broken.stdout) as { ok: boolean; datasets: { files: object[] }[] }
    expect(ok).toBe(false)
    expect(datasets[0]!.files[0]).toMatchObject({ status: 'wrong', detail: '2 bytes instead of 9912422' })
  })
})

describe('datasets verify', () => {
  it('fails for a set that is asked for and not there, not for those that nobody asked for', async () => {
    const cwd = workplace()
    const [one, all, builtIn] = await Promise.all([
      lanewise(cwd, ['datasets', 'verify', 'kmnist']),
      lanewise(cwd, ['datasets', 'verify']),
      lanewise(cwd, ['datasets', 'verify', 'digits']),
    ])
    expect(one.code).toBe(1)
    expect(one.stdout).toMatch(/^kmnist: not there\n( {2}missing {3}\S+\n){4}$/)
    expect(one.stderr).toMatch(/0 wrong and 4 missing; "lanewise datasets fetch kmnist" gets them/)
    expect([all.code, all.stdout]).toEqual([0, 'no data set of the catalogue is there\n'])
    expect([builtIn.code, builtIn.stdout]).toEqual([0, 'digits: built in, no files to check\n'])
  })
})

describe('progress of a download', () => {
  const step = { path: '/a/train.gz', host: 'host', received: 2_500_000, total: 10_000_000 }

  it('is a line on a terminal, as wide as it may be, and nothing elsewhere', () => {
    const lines: string[] = []
    const stream = { isTTY: true, columns: 60, write: (text: string) => lines.push(text) }
    const display = createDownloadProgress(stream, false)
    display.show(step)
    display.show(step)
    display.erase()
    display.erase()
    expect(lines).toEqual([
      '\rtrain.gz [======>                     ] 2.5 MB of 10.0 MB\u001b[K',
      '\r\u001b[K',
    ])
    createDownloadProgress({ ...stream, columns: 20 }, false).show({
      ...step,
      host: undefined,
      total: undefined,
    })
    expect(lines.at(-1)).toBe('\runpacking train.gz \u001b[K')
    const before = lines.length
    createDownloadProgress(stream, true).show(step)
    createDownloadProgress({ ...stream, isTTY: false }, false).show(step)
    expect(lines).toHaveLength(before)
  })

  it('writes bytes for people', () => {
    expect([0, 999, 1000, 28881, 999_949, 999_950, 561753746, 1.25e9].map(formatBytes)).toEqual([
      '0 bytes',
      '999 bytes',
      '1.0 kB',
      '28.9 kB',
      '999.9 kB',
      '1.0 MB',
      '561.8 MB',
      '1.3 GB',
    ])
  })
})
