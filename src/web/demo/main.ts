// The page: draws its parts together. Everything heavy is elsewhere: training in a worker of the library's, data and tests in the
// examiner; here only the latest of what they tell is drawn, a few times a second.
import { NeuralNetwork, setWorker } from '../library.js'
import { Charts, emptyCurves, type Curves } from './curves.js'
import { colorOf, element, grouped, make, onThemeChange, paced, percent, write } from './dom.js'
import { Examiner } from './examiner.js'
import { drawPicture, Inside } from './inside.js'
import type { TrainingData } from './messages.js'
import { Models } from './models.js'
import { Pad } from './pad.js'
import { pictureOf } from './picture.js'
import { Probabilities } from './probabilities.js'
import { FieldError, settingsFrom, usualRate, type SetName, type Settings } from './settings.js'
import { Trainer, type Phase, type Progress } from './trainer.js'

/** Epochs of the training with which the page opens. */
const openingEpochs = 6
/** Between two announcements of how it goes. */
const spokenMilliseconds = 8000

setWorker(() => new Worker(new URL('lib/worker.js', import.meta.url)))

const examiner = new Examiner()
const probabilities = new Probabilities()
const charts = new Charts()
const inside = new Inside()
const form = element('settings', HTMLFormElement)
const trainButton = element('train', HTMLButtonElement)
const pauseButton = element('pause', HTMLButtonElement)
const stopButton = element('stop', HTMLButtonElement)
const seen = element('seen', HTMLCanvasElement)

let network: NeuralNetwork | undefined
let data: TrainingData | undefined

const outputs = new Float32Array(10)
let picture: Uint8Array<ArrayBuffer> = new Uint8Array(784)

const pad = new Pad(element('pad', HTMLCanvasElement), {
  changed() {
    picture = pad.sample === undefined ? pictureOf(pad.strokes) : Uint8Array.from(pad.sample)
    drawPicture(seen, picture, colorOf('--ink'))
    read()
  },
  settled() {
    read()
    say(probabilities.spoken)
  },
})
element('clear', HTMLButtonElement).onclick = () => pad.clear()
element('undo', HTMLButtonElement).onclick = () => pad.undo()
onThemeChange(() => drawPicture(seen, picture, colorOf('--ink')))

/** Reads what is drawn with the present weights. */
function read(): void {
  const nothing = pad.isEmpty || network === undefined
  probabilities.show(nothing ? undefined : network!.predictSync(picture, outputs))
}

/** Tells a screen reader, and everyone else below the buttons. */
function say(message: string): void {
  write(element('said', HTMLElement), message)
}

function fail(message: string): void {
  const box = element('failure', HTMLElement)
  write(box, message)
  box.hidden = message === ''
}

// What training tells

const drawCurves = paced<Curves>(100, (curves) => charts.draw(curves))
const drawFigures = paced<Progress>(100, showFigures)
const drawWeights = paced<NeuralNetwork>(300, (of) => {
  inside.showWeights(of.weights()[0]!)
})
const drawReading = paced<NeuralNetwork>(100, read)
let spoken = 0

const trainer = new Trainer(examiner, {
  phase: showPhase,
  progress(progress) {
    drawFigures(progress)
    drawCurves(progress.curves)
  },
  weights(of) {
    network = of
    drawWeights(of)
    drawReading(of)
  },
  examined(result, epoch) {
    write(element('test-accuracy', HTMLElement), percent(result.accuracy, 2))
    inside.show(result)
    if (performance.now() - spoken < spokenMilliseconds) return
    spoken = performance.now()
    say(`Epoch ${String(Math.ceil(epoch))}: ${percent(result.accuracy)} of the test digits are read right.`)
  },
})

function showFigures({ settings, slice, epoch, seconds, threads }: Progress): void {
  write(element('epoch', HTMLElement), `${epoch.toFixed(epoch < 10 ? 1 : 0)} / ${String(settings.epochs)}`)
  write(
    element('rate-now', HTMLElement),
    slice === undefined ? '–' : grouped(roundTo3(slice.samplesPerSecond)),
  )
  write(element('loss-now', HTMLElement), slice === undefined ? '–' : slice.loss.toFixed(4))
  write(element('seconds', HTMLElement), `${seconds.toFixed(1)} s`)
  write(element('threads', HTMLElement), threads === undefined ? '–' : String(threads))
}

function roundTo3(value: number): number {
  return Number(value.toPrecision(3))
}

function showPhase(phase: Phase): void {
  document.body.dataset['phase'] = phase
  const idle = phase === 'idle'
  const held = document.activeElement
  trainButton.hidden = !idle
  pauseButton.hidden = stopButton.hidden = idle
  write(pauseButton, phase === 'paused' ? 'Resume' : 'Pause')
  // Who pressed a button that is gone is led to the one in its place.
  if (held === trainButton && !idle) pauseButton.focus()
  if ((held === pauseButton || held === stopButton) && idle) trainButton.focus()
}

