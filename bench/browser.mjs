// Training in Chromium beside training in Node: rows a second of 784-128-10 in turns, and how long the page's own thread was held
// up meanwhile. A program of its own: it needs `npm run build`, `npm ci --prefix test/browsers` and a Chromium.
import { execFile } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { serve } from '../dist/web/server/server.js'
import { launch, missing } from '../test/browsers/launch.mjs'
import { loadImages } from './lib/data.mjs'
import { describeMachine, formatMachine, threadCounts } from './lib/machine.mjs'
import { pause, summary } from './lib/stats.mjs'
import { formatTable, percent, spread } from './lib/table.mjs'

const usage = `node bench/browser.mjs [--quick] [--node PATH] [--json FILE]

--node PATH: the Node to compare with; default: this one. --quick: little more than a check that it works.`

const path = (name) => fileURLToPath(new URL(name, import.meta.url))

// In the page: the same network on the same rows, and what watches its thread. The longest task is what the browser itself calls
// a long task (50 ms and more; 0 where there was none); the longest gap is that between two turns of a timer, which is longer by
// whatever else the machine does.
const program = `
  import { Sequential, adam, dense, setWorker } from '/lib/lanewise.js'
  setWorker(() => new Worker('/lib/worker.js'))
  const bytes = async (name) => new Uint8Array(await (await fetch('/rows/' + name)).arrayBuffer())
  const [data, y] = await Promise.all([bytes('x'), bytes('y')])
  const x = { data, shape: [y.length, 784] }
  globalThis.measure = async (threads, epochs) => {
    const layers = [dense(128, { activation: 'relu' }), dense(10, { activation: 'softmax' })]
    const model = new Sequential(layers)
    await model.compile({ optimizer: adam(), loss: 'crossentropy', seed: 1, inputShape: [784], threads })
    const watch = globalThis.watchThread()
    const history = await model.fit(x, y, { epochs, batchSize: 32 })
    const rates = history.epochs.slice(1).map(({ samplesPerSecond }) => samplesPerSecond).sort((a, b) => a - b)
    return { ...watch(), rowsPerSecond: rates[rates.length >> 1], isolated: crossOriginIsolated }
  }
  document.title = 'ready'`

const watchThread = `globalThis.watchThread = () => {
  let [task, gap, last, running] = [0, 0, performance.now(), true]
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) task = Math.max(task, duration)
  })
  observer.observe({ type: 'longtask' })
  const beat = () => {
    const now = performance.now()
    gap = Math.max(gap, now - last)
    last = now
    if (running) setTimeout(beat, 1)
  }
  beat()
  return () => {
    running = false
    for (const { duration } of observer.takeRecords()) task = Math.max(task, duration)
    return { longestTask: task, longestGap: gap }
  }
}`

