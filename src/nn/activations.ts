// The activations by name: what users write, and what the graph is given.
import { ArgumentError } from '../core/errors.js'
import type { ActivationName, Graph, Value } from '../core/graph.js'
import type { JsonObject } from '../core/state.js'

/** An activation as users give it: its name, or an object with its parameter. */
export type ActivationSpec = string | { name: string; slope?: number; alpha?: number }

/** A checked activation. */
export interface Activation {
  /** Canonical name, in kebab case. */
  name: string
  /** Slope of leaky ReLU, alpha of ELU; 0 for the others. */
  parameter: number
}

/** Formulas and defaults are PyTorch's: leaky ReLU max(x, 0) + 0.01 · min(x, 0); ELU with alpha 1; GELU by erf. */
const known: Record<
  string,
  { kernel: ActivationName | 'softmax'; parameter?: 'slope' | 'alpha'; value?: number }
> = {
  linear: { kernel: 'linear' },
  relu: { kernel: 'relu' },
  'leaky-relu': { kernel: 'leakyRelu', parameter: 'slope', value: 0.01 },
  elu: { kernel: 'elu', parameter: 'alpha', value: 1 },
  sigmoid: { kernel: 'sigmoid' },
  tanh: { kernel: 'tanh' },
  gelu: { kernel: 'gelu' },
  'gelu-tanh': { kernel: 'geluTanh' },
  silu: { kernel: 'silu' },
  softplus: { kernel: 'softplus' },
  softmax: { kernel: 'softmax' },
}
const aliases: Record<string, string> = {
  swish: 'silu',
  identity: 'linear',
  leakyrelu: 'leaky-relu',
  gelutanh: 'gelu-tanh',
}

/** The names that `activation` accepts. */
export const activationNames: readonly string[] = Object.keys(known)

/** A checked activation from what the user gave. @throws ArgumentError for an unknown name or a parameter out of range. */
export function activationFrom(spec: ActivationSpec): Activation {
  const given: Exclude<ActivationSpec, string> =
    typeof spec === 'object' && (spec as unknown) !== null ? spec : { name: spec as string }
  const lower = String(given.name).toLowerCase().replaceAll('_', '-')
  const name = aliases[lower] ?? aliases[lower.replaceAll('-', '')] ?? lower
  const entry = Object.hasOwn(known, name) ? known[name] : undefined
  if (entry === undefined) {
    throw new ArgumentError({
      rule: `an activation is one of ${activationNames.join(', ')}`,
      received: String(given.name),
      remedy: 'check the spelling',
    })
  }
  if (entry.parameter === undefined) return { name, parameter: 0 }
  const parameter = given[entry.parameter] ?? entry.value!
  const smallest = entry.parameter === 'slope' ? 0 : Number.MIN_VALUE
  if (!Number.isFinite(parameter) || parameter < smallest) {
    throw new ArgumentError({
      rule: `the ${entry.parameter} of ${name} is a ${entry.parameter === 'slope' ? 'non-negative' : 'positive'} number`,
      received: String(parameter),
      remedy: `leave it out for ${String(entry.value)}`,
    })
  }
  return { name, parameter }
}

/** JSON form: the name alone where there is no parameter. */
export function activationConfig({ name, parameter }: Activation): string | JsonObject {
  const kind = known[name]!.parameter
  return kind === undefined ? name : { name, [kind]: parameter }
}

/** Adds the activation to a graph. */
export function applyActivation(graph: Graph, x: Value, { name, parameter }: Activation): Value {
  const { kernel } = known[name]!
  return kernel === 'softmax' ? graph.softmax(x) : graph.activation(x, kernel, parameter)
}
