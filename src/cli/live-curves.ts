// The curves of a training that is going on, as lines of text for a terminal: loss, and beside it accuracy where there is room.
// Training is a line, validation a mark at the end of each epoch. Holds some hundred points, however long the training is.
import type { EpochInfo, StepInfo } from './progress.js'

/** Characters of a line by its direction: level, steep, and the four corners. */
export interface LineStyle {
  level: string
  steep: string
  /** From level up, from below to level, from above to level, from level down. */
  corners: readonly [up: string, top: string, bottom: string, down: string]
  mark: string
}

export const boxStyle: LineStyle = { level: '─', steep: '│', corners: ['╯', '╭', '╰', '╮'], mark: '●' }
export const plainStyle: LineStyle = { level: '-', steep: '|', corners: ["'", '.', "'", '.'], mark: 'o' }

type Figure = 'loss' | 'accuracy'

interface Point {
  /** Epochs since the start. */
  at: number
  /** Steps that it is a mean over. */
  steps: number
  loss: number
  accuracy: number | undefined
}

/** Points that are kept; when there are more, each two become one. */
const mostPoints = 400
/** Lines of a plot, without title and axis. */
const plotHeight = 6
/** Columns of a value at the axis, and of the narrowest plot. */
const labelWidth = 9
const narrowest = 36
/** A loss that spans more than this factor is drawn on a logarithmic axis. */
const logarithmicFrom = 30

/** Lines that `lines` gives. */
export const curveLines = plotHeight + 2

export class LiveCurves {
  private points: Point[] = []
  /** Steps that a point is to stand for, at least. */
  private span = 1
  private readonly ends: { at: number; loss: number | undefined; accuracy: number | undefined }[] = []
  private last = { epoch: 0, step: 0, loss: 0, accuracy: 0 }

  constructor(
    private readonly stepsPerEpoch: number,
    private readonly style: LineStyle,
  ) {}

  /** Takes the means over an epoch so far; those of the steps since the last call follow from them. */
  step({ epoch, step, loss, accuracy }: StepInfo): void {
    const { last } = this
    const before = last.epoch === epoch ? last : { step: 0, loss: 0, accuracy: 0 }
    const steps = step - before.step
    if (steps <= 0) return
    const since = (now: number, then: number) => (now * step - then * before.step) / steps
    const point: Point = {
      at: epoch - 1 + step / this.stepsPerEpoch,
      steps,
      loss: since(loss, before.loss),
      accuracy: accuracy === undefined ? undefined : since(accuracy, before.accuracy),
    }
    this.last = { epoch, step, loss, accuracy: accuracy ?? 0 }
    if (!Number.isFinite(point.loss)) return
    const end = this.points.at(-1)
    if (end !== undefined && end.steps < this.span) this.points[this.points.length - 1] = joined(end, point)
    else this.points.push(point)
    if (this.points.length <= mostPoints) return
    this.points = inPairs(this.points)
    this.span = this.points.reduce((sum, { steps }) => sum + steps, 0) / this.points.length
  }

  epochEnd({ epoch, validationLoss, validationAccuracy }: EpochInfo): void {
    this.ends.push({ at: epoch, loss: validationLoss, accuracy: validationAccuracy })
  }

  /** The plots in at most `width` columns; none where there is too little to see, or too little room. */
  lines(width: number): string[] {
    if (this.points.length < 3 || width < narrowest) return []
    const hasAccuracy = this.points[0]!.accuracy !== undefined
    const gap = 3
    if (!hasAccuracy || width < 2 * narrowest + gap) return this.plot('loss', Math.min(width, 100))
    const half = Math.min(60, Math.floor((width - gap) / 2))
    const [left, right] = [this.plot('loss', half), this.plot('accuracy', half)]
    return left.map((line, i) => `${line.padEnd(half + gap)}${right[i]!}`)
  }

