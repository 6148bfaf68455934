// What the network reads: the digit, large, and ten bars.
import { element, make, percent, write } from './dom.js'

/** Below it a reading is called unsure. */
const sure = 0.6

export class Probabilities {
  private readonly rows: { row: HTMLElement; bar: HTMLElement; value: HTMLElement }[]
  private readonly digit = element('digit', HTMLElement)
  private readonly certainty = element('certainty', HTMLElement)
  /** What the last reading was, in words. */
  spoken = ''

  constructor() {
    const list = element('bars', HTMLOListElement)
    this.rows = Array.from({ length: 10 }, (_, label) => {
      const row = make('li', 'bar')
      const [name, track, bar] = [
        make('span', 'bar-label', String(label)),
        make('span', 'bar-track'),
        make('span', 'bar-fill'),
      ]
      const value = make('span', 'bar-value', '–')
      track.append(bar)
      row.append(name, track, value)
      list.append(row)
      return { row, bar, value }
    })
  }

  /** @param shares ten probabilities; undefined for an empty drawing. */
  show(shares: Float32Array | undefined): void {
    const best = shares === undefined ? -1 : shares.indexOf(Math.max(...shares))
    this.rows.forEach(({ row, bar, value }, label) => {
      const share = shares?.[label] ?? 0
      bar.style.transform = `scaleX(${share.toFixed(4)})`
      row.classList.toggle('best', label === best)
      write(value, shares === undefined ? '–' : percent(share))
    })
    const unsure = shares === undefined || shares[best]! < sure
    this.digit.classList.toggle('unsure', unsure)
    write(this.digit, shares === undefined ? '?' : String(best))
    this.spoken =
      shares === undefined ? 'Nothing is drawn.' : `Reads ${String(best)}, ${percent(shares[best]!, 0)}.`
    write(
      this.certainty,
      shares === undefined
        ? 'Draw a digit, or pick one below'
        : unsure
          ? 'is the best guess, an unsure one'
          : 'is what the network reads',
    )
  }
}
