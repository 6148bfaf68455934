// Models that outlive the page: files on the user's disk, and a shelf in the browser (IndexedDB).
import { decodeModel, NeuralNetwork, removeModel, savedModels } from '../library.js'
import { element, make } from './dom.js'
import { side } from './picture.js'

/** No model of this page is as large. */
const mostBytes = 256 * 2 ** 20

export interface ModelEvents {
  /** The network to save; undefined where there is none yet. */
  current(): NeuralNetwork | undefined
  loaded(network: NeuralNetwork, from: string): void
  tell(message: string): void
  failed(message: string): void
}

/** Wires up the buttons and the list. */
export class Models {
  private readonly list = element('kept', HTMLUListElement)
  private readonly name = element('model-name', HTMLInputElement)
  private readonly file = element('model-file', HTMLInputElement)

  constructor(private readonly events: ModelEvents) {
    element('save-file', HTMLButtonElement).onclick = () => void this.attempt(() => this.saveFile())
    element('load-file', HTMLButtonElement).onclick = () => {
      this.file.click()
    }
    this.file.onchange = () => void this.attempt(() => this.loadFile())
    element('keep', HTMLFormElement).onsubmit = (event) => {
      event.preventDefault()
      void this.attempt(() => this.keep())
    }
    void this.attempt(() => this.refresh())
  }

  private async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.events.failed(error instanceof Error ? error.message : String(error))
    }
  }

  private require(): NeuralNetwork {
    const network = this.events.current()
    if (network === undefined) throw new Error('There is no network yet: train one first.')
    return network
  }

  private async saveFile(): Promise<void> {
    const name = `${safeName(this.name.value)}.safetensors`
    await this.require().save(`download:${name}`)
    this.events.tell(`Saved as ${name}.`)
  }

  private async loadFile(): Promise<void> {
    const file = this.file.files?.[0]
    this.file.value = ''
    if (file === undefined) return
    if (file.size > mostBytes)
      throw new Error(`${file.name} is larger than any model that this page takes (256 MiB).`)
    const network = await NeuralNetwork.fromState(
      await decodeModel(new Uint8Array(await file.arrayBuffer()), file.name),
    )
    requireDigits(network, file.name)
    this.events.loaded(network, file.name)
  }

  private async keep(): Promise<void> {
    const name = safeName(this.name.value)
    await this.require().save(name)
    await this.refresh()
    this.events.tell(`Kept in this browser as “${name}”.`)
  }

  private async refresh(): Promise<void> {
    const names = await savedModels()
    this.list.replaceChildren(
      ...names.map((name) => {
        const item = make('li')
        const [load, remove] = [make('button', 'quiet', 'Load'), make('button', 'quiet', 'Remove')]
        load.ariaLabel = `Load ${name}`
        remove.ariaLabel = `Remove ${name}`
        load.onclick = () =>
          void this.attempt(async () => {
            const network = await NeuralNetwork.load(name)
            requireDigits(network, name)
            this.events.loaded(network, name)
          })
        remove.onclick = () =>
          void this.attempt(async () => {
            await removeModel(name)
            await this.refresh()
            this.name.focus()
            this.events.tell(`Removed “${name}”.`)
          })
        item.append(make('span', 'kept-name', name), load, remove)
        return item
      }),
    )
    element('none-kept', HTMLElement).hidden = names.length > 0
  }
}

/** A name without what file systems or addresses would take for something else. */
function safeName(text: string): string {
  const name = text
    .trim()
    .replace(/[^\p{L}\p{N} _.-]+/gu, '-')
    .replace(/^[.\s]+/, '')
  return name === '' ? 'digits' : name.slice(0, 60)
}

/** @throws Error for a network that reads no pictures of digits. */
function requireDigits({ model }: NeuralNetwork, name: string): void {
  const weights = model.weights()
  const [inputs, outputs] = [weights[0]?.shape[0], weights.at(-1)?.shape.at(-1)]
  if (inputs === side * side && outputs === 10) return
  throw new Error(
    `${name} takes ${String(inputs)} numbers and gives ${String(outputs)}; a model of this page takes 784 (28 × 28 pixels) and gives 10.`,
  )
}
