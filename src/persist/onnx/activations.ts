// Activations as ONNX nodes. Formulas are those of the kernels: GELU by erf (Hendrycks and Gimpel, 2016) or by tanh, SiLU
// x · sigmoid(x), softplus ln(1 + eˣ), softmax over the columns.
import type { StackLayer } from '../exchange/stack.js'
import type { OnnxGraph } from './graph.js'

const operators: Record<string, string> = {
  relu: 'Relu',
  sigmoid: 'Sigmoid',
  tanh: 'Tanh',
  softplus: 'Softplus',
}

/** @returns the name of the result. */
export function addActivation(
  graph: OnnxGraph,
  x: string,
  { activation, parameter }: Extract<StackLayer, { kind: 'activation' }>,
): string {
  const number = (value: number) => graph.constant(Float32Array.of(value), [])
  const half = (inner: string) => {
    const gate = graph.node('Mul', [graph.node('Add', [inner, number(1)]), number(0.5)])
    return graph.node('Mul', [x, gate])
  }
  switch (activation) {
    case 'softmax':
      return graph.node('Softmax', [x], { axis: 1 })
    case 'leaky-relu':
      return graph.node('LeakyRelu', [x], { alpha: { float: parameter } })
    case 'elu':
      return graph.node('Elu', [x], { alpha: { float: parameter } })
    case 'silu':
      return graph.node('Mul', [x, graph.node('Sigmoid', [x])])
    case 'gelu':
      return half(graph.node('Erf', [graph.node('Mul', [x, number(Math.SQRT1_2)])]))
    case 'gelu-tanh': {
      const cube = graph.node('Mul', [graph.node('Mul', [x, x]), x])
      const sum = graph.node('Add', [x, graph.node('Mul', [cube, number(0.044715)])])
      return half(graph.node('Tanh', [graph.node('Mul', [sum, number(Math.sqrt(2 / Math.PI))])]))
    }
    default:
      return graph.node(operators[activation]!, [x])
  }
}
