import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createProgress } from '../../src/cli/progress.js'

class Terminal {
  writes: string[] = []
  constructor(
    readonly isTTY: boolean,
    readonly columns = 100,
  ) {}
  write(text: string): void {
    this.writes.push(text)
  }
  /** The lines a reader would see: carriage returns overwrite, `ESC [K` erases to the end. */
  screen(): string[] {
    const lines = ['']
    let column = 0
    for (const part of this.writes.join('').match(/\r|\n|\u001b\[K|[^\r\n\u001b]+/g) ?? []) {
      const line = lines[lines.length - 1]
      if (part === '\r') column = 0
      else if (part === '\n') column = lines.push('') * 0
      else if (part === '\u001b[K') lines[lines.length - 1] = line.slice(0, column)
      else {
        lines[lines.length - 1] = line.slice(0, column) + part + line.slice(column + part.length)
        column += part.length
      }
    }
    return lines
  }
}

const epoch = { epoch: 1, loss: 0.30124, accuracy: 0.91, samplesPerSecond: 41203.4, seconds: 1.456 }
const create = (stream: Terminal, quiet = false) =>
  createProgress({ stream, epochs: 10, stepsPerEpoch: 50, quiet })
const step = (step: number, epoch = 1) => ({
  epoch,
  step,
  loss: 0.5,
  accuracy: 0.75,
  samplesPerSecond: 1234567,
})

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubEnv('TERM', 'xterm')
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllEnvs()
})

describe('progress without a terminal', () => {
  it('prints one plain line an epoch', () => {
    const stream = new Terminal(false)
    const progress = create(stream)
    progress.step(step(1))
    progress.epochEnd(epoch)
    progress.epochEnd({
      ...epoch,
      epoch: 10,
      loss: 0,
      validationLoss: 1.5e-7,
      validationAccuracy: 1,
      seconds: 61.26,
    })
    progress.epochEnd({ epoch: 2, loss: NaN, samplesPerSecond: 9, seconds: 0 })
    progress.done()
    expect(stream.writes).toEqual([
      'epoch  1/10  loss 0.3012  accuracy 0.9100  41,203 samples/s  1.46 s\n',
      'epoch 10/10  loss 0.0000  accuracy 0.9100  val loss 1.500e-7  val accuracy 1.0000  41,203 samples/s  61.3 s\n',
      'epoch  2/10  loss NaN  9 samples/s  0.00 s\n',
    ])
  })

  it('does so on a terminal that cannot redraw', () => {
    vi.stubEnv('TERM', 'dumb')
    const stream = new Terminal(true)
    create(stream).step(step(1))
    create(stream).epochEnd(epoch)
    expect(stream.writes).toHaveLength(1)
    expect(stream.writes[0]).not.toContain('\u001b')
  })

  it('prints nothing when quiet', () => {
    for (const stream of [new Terminal(false), new Terminal(true)]) {
      const progress = create(stream, true)
      progress.step(step(1))
      progress.epochEnd(epoch)
      progress.done()
      expect(stream.writes).toEqual([])
    }
  })
})

describe('progress on a terminal', () => {
  it('draws bar, loss, accuracy, speed and the time left', () => {
    const stream = new Terminal(true)
    const progress = create(stream)
    progress.step(step(1))
    expect(stream.screen()).toEqual([
      'epoch 1/10 [>                                   ] loss 0.5000  accuracy 0.7500  1,234,567 samples/s',
    ])
    vi.advanceTimersByTime(1000)
    progress.step(step(26))
    // 25 steps took 1 s; 474 of 500 are left.
    expect(stream.screen()).toEqual([
      'epoch 1/10 [============>            ] loss 0.5000  accuracy 0.7500  1,234,567 samples/s  0:19 left',
    ])
    vi.advanceTimersByTime(3600_000)
    progress.step(step(50, 9))
    // 449 steps took 3,601 s; 50 are left.
    expect(stream.screen()[0]).toMatch(/^epoch 9\/10 \[=+\] .*samples\/s {2}6:41 left$/)
  })

  it('draws at most ten times a second', () => {
    const stream = new Terminal(true)
    const progress = create(stream)
    for (let i = 0; i < 1000; i++) {
      progress.step(step((i % 50) + 1))
      vi.advanceTimersByTime(1)
    }
    expect(stream.writes).toHaveLength(10)
  })

  it('leaves the lines of epochs, and no rest of a bar', () => {
    const stream = new Terminal(true)
    const progress = create(stream)
    progress.step(step(40))
    progress.epochEnd(epoch)
    vi.advanceTimersByTime(200)
    progress.step(step(1, 2))
    progress.done()
    progress.done()
    expect(stream.screen()).toEqual([
      'epoch  1/10  loss 0.3012  accuracy 0.9100  41,203 samples/s  1.46 s',
      '',
    ])
  })

  it('never fills the width of the terminal, and keeps the loss longest', () => {
    for (let columns = 1; columns <= 140; columns++) {
      const stream = new Terminal(true, columns)
      const progress = create(stream)
      progress.step(step(1))
      vi.advanceTimersByTime(1000)
      progress.step(step(25))
      const [line] = stream.screen()
      expect(line.length).toBeLessThan(columns)
      expect(line.includes('loss 0.5000')).toBe(columns > 'epoch 1/10  loss 0.5000'.length)
      expect(line.includes('left')).toBe(columns > 84)
    }
  })

  it('tells hours', () => {
    const stream = new Terminal(true)
    const progress = create(stream)
    progress.step(step(1))
    vi.advanceTimersByTime(10_050)
    progress.step(step(2))
    expect(stream.screen()[0]).toMatch(/1:23:25 left$/)
  })

  it('counts the time left of a resumed run from where it began', () => {
    const stream = new Terminal(true)
    const progress = create(stream)
    progress.step(step(1, 9))
    vi.advanceTimersByTime(10_000)
    progress.step(step(26, 9))
    expect(stream.screen()[0]).toMatch(/0:30 left$/)
  })
})
