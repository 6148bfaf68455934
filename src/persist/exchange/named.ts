// Weights of other programs, with no architecture beside them, as a stack of dense layers: names of PyTorch (`0.weight`,
// `fc1.bias`), Keras (`dense/kernel`, or `arr_0`, `arr_1`, … of `np.savez(file, *model.get_weights())`) and scikit-learn
// (`coefs_0`, `intercepts_0`). Layers follow each other by the numbers in their names, else in the order of the file.
import { FormatError } from '../../core/errors.js'
import type { NamedTensor } from '../../core/tensor.js'
import { describe } from '../json.js'
import type { Layout } from './document.js'
import { transposed, type StackLayer } from './stack.js'

type Dense = Extract<StackLayer, { kind: 'dense' }>

interface Part {
  stem: string
  role: 'weight' | 'bias'
  layout: Layout
  tensor: NamedTensor
}

const patterns: readonly [RegExp, Part['role'], Layout][] = [
  [/^coefs_(\d+)$/, 'weight', 'keras'],
  [/^intercepts_(\d+)$/, 'bias', 'keras'],
  [/^(?:(.*)[./])?kernel(?::0)?$/, 'weight', 'keras'],
  [/^(.*)\/weight$/, 'weight', 'keras'],
  [/^(?:(.*)\.)?weight$/, 'weight', 'torch'],
  [/^(?:(.*)[./])?bias(?::0)?$/, 'bias', 'keras'],
]

/**
 * The dense layers of a file's tensors.
 * @param layout of matrices; default what their names tell.
 * @throws FormatError naming the tensor that is of no dense layer, or the shapes that do not follow each other.
 */
export function denseChain(
  tensors: readonly NamedTensor[],
  layout: Layout | undefined,
  file: string,
): Dense[] {
  const parts = partsOf(tensors, file)
  const stems = [...new Set(parts.map(({ stem }) => stem))]
  const sorted = stems.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  const [first, second] = [sorted, stems].map((order) =>
    order.map((stem) => denseOf(stem, parts, layout, file)),
  )
  if (first!.length > 0 && follow(first!)) return first!
  if (second!.length > 0 && follow(second!)) return second!
  throw new FormatError({
    file,
    rule: 'each dense layer takes the outputs of the one before',
    received:
      first!.map(({ name, weight }) => `${name} [${weight.shape.join(', ')}]`).join(', ') ||
      'no weights at all',
    remedy:
      'name the layers in their order (coefs_0, coefs_1, …), or pass --layout torch for [out, in] matrices',
  })
}

function partsOf(tensors: readonly NamedTensor[], file: string): Part[] {
  if (tensors.length > 0 && tensors.every(({ name }) => /^arr_\d+$/.test(name))) return inTurn(tensors)
  return tensors.map((tensor) => {
    for (const [pattern, role, layout] of patterns) {
      const match = pattern.exec(tensor.name)
      if (match !== null) return { stem: match[1] ?? '', role, layout, tensor }
    }
    throw new FormatError({
      file,
      rule: 'tensors are weights of dense layers: NAME.weight, NAME/kernel or coefs_0, with NAME.bias, NAME/bias or intercepts_0',
      received: describe(tensor.name),
      remedy: 'save the dense layers only',
    })
  })
}

/** Arrays without names: each matrix begins a layer, a vector is the bias of the matrix before. */
function inTurn(tensors: readonly NamedTensor[]): Part[] {
  const sorted = tensors.toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))
  let layer = -1
  return sorted.map((tensor) => {
    const role = tensor.shape.length === 1 ? 'bias' : 'weight'
    if (role === 'weight') layer++
    return { stem: String(layer), role, layout: 'keras', tensor }
  })
}

function denseOf(stem: string, parts: readonly Part[], layout: Layout | undefined, file: string): Dense {
  const own = parts.filter((part) => part.stem === stem)
  const [weight, ...more] = own.filter(({ role }) => role === 'weight')
  const [bias, ...others] = own.filter(({ role }) => role === 'bias')
  const name = (weight ?? bias)!.tensor.name
  const shape = weight?.tensor.shape ?? []
  if (
    shape.length !== 2 ||
    shape.includes(0) ||
    more.length + others.length > 0 ||
    (bias?.tensor.shape.length ?? 1) !== 1
  ) {
    throw new FormatError({
      file,
      rule: 'a dense layer has one matrix and at most one vector',
      received: own.map(({ tensor }) => `${describe(tensor.name)} [${tensor.shape.join(', ')}]`).join(', '),
      remedy: 'save the dense layers only',
    })
  }
  const turned = (layout ?? weight!.layout) === 'torch' ? transposed(weight!.tensor) : weight!.tensor
  return { kind: 'dense', name, weight: { ...turned, name }, bias: bias?.tensor }
}

function follow(layers: readonly Dense[]): boolean {
  return layers.every(({ weight, bias }, i) => {
    const [inputs, outputs] = weight.shape
    const fits = i === 0 || layers[i - 1]!.weight.shape[1] === inputs
    return fits && (bias === undefined || bias.shape[0] === outputs)
  })
}
