// The page's end of the line to the examiner.
import type { ModelState } from '../library.js'
import type { Examination, Reply, Request, TrainingData } from './messages.js'
import type { SetName } from './settings.js'

type Unnumbered = Request extends infer R ? (R extends unknown ? Omit<R, 'id'> : never) : never

export class Examiner {
  private readonly worker = new Worker(new URL('examiner.js', import.meta.url), {
    type: 'module',
    name: 'examiner',
  })
  private readonly waiting = new Map<
    number,
    { resolve: (reply: Reply) => void; reject: (error: Error) => void }
  >()
  private count = 0

  constructor() {
    this.worker.onmessage = ({ data }: MessageEvent<Reply>) => {
      const { resolve, reject } = this.waiting.get(data.id)!
      this.waiting.delete(data.id)
      if (data.type === 'failed') reject(new Error(data.message))
      else resolve(data)
    }
    this.worker.onerror = (event) => {
      for (const { reject } of this.waiting.values())
        reject(new Error(event.message || 'the examiner did not start'))
      this.waiting.clear()
    }
  }

  /** Loads a set; later examinations are on its test digits. */
  async load(set: SetName): Promise<TrainingData> {
    return ((await this.ask({ type: 'load', set })) as Reply & { type: 'loaded' }).data
  }

  async examine({ architecture, weights, preprocessing }: ModelState): Promise<Examination> {
    const state = { architecture, weights, preprocessing }
    return ((await this.ask({ type: 'examine', state })) as Reply & { type: 'examined' }).result
  }

  private ask(request: Unnumbered): Promise<Reply> {
    const id = ++this.count
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject })
      this.worker.postMessage({ ...request, id })
    })
  }
}
