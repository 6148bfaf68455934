// The report of a run while it goes on, in parts, so that a page can put in place what has changed and leave the rest alone.
import { html, pairs, type Markup } from './html.js'
import { section } from './page.js'
import { gallery, heading, hintsOf, startOf, tilesOf } from './run-html.js'
import { trainingPlotsOf } from './run-plots.js'
import type { EpochRow, Hint, RunHead, SliceRow } from './run.js'
import { count, duration, figure, percent, several } from './text.js'

/** A run as it stands. */
export interface LiveRun {
  /** What it does now, as `training`; in the end how it ended. */
  doing: string
  /** Undefined while data are loaded. */
  head?: RunHead & { lossTitle: string }
  /** Epochs that are to come in all, steps of each, and where it is: the epoch from 1, and steps of it that are done. */
  epochs: number
  stepsPerEpoch: number
  epoch: number
  step: number
  /** Means over the epoch so far. */
  loss?: number
  accuracy?: number
  samplesPerSecond?: number
  secondsLeft?: number
  /** Epochs that are done, and the course within them. */
  done: readonly EpochRow[]
  slices: readonly SliceRow[]
  hints: readonly Hint[]
}

/** Names of the parts, in their order on the page. */
export const liveParts = ['heading', 'status', 'figures', 'hints', 'training', 'start', 'machine'] as const

export type LivePart = (typeof liveParts)[number]

/** The parts as HTML; what there is nothing to tell of is empty. */
export async function drawLive(run: LiveRun): Promise<Record<LivePart, string>> {
  const { head, hints } = run
  if (head === undefined) {
    const nothing = Object.fromEntries(liveParts.map((name) => [name, ''])) as Record<LivePart, string>
    return { ...nothing, heading: html`<h1>A run begins</h1>`.text, status: status(run).text }
  }
  const text = (parts: readonly Markup[]) => parts.map((part) => part.text).join('')
  return {
    heading: heading(head).text,
    status: status(run).text,
    figures: tilesOf(figures(run)).text,
    hints: text(hintsOf({ hints }, 'Worth a look so far')),
    training: await training(run, head.lossTitle),
    start: text(startOf(head)),
    machine: section('Machine', pairs(head.environment)).text,
  }
}

/** `epoch 3 of 10, mlp on mnist`: for the title of the document. */
export function liveTitle({ head, doing, epoch, epochs }: LiveRun): string {
  if (head === undefined) return doing
  return `${doing === 'training' ? `epoch ${String(epoch)} of ${String(epochs)}` : doing}, ${head.title}`
}

function status({ doing, epoch, epochs, step, stepsPerEpoch, secondsLeft }: LiveRun): Markup {
  const total = epochs * stepsPerEpoch
  const steps = total === 0 ? 0 : (epoch - 1) * stepsPerEpoch + step
  const isTraining = doing === 'training' && total > 0
  const place = isTraining
    ? `, epoch ${count(epoch)} of ${count(epochs)}, step ${count(step)} of ${count(stepsPerEpoch)}`
    : ''
  const left = isTraining && secondsLeft !== undefined ? `, ${remaining(secondsLeft)} left` : ''
  return html`<p>${doing.charAt(0).toUpperCase()}${doing.slice(1)}${place}${left}.</p>
    <progress
      max="1"
      value="${total === 0 ? '0' : (steps / total).toFixed(4)}"
      aria-label="share of the steps"
    ></progress>`
}

function remaining(seconds: number): string {
  return seconds < 60 ? `${String(Math.ceil(seconds))} s` : duration(seconds)
}

function figures({ done, loss, accuracy, samplesPerSecond, epoch }: LiveRun) {
  const last = done.at(-1)
  const now = `so far in epoch ${count(epoch)}`
  const then = last === undefined ? '' : `after epoch ${count(last.epoch)}`
  const tile = (name: string, value: number | undefined, show: (value: number) => string, note: string) =>
    value === undefined ? [] : [{ name, value: show(value), note }]
  return [
    ...tile('training loss', loss, figure, now),
    ...tile('training accuracy', accuracy, percent, now),
    ...tile('validation loss', last?.validationLoss, figure, then),
    ...tile('validation accuracy', last?.validationAccuracy, percent, then),
    ...tile('samples per second', samplesPerSecond, (value) => count(Math.round(value)), 'in training'),
  ]
}

async function training({ done, slices }: LiveRun, lossTitle: string): Promise<string> {
  if (done.length === 0 && slices.length < 2) return ''
  const plots = await trainingPlotsOf({ history: { epochs: done, slices, stoppedBy: '', lossTitle } })
  const about = `After ${several(done.length, 'epoch')}.`
  return section('Training', html`<p class="quiet">${about}</p>`, gallery(plots)).text
}
