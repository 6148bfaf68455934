import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { LiveCurves, plainStyle } from '../../src/cli/live-curves.js'
import { createProgress } from '../../src/cli/progress.js'

class Terminal {
  writes: string[] = []
  constructor(
    readonly isTTY: boolean,
    public columns = 100,
    readonly rows?: number,
  ) {}
  write(text: string): void {
    this.writes.push(text)
  }
  /** The lines a reader would see: carriage returns overwrite, `ESC [K` and `ESC [J` erase to the end, `ESC [nA` goes up. */
  screen(): string[] {
    const lines = ['']
    let column = 0
    let row = 0
    for (const part of this.writes.join('').match(/\r|\n|\u001b\[\d*[KJA]|[^\r\n\u001b]+/g) ?? []) {
      const line = lines[row]
      if (part === '\r') column = 0
      else if (part === '\n') {
        column = 0
        if (++row === lines.length) lines.push('')
      } else if (part.endsWith('A') && part.startsWith('\u001b')) {
        row -= Number(part.slice(2, -1))
        if (row < 0) throw new Error('above the screen')
      } else if (part === '\u001b[K' || part === '\u001b[J') {
        lines[row] = line.slice(0, column)
        if (part.endsWith('J')) lines.splice(row + 1)
      } else {
        lines[row] = line.slice(0, column) + part + line.slice(column + part.length)
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

describe('the curves below the bar', () => {
  /** Six epochs of ten steps, ten redraws each; loss 2.4 · 0.7^epochs, accuracy its complement. */
  const run = (stream: Terminal, epochs = 6, scored = true) => {
    const progress = create(stream)
    for (let number = 1; number <= epochs; number++) {
      let [loss, accuracy] = [0, 0]
      for (let i = 1; i <= 50; i++) {
        const now = 2.4 * 0.7 ** (number - 1 + i / 50)
        loss += now
        accuracy += 1 - now / 3
        vi.advanceTimersByTime(20)
        const means = { loss: loss / i, ...(scored ? { accuracy: accuracy / i } : {}) }
        progress.step({ epoch: number, step: i, samplesPerSecond: 1e5, ...means })
      }
      if (number < epochs) {
        const validation = {
          validationLoss: 2.5 * 0.7 ** number,
          validationAccuracy: 0.9 - 0.8 * 0.7 ** number,
        }
        progress.epochEnd({ ...epoch, epoch: number, ...validation })
      }
    }
    return progress
  }
  beforeEach(() => {
    vi.stubEnv('LC_ALL', 'C')
  })

  it('show loss and accuracy, training as a line and validation as marks', () => {
    const stream = new Terminal(true, 100, 30)
    run(stream)
    const screen = stream.screen()
    expect(screen.slice(0, 5).every((line, i) => line.startsWith(`epoch  ${String(i + 1)}/10  loss`))).toBe(
      true,
    )
    expect(screen.slice(6)).toEqual([
      '           loss (o validation)                               accuracy (o validation)',
      '     2.36 |--.                                        0.902 |                          .---------',
      "          |  '---o                                          |                .-------o-'   o",
      "     1.53 |      '---.                                0.627 |          .-----' o",
      "          |          '-o---.                                |      .---' o",
      "          |                '-o-----o-.                      |  .---o",
      "    0.295 |                          '---o-----       0.214 |--'",
      '           epoch 0                          5.9              epoch 0                          5.9',
    ])
  })

  it('are drawn with lines where the terminal speaks Unicode', () => {
    vi.stubEnv('LC_ALL', 'C.UTF-8')
    const stream = new Terminal(true, 60, 30)
    run(stream, 2, false)
    expect(stream.screen().slice(2)).toEqual([
      '           loss (● validation)',
      '     2.38 │────╮',
      '          │    ╰──────╮',
      '     1.92 │           ╰───────╮',
      '          │                   ╰───●─────╮',
      '          │                             ╰─────────╮',
      '     1.21 │                                       ╰──────',
      '           epoch 0                                    1.9',
    ])
  })

  it.each([
    [100, undefined],
    [100, 13],
    [38, 30],
  ])('are left out of a terminal of %o columns and %o lines', (columns, rows) => {
    const stream = new Terminal(true, columns, rows)
    run(stream)
    expect(stream.screen()).toHaveLength(6)
  })

  it('never reach the last columns, and are gone in the end', () => {
    for (let columns = 1; columns <= 140; columns++) {
      const stream = new Terminal(true, columns, 40)
      const progress = run(stream, 2)
      const lines = stream.screen().slice(1)
      for (const line of lines) expect(line.length).toBeLessThan(columns)
      for (const line of lines.slice(1)) expect(line.length).toBeLessThan(columns - 2)
      expect(lines).toHaveLength(columns >= 39 ? 9 : 1)
      progress.done()
      progress.done()
      expect(stream.screen()).toHaveLength(2)
      expect(stream.screen()[1]).toBe('')
    }
  })

  it('are erased from a terminal that became narrower and wrapped them', () => {
    const stream = new Terminal(true, 100, 40)
    const progress = run(stream, 2)
    const lines = stream.screen().slice(1)
    stream.columns = 50
    stream.writes = []
    progress.done()
    const wrapped = lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / 50)), 0)
    expect(stream.writes).toEqual([`\r\u001b[${String(wrapped - 1)}A\u001b[J`])
  })

  it('span any range, on a logarithmic axis where it is wide', () => {
    const labels = (losses: number[]) => {
      const curves = new LiveCurves(1, plainStyle)
      losses.forEach((loss, i) => {
        curves.step({ epoch: i + 1, step: 1, loss, samplesPerSecond: 1 })
      })
      return curves.lines(60).flatMap((line) => /^ *([\d.e+-]+) \|/.exec(line)?.[1] ?? [])
    }
    expect(labels([1000, 100, 10, 1])).toEqual(['1.00e+3', '63.1', '1.00'])
    expect(labels([1, 0, 2, 3])).toEqual(['3.00', '1.80', '0.00'])
    expect(labels([2, 2, 2])).toEqual(['4.00', '3.20', '2.00'])
    expect(labels([NaN, 2])).toEqual([])
  })

  it('keep few points of a long training', () => {
    const curves = new LiveCurves(100_000, plainStyle)
    let sum = 0
    for (let step = 1; step <= 100_000; step++) {
      sum += step <= 50_000 ? 1 : 3
      curves.step({ epoch: 1, step, loss: sum / step, samplesPerSecond: 1 })
    }
    const lines = curves.lines(71)
    expect(lines[1]).toBe('     3.00 |' + ' '.repeat(30) + '.' + '-'.repeat(29))
    expect(lines[6]).toBe('     1.00 |' + '-'.repeat(30) + "'")
  })
})
