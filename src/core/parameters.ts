// The weights of a model in linear memory, one contiguous range, each parameter in panels; and the optimizer's state, in
// ranges laid out alike, so that one distance leads from any weight to its state. The way in and out is row-major.
import type { Arena } from './arena.js'
import { ShapeError } from './errors.js'
import { panelColumns, panelsOf } from './operations.js'
import { sizeOf } from './tensor.js'

/** Penalties on a weight's magnitude, added to the loss: l1 · Σ|w| + l2 · Σw² (as Keras's regularizers). */
export interface Penalty {
  l1: number
  l2: number
}

/** A trainable tensor: a matrix `[in, out]` or a vector `[out]`. */
export interface Parameter {
  /** Layer and role, as `dense_1/weight`. */
  readonly name: string
  readonly shape: readonly number[]
  readonly penalty: Penalty
  /** Floats before it in the range of all weights; set when the model is laid out. */
  offset: number
}

/** Floats that a parameter takes, padding included. */
export function paddedLength({ shape }: Parameter): number {
  const [rows, columns] = matrixShape(shape)
  return panelsOf(columns) * rows * panelColumns
}

function matrixShape(shape: readonly number[]): [number, number] {
  return shape.length === 1 ? [1, shape[0]!] : [shape[0]!, sizeOf(shape.slice(1))]
}

export class ParameterStore {
  /** Floats of all parameters, padding included. */
  readonly floats: number
  /** Address of the first weight. */
  readonly address: number
  private slots = 0
  private slotAddress = 0

  constructor(
    private readonly arena: Arena,
    readonly parameters: readonly Parameter[],
  ) {
    this.floats = parameters.reduce((offset, parameter) => {
      parameter.offset = offset
      return offset + paddedLength(parameter)
    }, 0)
    this.address = arena.allocate(this.floats * 4)
  }

  addressOf(parameter: Parameter): number {
    return this.address + parameter.offset * 4
  }

  /** Trainable numbers, without padding. */
  get count(): number {
    return this.parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0)
  }

  /** Makes room for `count` states a weight, zeroed. */
  allocateSlots(count: number): void {
    if (this.slots > 0) this.arena.release(this.slotAddress, this.slots * this.floats * 4)
    this.slots = count
    this.slotAddress = count > 0 ? this.arena.allocate(count * this.floats * 4) : 0
  }

  /** Bytes from a weight to its state `slot`; 0 when there is none. */
  slotDistance(slot: number): number {
    return slot < this.slots ? this.slotAddress + slot * this.floats * 4 - this.address : 0
  }

  /** States a weight. */
  get slotCount(): number {
    return this.slots
  }

  /** The values of a parameter, or of its state `slot`, row-major, copied. */
  read(parameter: Parameter, slot?: number): Float32Array<ArrayBuffer> {
    const [rows, columns] = matrixShape(parameter.shape)
    const panels = this.panels(parameter, slot)
    const values = new Float32Array(rows * columns)
    for (let first = 0; first < columns; first += panelColumns) {
      const width = Math.min(panelColumns, columns - first)
      const base = first * rows
      for (let r = 0; r < rows; r++) {
        const from = base + r * panelColumns
        for (let c = 0; c < width; c++) values[r * columns + first + c] = panels[from + c]!
      }
    }
    return values
  }

  /** Sets the values of a parameter, or of its state `slot`, from row-major ones. */
  write(parameter: Parameter, values: ArrayLike<number>, slot?: number): void {
    const [rows, columns] = matrixShape(parameter.shape)
    if (values.length !== rows * columns) {
      throw new ShapeError({
        rule: `${parameter.name} has shape [${parameter.shape.join(', ')}]`,
        received: `${String(values.length)} values`,
        remedy: 'pass weights in the order and shapes that weights() gives',
      })
    }
    const panels = this.panels(parameter, slot)
    for (let first = 0; first < columns; first += panelColumns) {
      const width = Math.min(panelColumns, columns - first)
      const base = first * rows
      for (let r = 0; r < rows; r++) {
        const to = base + r * panelColumns
        for (let c = 0; c < width; c++) panels[to + c] = values[r * columns + first + c]!
      }
    }
  }

  private panels(parameter: Parameter, slot: number | undefined): Float32Array {
    const distance = slot === undefined ? 0 : this.slotDistance(slot)
    return this.arena.f32(this.addressOf(parameter) + distance, paddedLength(parameter))
  }

  /** All weights and states as they stand, padded, for a later `restore`. */
  snapshot(into?: Float32Array): Float32Array {
    const copy = into ?? new Float32Array((1 + this.slots) * this.floats)
    copy.set(this.arena.f32(this.address, this.floats))
    if (this.slots > 0) copy.set(this.arena.f32(this.slotAddress, this.slots * this.floats), this.floats)
    return copy
  }

  restore(copy: Float32Array): void {
    this.arena.f32(this.address, this.floats).set(copy.subarray(0, this.floats))
    if (this.slots > 0) {
      this.arena.f32(this.slotAddress, this.slots * this.floats).set(copy.subarray(this.floats))
    }
  }

  /** Only the weights, padded. */
  weightsSnapshot(): Float32Array {
    return this.arena.f32(this.address, this.floats).slice()
  }

  restoreWeights(copy: Float32Array): void {
    this.arena.f32(this.address, this.floats).set(copy)
  }
}
