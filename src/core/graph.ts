// A network as a graph of kernels, symbolic: which kernel makes which value from which. Layers write it by composition; a plan
// is compiled from it (plan.ts). Knows shapes; knows no addresses, no threads and no gradients.
import { ShapeError, StateError } from './errors.js'
import type { Parameter } from './parameters.js'
import type { ActivationKind } from './operations.js'
import { sizeOf } from './tensor.js'

export type ActivationName = keyof typeof ActivationKind

/** A value of the network, one sample of which has `shape`. */
export interface Value {
  readonly id: number
  readonly shape: readonly number[]
  /** Numbers in one sample. */
  readonly columns: number
  /** What makes it; undefined for the input. */
  producer: Node | undefined
}

/** The application of one kernel. `layer` is the name of the layer that asked for it, for messages. */
export type Node = {
  readonly layer: string
  readonly inputs: readonly Value[]
  readonly output: Value
} & NodeKind

export type NodeKind =
  | { readonly kind: 'dense'; readonly weight: Parameter; readonly bias: Parameter | undefined }
  | { readonly kind: 'activation'; readonly activation: ActivationName; readonly parameter: number }
  | { readonly kind: 'softmax' }
  | { readonly kind: 'dropout'; readonly rate: number; readonly salt: number }
  | { readonly kind: 'add' }
  | { readonly kind: 'reshape' }

export class Graph {
  readonly nodes: Node[] = []
  readonly input: Value
  /** The name of the layer whose kernels are being added. */
  layer = ''
  private values = 0
  private readonly used = new Set<Parameter>()

  /** @param inputShape shape of one sample. */
  constructor(inputShape: readonly number[]) {
    this.input = this.value(inputShape)
  }

  /** x · weight + bias. x: one row of `in` numbers a sample; weight: [in, out]; bias: [out]. */
  dense(x: Value, weight: Parameter, bias?: Parameter): Value {
    const [inputs, outputs] = weight.shape
    if (x.shape.length !== 1 || x.columns !== inputs) {
      throw new ShapeError({
        rule: `${this.layer}: a dense product takes rows of ${String(inputs)} numbers`,
        received: `samples of shape [${x.shape.join(', ')}]`,
        remedy: 'put flatten() before it, or build the layer for this shape',
      })
    }
    if (this.used.has(weight)) {
      throw new StateError({
        rule: 'a weight is used by one product',
        received: `${weight.name} a second time`,
        remedy: 'give each product a weight of its own',
      })
    }
    this.used.add(weight)
    return this.apply({ kind: 'dense', weight, bias }, [x], [outputs!])
  }

  /** An element-wise activation; `parameter` is the slope of leaky ReLU, the alpha of ELU. */
  activation(x: Value, activation: ActivationName, parameter = 0): Value {
    if (activation === 'linear') return x
    return this.apply({ kind: 'activation', activation, parameter }, [x], x.shape)
  }

  /** Softmax over all numbers of a sample. */
  softmax(x: Value): Value {
    return this.apply({ kind: 'softmax' }, [x], x.shape)
  }

  /** Sets a share `rate` of x to zero and scales the rest by 1 / (1 − rate), in training only. */
  dropout(x: Value, rate: number): Value {
    const salt = Math.imul(this.nodes.length + 1, 0x9e3779b1)
    return rate === 0 ? x : this.apply({ kind: 'dropout', rate, salt }, [x], x.shape)
  }

  /** a + b, of the same shape. */
  add(a: Value, b: Value): Value {
    if (a.shape.join() !== b.shape.join()) {
      throw new ShapeError({
        rule: `${this.layer}: two values that are added have the same shape`,
        received: `[${a.shape.join(', ')}] and [${b.shape.join(', ')}]`,
        remedy: 'bring them to one shape with a dense layer',
      })
    }
    return this.apply({ kind: 'add' }, [a, b], a.shape)
  }

  /** The same numbers in another shape. */
  reshape(x: Value, shape: readonly number[]): Value {
    if (sizeOf(shape) !== x.columns) {
      throw new ShapeError({
        rule: `${this.layer}: a reshape keeps the number of elements`,
        received: `[${x.shape.join(', ')}] to [${shape.join(', ')}]`,
        remedy: 'give a shape of the same size',
      })
    }
    return this.apply({ kind: 'reshape' }, [x], shape)
  }

  private apply(kind: NodeKind, inputs: Value[], shape: readonly number[]): Value {
    const output = this.value(shape)
    const node: Node = { ...kind, layer: this.layer, inputs, output }
    output.producer = node
    this.nodes.push(node)
    return output
  }

  private value(shape: readonly number[]): Value {
    return { id: this.values++, shape: [...shape], columns: sizeOf(shape), producer: undefined }
  }
}
