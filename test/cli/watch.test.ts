// `train --watch`: the page of a run while it goes on, asked for as a browser does.
import { get } from 'node:http'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ChildProcess } from 'node:child_process'
import { beforeEach, describe, expect, it } from 'vitest'
import { lanewise, workplace, type Outcome } from './command.js'

let cwd = ''
const header = 'width,height,kind'
const rows = Array.from({ length: 120 }, (_, i) => {
  return `${String((i * 37) % 50)},${String((i * 13) % 40)},${(i * 37) % 50 > 24 ? '<b>wide</b>' : 'narrow'}`
})

beforeEach(() => {
  cwd = workplace()
  writeFileSync(join(cwd, 'shapes<i>.csv'), [header, ...rows].join('\n'))
})

interface Run {
  url: string
  process: ChildProcess
  ended: Promise<Outcome>
}

/** Starts a run. @returns when it has told its address. */
function watch(...args: string[]): Promise<Run> {
  return new Promise((resolve, reject) => {
    const usual = ['train', '--dataset', './shapes<i>.csv', '--target', 'kind', '--hidden', '8', '--watch']
    const seen = (stderr: string, process: ChildProcess) => {
      const url = /http:\S+/.exec(stderr)?.[0]
      if (url !== undefined) resolve({ url, process, ended })
    }
    const ended = lanewise(cwd, [...usual, '--out', 'run', ...args], seen)
    ended.then(({ code, stderr }) => {
      reject(new Error(`ended with ${String(code)}: ${stderr}`))
    }, reject)
  })
}

/** What a page hears: the latest of each event. */
function listen(url: string) {
  const heard = new Map<string, string>()
  const request = get(`${url}events`, (response) => {
    let text = ''
    response.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      const events = text.split('\n\n')
      text = events.pop()!
      for (const event of events) {
        const [, name, data] = /^event: (.+)\ndata: (.+)$/.exec(event) ?? []
        if (name !== undefined) heard.set(name, JSON.parse(data!) as string)
      }
    })
    response.on('error', () => undefined)
  })
  request.on('error', () => undefined)
  const until = async (what: () => boolean) => {
    while (!what()) await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return { heard, until, leave: () => request.destroy() }
}

const endless = ['--epochs', '10000000', '--quiet']

describe('train --watch', () => {
  it('serves the growing report, and the whole of it in the end', async () => {
    const { url, ended } = await watch('--epochs', '3000', '--validation', '0.2', '--json')
    const page = listen(url)
    await page.until(() => page.heard.has('report'))
    // Then a browser closes the connection.
    page.leave()
    expect(page.heard.get('heading')).toContain('<h1>mlp on shapes&lt;i&gt;</h1>')
    expect(page.heard.get('report')).toContain('Worst mistakes')
    const { code, stdout, stderr } = await ended
    expect([code, stderr.match(/http:/g)?.length]).toEqual([0, 1])
    expect(JSON.parse(stdout)).toMatchObject({ epochs: 3000, task: 'classification' })
    await expect(fetch(url)).rejects.toThrow('fetch failed')
  })

  it('shows curves, figures and settings on the way, to whoever comes and goes; nothing in it runs', async () => {
    const { url, process, ended } = await watch(...endless)
    const early = listen(url)
    await early.until(() => early.heard.has('training'))
    early.leave()
    const late = listen(url)
    await late.until(() => late.heard.has('training'))
    const answer = await fetch(url)
    const page = await answer.text()
    expect(answer.headers.get('content-security-policy')).toMatch(/script-src 'self';(?!.*unsafe)/)
    expect(page.match(/<script.*?>.*?<\/script>/gs)).toEqual([
      '<script type="module" src="/watch.js"></script>',
    ])
    expect(page).toContain('&lt;b&gt;wide&lt;/b&gt;')
    expect(page).not.toMatch(/<b>wide|shapes<i>| style=/)
    expect(page).toMatch(/Training, epoch [\d,]+ of 10,000,000/)
    expect(page.match(/<svg/g)?.length).toBeGreaterThan(2)
    const [script, rules] = await Promise.all(
      ['watch.js', 'report.css'].map(async (name) => (await fetch(url + name)).text()),
    )
    expect(script).toContain('EventSource')
    expect(rules).toContain('prefers-color-scheme')
    expect((await fetch(`${url}run/metrics.json`)).status).toBe(404)
    process.kill('SIGINT')
    await late.until(() => late.heard.has('end'))
    expect(late.heard.get('status')).toContain('Ended: interrupted')
    late.leave()
    expect(await ended).toMatchObject({ code: 130, stdout: '' })
    expect(existsSync(join(cwd, 'run/metrics.json'))).toBe(false)
  })

  it('tells why a run failed, and what goes wrong before that', async () => {
    const bad = ['--optimizer', 'sgd', '--lr', '1e30', '--scaling', 'none', '--epochs', '50', '--quiet']
    const { url, ended } = await watch(...bad)
    const page = listen(url)
    await page.until(() => page.heard.has('end'))
    page.leave()
    expect(page.heard.get('status')).toContain('Ended: training diverged in epoch 1')
    expect((await ended).code).toBe(1)
  })

  it('says nothing of an address where the options are wrong', async () => {
    const outcome = lanewise(cwd, ['train', '--dataset', './shapes<i>.csv', '--watch', '--patience', '2'])
    expect((await outcome).stderr).toMatch(/^lanewise: [^\n]*--patience[^\n]*\n$/)
  })
})
