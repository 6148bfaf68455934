// An ONNX file as a model: dense networks as PyTorch's, scikit-learn's and other exporters write them. Nodes are taken in their
// order, each makes a value of values (values.ts); what the outputs are made of becomes layers (chain.ts). A file of lanewise's
// own that nobody changed comes back whole.
import { FormatError, LanewiseError } from '../../core/errors.js'
import type { ModelState } from '../../core/state.js'
import { stateOfStack, type Task } from '../exchange/state-of.js'
import { documentKey, stateFrom } from '../exchange/tensors.js'
import { describe } from '../json.js'
import { chainOf } from './chain.js'
import { decodeTensor } from './constants.js'
import { inputOf, valuesOf } from './evaluate.js'
import { readModelProto, type OnnxModel } from './model-proto.js'
import type { Numbers, Polynomial, Value } from './values.js'
import { encodeOnnx } from './write.js'

/**
 * @param task what the outputs are for, where the file does not tell.
 * @returns the model, and what was assumed, as lines for the user.
 * @throws FormatError for what is no ONNX file, is damaged, or has nodes that are not imported, naming the first.
 */
export async function decodeOnnx(
  bytes: Uint8Array,
  file: string,
  task: Task | undefined,
): Promise<{ state: ModelState; notes: string[] }> {
  const model = await readModelProto(bytes, file)
  const own = model.metadata.get(documentKey)
  if (own !== undefined) {
    const state = await unchanged(model, own, bytes, file)
    if (state !== undefined) return { state, notes: [] }
  }
  return foreign(model, bytes.length, file, task)
}

/** The model that lanewise wrote, if writing it again gives the same bytes: then no node was changed since. */
async function unchanged(
  { initializers }: OnnxModel,
  document: string,
  bytes: Uint8Array,
  file: string,
): Promise<ModelState | undefined> {
  try {
    const weights = initializers.flatMap((tensor) => {
      const value = tensor.name.includes('/') ? decodeTensor(tensor, file) : undefined
      const isWeight = value?.kind === 'constant' && value.data instanceof Float32Array
      return isWeight ? [{ name: tensor.name, shape: value.shape, data: value.data as Float32Array }] : []
    })
    const state = stateFrom(document, weights, file)
    const again = await encodeOnnx(state)
    return again.length === bytes.length && again.every((byte, i) => byte === bytes[i]) ? state : undefined
  } catch (error) {
    // Not whole: its nodes are read as those of any other file, and tell what is wrong.
    if (error instanceof LanewiseError) return undefined
    throw error
  }
}

function foreign(
  model: OnnxModel,
  size: number,
  file: string,
  task: Task | undefined,
): { state: ModelState; notes: string[] } {
  const input = inputOf(model, file)
  const values = valuesOf(model, input, size, file)
  const outputs = model.outputs.map(({ name }) => {
    const value = values.get(name)
    if (value !== undefined) return { name, value }
    throw new FormatError({
      file,
      rule: 'every output is made by a node',
      received: describe(name),
      remedy: again,
    })
  })
  const meaning = meaningOf(outputs, file)
  const probabilities = meaning.of.kind === 'both' ? meaning.of.of : meaning.of
  const { stack, preprocessing, isLog } = chainOf(probabilities, input.shape, file)
  const last = stack.at(-1)
  const link = last?.kind === 'activation' ? last.activation : undefined
  if (!stack.some(({ kind }) => kind === 'dense')) {
    throw new FormatError({ file, rule: 'a network has a dense layer', received: 'none', remedy: again })
  }
  if (meaning.isSigmoid && link !== 'sigmoid') {
    throw new FormatError({
      file,
      rule: 'yes and no are told by a sigmoid',
      received: `${link ?? 'no activation'} at the end`,
      remedy: 'only networks of dense layers and activations are imported',
    })
  }
  const own = task ?? (meaning.isClassifier ? 'classification' : undefined)
  const state = stateOfStack(stack, {
    task: own,
    classes: meaning.classes === undefined ? undefined : [...meaning.classes],
    inputShape: [...input.shape],
    preprocessing,
  })
  return { state, notes: notesOf(state, own, link, isLog) }
}

function notesOf(
  { outputs }: ModelState,
  task: Task | undefined,
  link: string | undefined,
  isLog: boolean,
): string[] {
  const notes: string[] = []
  if (isLog) notes.push('the file gives logarithms of probabilities: taken as the probabilities')
  if (outputs.task === 'regression' && task === undefined)
    notes.push(
      'the outputs are numbers of any size: taken as a regression (--task classification for logits)',
    )
  if (outputs.task === 'classification' && link !== 'softmax' && link !== 'sigmoid')
    notes.push('the outputs are logits: a softmax, or sigmoid of one, makes probabilities of them')
  return notes
}

interface Meaning {
  of: Numbers
  classes: readonly (string | number)[] | undefined
  isClassifier: boolean
  /** Whether what the outputs tell needs a sigmoid at the end. */
  isSigmoid: boolean
}

/** What all outputs are made of: one and the same result of the layers. */
function meaningOf(outputs: readonly { name: string; value: Value }[], file: string): Meaning {
  let meaning: Meaning | undefined
  for (const { name, value } of outputs) {
    if (value.kind === 'constant' || value.kind === 'texts') {
      throw new FormatError({
        file,
        rule: 'outputs depend on the input',
        received: describe(name),
        remedy: again,
      })
    }
    const of = value.kind === 'polynomial' || value.kind === 'both' ? value : value.of
    const classes = value.kind === 'label' || value.kind === 'scores' ? value.classes : undefined
    const classifies = value.kind !== 'polynomial'
    meaning ??= { of, classes, isClassifier: classifies, isSigmoid: false }
    if (!same(meaning.of, of)) {
      throw new FormatError({
        file,
        rule: 'all outputs are labels and probabilities of one result',
        received: outputs.map((output) => describe(output.name)).join(', '),
        remedy: 'export the model with one output',
      })
    }
    meaning.isClassifier ||= classifies
    meaning.isSigmoid ||= of.kind === 'both' || value.kind === 'yes'
    if (of.kind === 'both') meaning.of = of
    // Numbers of classes stand beside their labels where an exporter gives both.
    if (classes !== undefined && classes.length > 0) meaning.classes ??= classes
  }
  if (meaning !== undefined) return meaning
  throw new FormatError({ file, rule: 'a network has an output', received: 'none', remedy: again })
}

function same(a: Numbers, b: Numbers): boolean {
  const [p, q] = [a, b].map((value): Polynomial => (value.kind === 'both' ? value.of : value))
  return p!.base === q!.base && p!.coefficients.every((c, i) => c === q!.coefficients[i])
}

const again = 'check that the file is complete, or export the model again'