async function main() {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      node: { type: 'string', default: process.execPath },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(usage)
    return
  }
  const reason = missing('chromium')
  if (reason !== undefined) throw new RangeError(reason)
  if (!existsSync(values.node)) throw new RangeError(`${values.node} is not there`)
  const machine = describeMachine()
  console.log(`${formatMachine(machine)}\n`)
  const [rounds, epochs] = values.quick ? [1, 2] : [7, 6]
  const { train, name } = await loadImages()
  const page = (body) => () => ({ body })
  const served = await serve({
    folders: { '/': path('../dist/web/demo'), '/lib/': path('../dist/web') },
    pages: {
      '/bench': page(
        '<!doctype html><meta charset="utf-8"><title>…</title><script type="module" src="bench.js"></script>',
      ),
      '/bench.js': page(program),
      '/rows/x': page(train.x.data),
      '/rows/y': page(Uint8Array.from(train.y)),
      '/data/sets.json': page('{ "sets": ["digits"] }'),
    },
  })
  const browser = await launch('chromium')
  try {
    const version = await browser.version()
    const records = []
    for (const threads of threadCounts()) records.push(await compare(threads))
    const demo = await watchDemo()
    const tables = [
      {
        id: 'browser',
        title: `784-128-10, batch 32, Adam, on ${name}: rows a second in ${version}, cross-origin isolated, and in Node ${records[0].node} (V8 ${records[0].v8})`,
        records,
        rows: [['threads', 'threads']],
        cells: [
          ['Chromium', ({ chromium }) => spread(chromium)],
          ['Node', ({ other }) => spread(other)],
          ['ratio', ({ ratio }) => spread(ratio, percent)],
          ['longest task, ms', ({ longestTask }) => longestTask.toFixed(0)],
          ['longest gap, ms', ({ longestGap }) => longestGap.toFixed(0)],
        ],
      },
      {
        id: 'demo',
        title:
          "The demo's page while it trains: its thread (a longest task of 0: none reached 50 ms), frames a second",
        records: [demo],
        rows: [['', () => 'demo']],
        cells: [
          ['longest task, ms', ({ longestTask }) => longestTask.toFixed(0)],
          ['longest gap, ms', ({ longestGap }) => longestGap.toFixed(0)],
          ['frames a second', ({ framesPerSecond }) => framesPerSecond.toFixed(0)],
        ],
      },
    ]
    for (const table of tables) console.log(`${formatTable(table)}\n`)
    if (values.json !== undefined) {
      const results = {
        browser: tables.map(({ id, title, records: kept }) => ({ id, title, records: kept })),
      }
      const text = `${JSON.stringify({ version: 1, machine, quick: values.quick, results }, null, 1)}\n`
      writeFileSync(resolve(process.env.INIT_CWD ?? '.', values.json), text)
    }
  } finally {
    await browser.close()
    await served.close()
  }

  /** Rounds of both, in turns; the ratio is taken round by round. */
  async function compare(threads) {
    const opened = await open('bench')
    await opened.waitForFunction(`document.title === 'ready'`)
    const found = []
    for (let round = 0; round < rounds; round++) {
      progress(`${threads} threads, round ${round + 1} of ${rounds}`)
      const runs = [
        async () => ({ page: await opened.evaluate(`measure(${threads}, ${epochs})`) }),
        async () => ({ node: await inNode(values.node, threads, epochs) }),
      ]
      if (round % 2 === 1) runs.reverse()
      const both = {}
      for (const run of runs) {
        await pause(200)
        Object.assign(both, await run())
      }
      found.push(both)
    }
    await opened.close()
    progress('')
    if (!found.every(({ page: { isolated } }) => isolated)) throw new Error('the page is not isolated')
    const of = (read) => summary(found.map(read))
    return {
      threads,
      node: found[0].node.node,
      v8: found[0].node.v8,
      chromium: of(({ page: { rowsPerSecond } }) => rowsPerSecond),
      other: of(({ node }) => node.rowsPerSecond),
      ratio: of(({ page: { rowsPerSecond }, node }) => rowsPerSecond / node.rowsPerSecond),
      longestTask: Math.max(...found.map(({ page: { longestTask } }) => longestTask)),
      longestGap: Math.max(...found.map(({ page: { longestGap } }) => longestGap)),
    }
  }

  /** The demo's own training on opening: from its first step to its end. */
  async function watchDemo() {
    progress('the demo')
    const opened = await open('')
    await opened.waitForFunction(`document.body.dataset.phase === 'training'`, { timeout: 120_000 })
    const result = await opened.evaluate(`new Promise((done) => {
      const watch = watchThread()
      const began = performance.now()
      let frames = 0
      const frame = () => {
        frames++
        if (document.body.dataset.phase === 'training') requestAnimationFrame(frame)
        else done({ ...watch(), framesPerSecond: (1000 * frames) / (performance.now() - began) })
      }
      requestAnimationFrame(frame)
    })`)
    await opened.close()
    progress('')
    return result
  }

  async function open(address) {
    const opened = await browser.newPage()
    opened.setDefaultTimeout(120_000)
    await opened.evaluateOnNewDocument(watchThread)
    await opened.goto(served.url + address)
    return opened
  }
}

async function inNode(node, threads, epochs) {
  const { stdout } = await promisify(execFile)(
    node,
    [path('children/browser.mjs'), threads, epochs].map(String),
  )
  return JSON.parse(stdout)
}

function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
}

main().catch((error) => {
  const misused = error instanceof RangeError || error?.code?.startsWith('ERR_PARSE_ARGS')
  console.error(misused ? `${error.message}\n\n${usage}` : error)
  process.exitCode = misused ? 2 : 1
})
