// The thread of `train --watch`: serves the page of a run and draws what the page shows, so that training does neither. Draws
// only while somebody looks, and no more than a small share of the time.
import { readFile } from 'node:fs/promises'
import { parentPort } from 'node:worker_threads'
import { bodyOf, livePage, liveRules } from '../report/live-page.js'
import { drawLive, liveParts, liveTitle, type LiveRun } from '../report/live.js'
import { EventStream } from '../web/server/events.js'
import { contentSecurityPolicy } from '../web/server/headers.js'
import { serve, type Served } from '../web/server/server.js'

/** What the command tells this thread. */
export type ToWatch =
  | { type: 'run'; run: LiveRun }
  /** The finished report. */
  | { type: 'report'; file: string }
  | { type: 'close' }

/** What this thread tells the command. */
export type FromWatch =
  | { type: 'listening'; url: string }
  /** The report is with all pages that were open. */
  | { type: 'told' }
  | { type: 'failed'; message: string }

/** The first of the ports to try, so that a page that stays open finds the next run. */
const firstPort = 8200
/** Between two drawings, and how many times as long as a drawing took. */
const leastPause = 500
const pauseFactor = 20
/** Time that pages have to take the last events. */
const graceMilliseconds = 2000

const stream = new EventStream()
const parts = new Map<string, string>(liveParts.map((name) => [name, '']))
let title = 'lanewise'
/** The newest state that is not drawn yet. */
let waiting: LiveRun | undefined
let report: string | undefined
let drawing = Promise.resolve()
let timer: NodeJS.Timeout | undefined
let notBefore = 0

const port = parentPort!
const tell = (message: FromWatch) => {
  port.postMessage(message)
}
const failed = (error: unknown) => {
  tell({ type: 'failed', message: error instanceof Error ? error.message : String(error) })
}

/** Draws the newest state, if it is not drawn, and sends what has changed. */
function draw(): Promise<void> {
  drawing = drawing.then(async () => {
    if (waiting === undefined) return
    const run = waiting
    waiting = undefined
    const began = performance.now()
    for (const [name, text] of Object.entries(await drawLive(run))) {
      if (parts.get(name) === text) continue
      parts.set(name, text)
      stream.send(name, text)
    }
    title = liveTitle(run)
    stream.send('title', title)
    const now = performance.now()
    notBefore = now + Math.max(leastPause, pauseFactor * (now - began))
  })
  return drawing
}

/** Draws as soon as it may, when somebody looks. */
function drawSoon(): void {
  if (stream.size === 0 || timer !== undefined) return
  timer = setTimeout(
    () => {
      timer = undefined
      draw().catch(failed)
    },
    Math.max(0, notBefore - performance.now()),
  )
}

async function page() {
  await draw()
  if (report !== undefined) return { body: report, policy: contentSecurityPolicy({ inlineStyles: true }) }
  return { body: livePage(title, parts) }
}

async function sendReport(file: string): Promise<void> {
  report = await readFile(file, 'utf8')
  // A page that comes before the report is sent gets it all the same: it is the last event.
  stream.send('report', bodyOf(report))
  await left()
  tell({ type: 'told' })
}

/** Returns when all pages have taken the last events and gone. */
async function left(): Promise<void> {
  const until = performance.now() + graceMilliseconds
  while (stream.size > 0 && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 10))
}

async function close(served: Served): Promise<void> {
  clearTimeout(timer)
  await draw()
  if (report === undefined) {
    stream.send('end', '')
    await left()
  }
  await served.close()
  port.close()
}

const script = new URL('../web/watch-page.js', import.meta.url)
const served = await serve(
  {
    pages: {
      '/': page,
      '/report.css': () => ({ body: liveRules }),
      '/watch.js': async () => ({ body: await readFile(script) }),
    },
    events: { '/events': stream },
  },
  { port: firstPort, policy: contentSecurityPolicy({ scripts: true }), failed },
)
port.on('message', (message: ToWatch) => {
  if (message.type === 'run') {
    waiting = message.run
    drawSoon()
  } else if (message.type === 'report') sendReport(message.file).catch(failed)
  else close(served).catch(failed)
})
tell({ type: 'listening', url: served.url })