  private plot(figure: Figure, width: number): string[] {
    const columns = width - labelWidth - 2
    const begin = this.points[0]!.at - this.points[0]!.steps / this.stepsPerEpoch
    const end = this.points.at(-1)!.at
    const place = (at: number) => Math.round(((at - begin) / (end - begin)) * (columns - 1))
    const marks = this.ends.flatMap(({ at, [figure]: value }) => {
      return value === undefined || !Number.isFinite(value) || at > end + 1e-9 ? [] : [{ at, value }]
    })
    const values = this.byColumn(figure, columns, place)
    const axis = axisOf([...values, ...marks.map(({ value }) => value)], figure)
    const grid = Array.from({ length: plotHeight }, () => new Array<string>(columns).fill(' '))
    const rowOf = (value: number) => Math.round((1 - axis.share(value)) * (plotHeight - 1))
    drawLine(grid, values.map(rowOf), this.style)
    for (const { at, value } of marks) grid[rowOf(value)]![place(at)] = this.style.mark
    const middle = Math.floor((plotHeight - 1) / 2)
    const labels = new Map(
      [0, middle, plotHeight - 1].map((row) => [row, axis.at(1 - row / (plotHeight - 1))]),
    )
    const title = `${figure}${marks.length > 0 ? ` (${this.style.mark} validation)` : ''}`
    return [
      `${' '.repeat(labelWidth + 2)}${title}`,
      ...grid.map((row, r) => {
        const label = labels.get(r)
        const text = label === undefined ? '' : label.toPrecision(3)
        return `${text.padStart(labelWidth)} ${this.style.steep}${row.join('')}`.trimEnd()
      }),
      `${' '.repeat(labelWidth + 2)}${spread(`epoch ${short(begin)}`, short(end), columns)}`,
    ]
  }

  /** The mean of the points of each column; columns without any continue the ones before, or lead to the first. */
  private byColumn(figure: Figure, columns: number, place: (at: number) => number): number[] {
    const sums = Array.from({ length: columns }, () => ({ value: 0, steps: 0 }))
    for (const point of this.points) {
      const sum = sums[Math.max(0, Math.min(columns - 1, place(point.at)))]!
      sum.value += point[figure]! * point.steps
      sum.steps += point.steps
    }
    const known = sums.flatMap(({ value, steps }, i) => (steps > 0 ? [{ at: i, value: value / steps }] : []))
    let next = 0
    return sums.map((_, i) => {
      while (next < known.length - 1 && known[next]!.at < i) next++
      const after = known[next]!
      const before = known[Math.max(0, next - 1)]!
      if (i <= before.at || after.at === before.at) return before.value
      const share = Math.min(1, (i - before.at) / (after.at - before.at))
      return before.value + (after.value - before.value) * share
    })
  }
}

function inPairs(points: readonly Point[]): Point[] {
  const merged: Point[] = []
  for (let i = 0; i < points.length; i += 2) {
    const [a, b] = [points[i]!, points[i + 1]]
    merged.push(b === undefined ? a : joined(a, b))
  }
  return merged
}

function joined(a: Point, b: Point): Point {
  const steps = a.steps + b.steps
  const mean = (of: Figure) => ((a[of] ?? 0) * a.steps + (b[of] ?? 0) * b.steps) / steps
  const accuracy = a.accuracy === undefined ? undefined : mean('accuracy')
  return { at: b.at, steps, loss: mean('loss'), accuracy }
}

/** From the least value to the greatest: where a value lies between them, and the value at a place. */
function axisOf(values: readonly number[], figure: Figure) {
  const low = Math.min(...values)
  const high = Math.max(...values)
  const span = high - low || Math.abs(high) || 1
  if (figure === 'loss' && low > 0 && high / low > logarithmicFrom) {
    const ratio = Math.log(high / low)
    return {
      share: (value: number) => Math.log(value / low) / ratio,
      at: (share: number) => low * Math.exp(share * ratio),
    }
  }
  return { share: (value: number) => (value - low) / span, at: (share: number) => low + share * span }
}

/** A line through one row of each column. */
function drawLine(grid: string[][], rows: readonly number[], style: LineStyle): void {
  rows.forEach((row, column) => {
    const before = rows[column - 1] ?? row
    if (before === row) {
      grid[row]![column] = style.level
      return
    }
    const [up, top, bottom, down] = style.corners
    const rises = row < before
    grid[before]![column] = rises ? up : down
    grid[row]![column] = rises ? top : bottom
    for (let r = Math.min(row, before) + 1; r < Math.max(row, before); r++) grid[r]![column] = style.steep
  })
}

function spread(left: string, right: string, width: number): string {
  return `${left}${right.padStart(Math.max(right.length + 1, width - left.length))}`
}

function short(epochs: number): string {
  return String(Number(epochs.toFixed(1)))
}
