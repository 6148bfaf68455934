// A look inside: the confusion matrix, the first layer's weights as pictures, and the worst mistakes.
import type { NamedTensor } from '../library.js'
import { colorOf, element, make, onThemeChange, percent, write } from './dom.js'
import type { Examination, Mistake } from './messages.js'
import { side } from './picture.js'

const mostUnits = 40
const gap = 2

export class Inside {
  private readonly cells: HTMLTableCellElement[][]
  private readonly weights = element('weights', HTMLCanvasElement)
  private readonly weightsNote = element('weights-note', HTMLElement)
  private readonly mistakes = element('mistakes', HTMLOListElement)
  private latest: NamedTensor | undefined
  private shown: readonly Mistake[] = []

  constructor() {
    this.cells = confusionTable(element('confusion', HTMLTableElement))
    onThemeChange(() => {
      if (this.latest !== undefined) this.showWeights(this.latest)
      this.showMistakes(this.shown)
    })
  }

  show({ confusion, mistakes }: Examination): void {
    for (let truth = 0; truth < 10; truth++) {
      const row = confusion.subarray(10 * truth, 10 * truth + 10)
      const total = row.reduce((sum, count) => sum + count, 0)
      row.forEach((count, reading) => {
        const cell = this.cells[truth]![reading]!
        const share = total === 0 ? 0 : count / total
        write(cell, count === 0 ? '·' : String(count))
        // Errors are few: their colour grows faster.
        const strength = reading === truth ? 0.35 * share : Math.min(1, 5 * share) * 0.75
        cell.style.setProperty('--strength', `${(100 * strength).toFixed(1)}%`)
      })
    }
    this.showMistakes(mistakes)
  }

  /** @param weight of the first layer, [784, units]. */
  showWeights(weight: NamedTensor): void {
    this.latest = weight
    const units = weight.shape[1]!
    const count = Math.min(units, mostUnits)
    const columns = Math.min(count, 8)
    const rows = Math.ceil(count / columns)
    const { weights } = this
    const [width, height] = [columns * (side + gap) - gap, rows * (side + gap) - gap]
    if (weights.width !== width) weights.width = width
    if (weights.height !== height) weights.height = height
    const context = weights.getContext('2d')!
    const image = context.createImageData(width, height)
    const [middle, positive, negative] = [colorOf('--paper'), colorOf('--accent'), colorOf('--cool')] as const
    for (let unit = 0; unit < count; unit++) {
      const left = (unit % columns) * (side + gap)
      const top = Math.floor(unit / columns) * (side + gap)
      let most = 1e-9
      for (let pixel = 0; pixel < side * side; pixel++)
        most = Math.max(most, Math.abs(weight.data[pixel * units + unit]!))
      for (let pixel = 0; pixel < side * side; pixel++) {
        const value = weight.data[pixel * units + unit]! / most
        const end = value < 0 ? negative : positive
        const at = 4 * ((top + Math.floor(pixel / side)) * width + left + (pixel % side))
        for (let c = 0; c < 3; c++) image.data[at + c] = middle[c]! + Math.abs(value) * (end[c]! - middle[c]!)
        image.data[at + 3] = 255
      }
    }
    context.putImageData(image, 0, 0)
    const which = units > count ? `the first ${String(count)} of ${String(units)}` : `all ${String(units)}`
    write(
      this.weightsNote,
      `Units of the first layer: ${which}. Each picture shows what makes its unit answer (warm) or keeps it quiet (cool).`,
    )
  }

  private showMistakes(mistakes: readonly Mistake[]): void {
    this.shown = mistakes
    const ink = colorOf('--ink')
    this.mistakes.replaceChildren(
      ...mistakes.map(({ picture, truth, reading, share }) => {
        const item = make('li', 'mistake')
        const caption = make('span', 'mistake-caption')
        const words = `A ${String(truth)}, read as ${String(reading)} with ${percent(share, 0)}`
        caption.append(String(truth), make('span', 'arrow', ' → '), make('strong', '', String(reading)))
        const canvas = drawPicture(make('canvas'), picture, ink)
        canvas.role = 'img'
        canvas.ariaLabel = words
        caption.ariaHidden = 'true'
        item.title = words
        item.append(canvas, caption)
        return item
      }),
    )
    element('no-mistakes', HTMLElement).hidden = mistakes.length > 0
  }
}

/** Draws 784 bytes in a colour, the background left clear. */
export function drawPicture(
  canvas: HTMLCanvasElement,
  picture: Uint8Array,
  [red, green, blue]: readonly [number, number, number],
): HTMLCanvasElement {
  canvas.width = canvas.height = side
  const context = canvas.getContext('2d')!
  const image = context.createImageData(side, side)
  picture.forEach((value, i) => {
    image.data.set([red, green, blue, value], 4 * i)
  })
  context.putImageData(image, 0, 0)
  return canvas
}

function confusionTable(table: HTMLTableElement): HTMLTableCellElement[][] {
  const head = table.createTHead().insertRow()
  const corner = make('td', 'corner')
  corner.append(make('span', 'visually-hidden', 'truth down, reading across'))
  head.append(corner)
  const body = table.createTBody()
  return Array.from({ length: 10 }, (_, truth) => {
    const column = make('th', '', String(truth))
    column.scope = 'col'
    head.append(column)
    const row = body.insertRow()
    const name = make('th', '', String(truth))
    name.scope = 'row'
    row.append(name)
    return Array.from({ length: 10 }, (_, reading) => {
      const cell = row.insertCell()
      cell.className = reading === truth ? 'right' : 'wrong'
      cell.textContent = '·'
      return cell
    })
  })
}