async function train(settings: Settings): Promise<void> {
  fail('')
  for (const field of form.querySelectorAll('[aria-invalid]')) field.removeAttribute('aria-invalid')
  trainButton.disabled = true
  try {
    if (data?.set !== settings.set) {
      write(
        element('model', HTMLElement),
        settings.set === 'digits' ? 'Drawing 12,000 digits …' : 'Loading MNIST …',
      )
      data = await examiner.load(settings.set)
      showSamples(data)
    }
    describe(settings, data)
    say('Training has begun.')
    spoken = performance.now()
    const { progress, result } = await trainer.train(settings, data)
    // At once: what is said next is about them.
    showFigures(progress)
    charts.draw(progress.curves)
    drawWeights(network!)
    read()
    const did =
      progress.epoch < settings.epochs ? `stopped after ${progress.epoch.toFixed(1)} epochs` : 'done'
    say(
      `Training is ${did}, in ${progress.seconds.toFixed(1)} s: ${percent(result.accuracy)} of ${grouped(data.testRows)} test digits are read right.`,
    )
    spoken = performance.now()
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error))
    showPhase('idle')
  } finally {
    trainButton.disabled = false
  }
}

function describe({ set, hidden, activation, optimizer }: Settings, { y }: TrainingData): void {
  const layers = [784, ...hidden, 10]
  const weights = layers.slice(1).reduce((sum, units, i) => sum + units * (layers[i]! + 1), 0)
  const digits =
    set === 'digits' ? `${grouped(y.length)} built-in digits` : `MNIST’s ${grouped(y.length)} digits`
  const functions = hidden.length > 0 ? `, ${activation}` : ''
  write(
    element('model', HTMLElement),
    `${layers.join('–')}${functions}, ${grouped(weights)} weights, ${optimizer}, on ${digits}`,
  )
}

// The form

trainButton.onclick = () => {
  form.requestSubmit()
}
form.onsubmit = (event) => {
  event.preventDefault()
  if (trainer.phase !== 'idle' || trainButton.disabled) return
  try {
    void train(settingsFrom(new FormData(form)))
  } catch (error) {
    if (!(error instanceof FieldError)) throw error
    const field = form.elements.namedItem(error.field) as HTMLInputElement
    field.ariaInvalid = 'true'
    field.focus()
    fail(`${field.labels?.[0]?.textContent?.trim() ?? error.field}: ${error.message}.`)
  }
}
pauseButton.onclick = () => trainer.togglePause()
stopButton.onclick = () => trainer.stop()
element('optimizer', HTMLSelectElement).onchange = ({ target }) => {
  element('rate', HTMLInputElement).value = String(usualRate[(target as HTMLSelectElement).value] ?? 0.001)
}

// Test digits to pick, for those who do not draw

const turns = new Array<number>(10).fill(0)
let drawSamples = () => undefined as void
onThemeChange(() => drawSamples())

function showSamples({ samples }: TrainingData): void {
  const list = element('samples', HTMLElement)
  drawSamples = () => {
    list.replaceChildren(
      ...samples.map((ofClass, digit) => {
        const button = make('button', 'sample')
        button.type = 'button'
        button.ariaLabel = `Show a ${String(digit)} of the test digits`
        const next = () => ofClass[turns[digit]! % ofClass.length]!
        const canvas = make('canvas')
        canvas.ariaHidden = 'true'
        drawPicture(canvas, next(), colorOf('--ink'))
        button.append(canvas)
        button.onclick = () => {
          pad.show(next())
          turns[digit]!++
          drawPicture(canvas, next(), colorOf('--ink'))
        }
        return button
      }),
    )
  }
  drawSamples()
}

// Models

void new Models({
  current: () => network,
  loaded(loaded, from) {
    if (trainer.phase !== 'idle')
      throw new Error('Stop the training first: it would go on in place of the loaded model.')
    network = loaded
    read()
    const weights = loaded.weights()
    const layers = [784, ...weights.filter(({ shape }) => shape.length === 1).map(({ shape }) => shape[0]!)]
    const count = weights.reduce((sum, { data: values }) => sum + values.length, 0)
    write(element('model', HTMLElement), `${layers.join('–')}, ${grouped(count)} weights, from ${from}`)
    drawWeights(loaded)
    for (const id of ['epoch', 'rate-now', 'loss-now', 'seconds', 'threads'])
      write(element(id, HTMLElement), '–')
    charts.draw(emptyCurves(1))
    say(`Loaded ${from}. ${probabilities.spoken}`)
    if (data === undefined) return
    void examiner.examine(loaded.state()).then((result) => {
      write(element('test-accuracy', HTMLElement), percent(result.accuracy, 2))
      inside.show(result)
    })
  },
  tell: (message) => {
    fail('')
    say(message)
  },
  failed: fail,
})

// The page opens

/** Offers the sets that lie beside the page. */
async function offerSets(): Promise<void> {
  const response = await fetch(new URL('data/sets.json', location.href))
  const sets = response.ok ? ((await response.json()) as { sets: SetName[] }).sets : []
  for (const option of element('set', HTMLSelectElement).options) {
    option.disabled = option.value !== 'digits' && !sets.includes(option.value as SetName)
    if (option.disabled) option.text += ' (not served here)'
  }
}

async function start(): Promise<void> {
  element('isolation', HTMLElement).hidden = crossOriginIsolated
  showPhase('idle')
  charts.draw(emptyCurves(1))
  probabilities.show(undefined)
  await offerSets().catch(() => undefined) // a folder without the list has the built-in digits
  await train({ ...settingsFrom(new FormData(form)), set: 'digits', epochs: openingEpochs })
}

void start()
