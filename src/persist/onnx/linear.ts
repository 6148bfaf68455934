// Linear models of ONNX-ML, as scikit-learn's exporter writes LogisticRegression, LinearRegression and their kin: a dense layer, and for
// classes the probabilities and labels that it makes.
import { constant } from './constants.js'
import { transposed } from './fold.js'
import type { NodeReader, Operator } from './node.js'
import { identity, shifted, type Atom, type Numbers, type Polynomial, type Value } from './values.js'

export const linearOperators: Readonly<Record<string, Operator>> = {
  'ai.onnx.ml:LinearRegressor': regressor,
  'ai.onnx.ml:LinearClassifier': classifier,
}

function regressor(node: NodeReader): Value {
  const targets = node.integer('targets', 1)
  if (node.text('post_transform', 'NONE') !== 'NONE') throw node.error('post_transform is NONE')
  return dense(node, node.floats('coefficients') ?? [], node.floats('intercepts') ?? [], targets)
}

/** Label and scores. */
function classifier(node: NodeReader): readonly Value[] {
  const texts = node.texts('classlabels_strings') ?? []
  const classes = texts.length > 0 ? texts : (node.integers('classlabels_ints') ?? [])
  const coefficients = node.floats('coefficients') ?? []
  const intercepts = node.floats('intercepts') ?? []
  const transform = node.text('post_transform', 'NONE')
  let of: Numbers
  if (transform === 'SOFTMAX') {
    of = activated(node, 'softmax', dense(node, coefficients, intercepts, classes.length))
  } else if (transform === 'LOGISTIC' && classes.length === 2) {
    of = { kind: 'both', of: activated(node, 'sigmoid', oneOfTwo(node, coefficients, intercepts)) }
  } else throw node.error('post_transform is SOFTMAX, or LOGISTIC of two classes')
  return [{ kind: 'label', of, classes }, of]
}

/** The scores of yes: those of no are their negatives, or are not there. */
function oneOfTwo(
  node: NodeReader,
  coefficients: readonly number[],
  intercepts: readonly number[],
): Polynomial {
  const columns = node.computed(0, 1).shape[0]!
  if (coefficients.length === columns) return dense(node, coefficients, intercepts, 1)
  const [no, yes] = [coefficients.slice(0, columns), coefficients.slice(columns)]
  const isMirrored = (a: readonly number[], b: readonly number[]) =>
    a.length === b.length && a.every((value, i) => value === -b[i]!)
  if (isMirrored(no, yes) && isMirrored(intercepts.slice(0, 1), intercepts.slice(1)))
    return dense(node, yes, intercepts.slice(1), 1)
  throw node.error('the two classes have opposite coefficients')
}

/** coefficients: a row for each output. */
function dense(
  node: NodeReader,
  coefficients: readonly number[],
  intercepts: readonly number[],
  outputs: number,
): Polynomial {
  const argument = node.computed(0, 1)
  const columns = argument.shape[0]!
  const hasBias = intercepts.length > 0
  if (
    outputs < 1 ||
    coefficients.length !== columns * outputs ||
    (hasBias && intercepts.length !== outputs)
  ) {
    throw node.error(
      `${String(outputs)} outputs of ${String(columns)} columns have as many coefficients, and an intercept each`,
      'export the model again',
    )
  }
  const weight = transposed(constant([outputs, columns], Float32Array.from(coefficients)), [1, 0]).data
  const product = identity({ kind: 'dense', argument, weight, outputs, node: node.name }, [outputs])
  return hasBias ? shifted(product, Float64Array.from(intercepts)) : product
}

function activated(node: NodeReader, name: string, argument: Polynomial): Polynomial {
  const base: Atom = { kind: 'activation', name, parameter: 0, argument, node: node.name }
  return identity(base, argument.shape)
}
