// The layers of a model in a memory of their own, run by the core of exported modules: one row at a time, strict numerics.
// Weights are in panels, placed once; see assembly/inference/index.ts. Knows nothing of labels and tables.
import { DataError, EngineError, ShapeError } from '../core/errors.js'
import type { Preprocessing } from '../core/state.js'
import { inferenceCore } from '../persist/module/core-binary.js'
import type { Step, Steps } from '../persist/module/layers.js'

type Kernel = (...given: number[]) => number

const pageBytes = 65536
const maximumPages = 65536

export class InferenceNetwork {
  private readonly prepare: () => number
  private readonly runs: (() => number)[] = []
  private readonly input: Float32Array
  private readonly result: Float32Array

  private constructor(
    readonly steps: Steps,
    preprocessing: Preprocessing,
    private readonly core: Record<string, Kernel>,
    private readonly memory: WebAssembly.Memory,
  ) {
    const { inputs, outputs } = steps
    const room = allocator()
    const widest = widestOf(steps)
    const padded = 16 * Math.ceil(inputs / 16)
    const [x, scale, shift] = [room(inputs), room(inputs), room(inputs)]
    const list = room(2 * widest)
    const buffers = [room(widest), room(widest)] as const
    this.placeRow(scale, inputs, preprocessing.scale)
    this.placeRow(shift, inputs, preprocessing.shift)
    const { prepare } = core
    this.prepare = () => prepare!(x, scale, shift, padded)
    let at = x
    let width = inputs
    let turn = 0
    for (const step of steps.steps) {
      if (step.kind === 'activation') {
        this.runs.push(this.activation(step, at, width))
        continue
      }
      const to = buffers[turn & 1]!
      const from = at
      const w = this.placeMatrix(room, step.weight.data, step.inputs, step.outputs)
      const b = this.placeMatrix(room, step.bias?.data, 1, step.outputs)
      this.runs.push(() => core['dense']!(to, from, w, b, step.inputs, step.outputs, list))
      turn++
      at = to
      width = step.outputs
    }
    this.input = new Float32Array(memory.buffer, x, inputs)
    this.result = new Float32Array(memory.buffer, at, outputs)
  }

  /** @throws EngineError where the engine lacks SIMD or memory for the weights. */
  static async create(steps: Steps, preprocessing: Preprocessing): Promise<InferenceNetwork> {
    const pages = Math.ceil(bytesOf(steps) / pageBytes)
    const bytes = Uint8Array.from(atob(inferenceCore), (character) => character.charCodeAt(0))
    try {
      if (pages > maximumPages) throw new RangeError('more than 4 GiB')
      const memory = new WebAssembly.Memory({ initial: pages })
      const { instance } = await WebAssembly.instantiate(bytes, { env: { memory } })
      return new InferenceNetwork(
        steps,
        preprocessing,
        instance.exports as unknown as Record<string, Kernel>,
        memory,
      )
    } catch (cause) {
      throw new EngineError({
        rule: `the engine runs WebAssembly with SIMD and has ${String(pages)} pages of 64 KiB`,
        received: String(cause),
        remedy:
          'use a newer engine or a smaller model; a Content-Security-Policy must allow wasm-unsafe-eval',
        cause,
      })
    }
  }

  /**
   * The outputs for one row, as the network makes them, written into `into` from `at` on; makes no garbage.
   * @param from the row's place in `data`. @throws DataError for a value that is not finite.
   */
  run(data: ArrayLike<number>, from: number, into: Float32Array, at: number): void {
    const { input, result } = this
    for (let i = 0; i < input.length; i++) input[i] = data[from + i]!
    if (this.prepare() === 0) {
      throw new DataError({
        rule: 'the values of a row are finite numbers',
        received: String(input.find((value) => !Number.isFinite(value)) ?? 'an infinite one'),
        remedy: 'drop or repair such rows',
      })
    }
    for (const run of this.runs) run()
    into.set(result, at)
  }

  /** @throws ShapeError unless rows have as many columns as the model has inputs. */
  requireColumns(columns: number): void {
    if (columns === this.steps.inputs) return
    throw new ShapeError({
      rule: `the model takes rows of ${String(this.steps.inputs)} values`,
      received: String(columns),
      remedy: 'pass data of the form that the model was trained on',
    })
  }

  private activation({ name, parameter }: Step & { kind: 'activation' }, at: number, width: number) {
    const kernel = this.core[name]!
    const padded = 16 * Math.ceil(width / 16)
    return name === 'softmax'
      ? () => kernel(at, at, 64, 0, 1, width)
      : () => kernel(at, at, padded, parameter)
  }

  private placeRow(at: number, length: number, values: readonly number[]): void {
    const row = new Float32Array(this.memory.buffer, at, length)
    if (values.length === 1) row.fill(values[0]!)
    else row.set(values)
  }

  /** Into panels of 16 columns, row after row. Without data the zeros that are there. */
  private placeMatrix(
    room: (floats: number) => number,
    data: Float32Array | undefined,
    rows: number,
    columns: number,
  ): number {
    const length = rows * 16 * Math.ceil(columns / 16)
    const at = room(length)
    const panels = new Float32Array(this.memory.buffer, at, length)
    data?.forEach((value, i) => {
      const column = i % columns
      panels[16 * ((column >> 4) * rows + (i - column) / columns) + (column & 15)] = value
    })
    return at
  }
}

/** Addresses from 64 on (no vector at 0), at multiples of 64. */
function allocator(): (floats: number) => number {
  let end = 64
  return (floats) => {
    const at = end
    end += 64 * Math.ceil(floats / 16)
    return at
  }
}

function widestOf({ steps, inputs }: Steps): number {
  return steps.reduce((most, step) => Math.max(most, step.kind === 'dense' ? step.outputs : 0), inputs)
}

/** What the constructor will allocate. */
function bytesOf(steps: Steps): number {
  const room = allocator()
  for (let i = 0; i < 3; i++) room(steps.inputs)
  for (const factor of [2, 1, 1]) room(factor * widestOf(steps))
  for (const step of steps.steps) {
    if (step.kind === 'activation') continue
    room(step.inputs * 16 * Math.ceil(step.outputs / 16))
    room(step.outputs)
  }
  return room(0)
}
