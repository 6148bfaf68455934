// The examiner's program: loads data sets, and tests models on their test digits.
import { loadDataset, NeuralNetwork, type Dataset } from '../library.js'
import type { Examination, Mistake, Reply, Request, TrainingData } from './messages.js'
import { side } from './picture.js'

const pixels = side * side
const mistakesShown = 12
const samplesOfClass = 12

let test: { data: Uint8Array; y: Uint8Array } | undefined
let examined: { layers: string; network: NeuralNetwork } | undefined

onmessage = ({ data }: MessageEvent<Request>) => {
  void answer(data)
}

async function answer(request: Request): Promise<void> {
  const { id } = request
  try {
    if (request.type === 'load') {
      const dataDir = new URL(`data/${request.set}/`, location.href).href
      const { train, test: part } = await loadDataset(
        request.set,
        request.set === 'digits' ? {} : { dataDir },
      )
      test = { data: bytesOf(part), y: Uint8Array.from(part.y as Uint8Array) }
      const x = shareable(bytesOf(train))
      const y = Uint8Array.from(train.y as Uint8Array)
      const loaded: TrainingData = {
        set: request.set,
        x: { data: x, shape: [y.length, pixels] },
        y,
        testRows: test.y.length,
        samples: samplesOf(test),
      }
      send({ id, type: 'loaded', data: loaded }, [
        y.buffer,
        ...(x.buffer instanceof ArrayBuffer ? [x.buffer] : []),
      ])
    } else send({ id, type: 'examined', result: await examine(request.state) })
  } catch (error) {
    send({ id, type: 'failed', message: error instanceof Error ? error.message : String(error) })
  }
}

function send(reply: Reply, transfer: Transferable[] = []): void {
  postMessage(reply, { transfer })
}

function bytesOf({ x }: Dataset['train']): Uint8Array {
  return (x as { data: Uint8Array }).data
}

/** The same bytes where the page and the worker of a fit can read them too without copying them first, where that is allowed. */
function shareable(bytes: Uint8Array): Uint8Array {
  if (!crossOriginIsolated) return bytes
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length))
  shared.set(bytes)
  return shared
}

function samplesOf({ data, y }: NonNullable<typeof test>): Uint8Array[][] {
  const samples: Uint8Array[][] = Array.from({ length: 10 }, () => [])
  y.forEach((label, row) => {
    if (samples[label]!.length < samplesOfClass)
      samples[label]!.push(data.slice(row * pixels, (row + 1) * pixels))
  })
  return samples
}

async function examine(state: (Request & { type: 'examine' })['state']): Promise<Examination> {
  const began = performance.now()
  const { data, y } = test!
  const layers = JSON.stringify([state.architecture, state.preprocessing])
  if (examined?.layers === layers) examined.network.setWeights(state.weights)
  else {
    examined?.network.close()
    const network = await NeuralNetwork.fromState(
      {
        version: 1,
        kind: 'neural-network',
        outputs: { task: 'classification' },
        settings: { optimizer: 'sgd', loss: 'crossentropy' },
        ...state,
      },
      { threads: 1 },
    )
    examined = { layers, network }
  }
  const { data: shares } = await examined.network.model.predict({ data, shape: [y.length, pixels] })
  const confusion = new Uint32Array(100)
  const mistakes: Mistake[] = []
  let [loss, right] = [0, 0]
  y.forEach((truth, row) => {
    const own = shares.subarray(10 * row, 10 * row + 10)
    const reading = own.indexOf(Math.max(...own))
    confusion[10 * truth + reading]!++
    loss -= Math.log(Math.max(own[truth]!, 1e-7))
    if (reading === truth) right++
    else
      note(mistakes, {
        picture: data.subarray(row * pixels, (row + 1) * pixels),
        truth,
        reading,
        share: own[reading]!,
      })
  })
  return {
    loss: loss / y.length,
    accuracy: right / y.length,
    confusion,
    mistakes: mistakes.map((mistake) => ({ ...mistake, picture: mistake.picture.slice() })),
    milliseconds: performance.now() - began,
  }
}

/** Keeps the surest, in order. */
function note(mistakes: Mistake[], mistake: Mistake): void {
  if (mistakes.length === mistakesShown && mistake.share <= mistakes.at(-1)!.share) return
  const at = mistakes.findIndex(({ share }) => share < mistake.share)
  mistakes.splice(at < 0 ? mistakes.length : at, 0, mistake)
  if (mistakes.length > mistakesShown) mistakes.pop()
}
