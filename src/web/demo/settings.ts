// What the form asks for: the network and how it is trained. Reading the form tells what cannot be, field by field.
import type { NeuralNetworkOptions } from '../library.js'

/** Data sets that the page can train on. */
export type SetName = 'digits' | 'mnist'

export interface Settings {
  set: SetName
  /** Units of the hidden layers; none for a network of one layer. */
  hidden: number[]
  activation: string
  /** Share of hidden units. */
  dropout: number
  optimizer: string
  learningRate: number
  epochs: number
  batchSize: number
  /** Whether training digits are turned, slanted, shifted and bent at random. */
  vary: boolean
}

/** The options of the library for them. */
export function networkOptions(settings: Settings, seed: number): NeuralNetworkOptions {
  const { hidden, activation, dropout, optimizer, learningRate, epochs, batchSize, vary } = settings
  return {
    hiddenLayers: hidden,
    activation,
    dropout,
    optimizer: { type: optimizer, learningRate },
    epochs,
    batchSize,
    seed,
    ...(vary ? { augment: 'digits' } : {}),
  }
}

/** A learning rate with which each optimizer learns well here. */
export const usualRate: Readonly<Record<string, number>> = {
  adam: 0.002,
  adamw: 0.002,
  nadam: 0.002,
  rmsprop: 0.001,
  adagrad: 0.02,
  momentum: 0.05,
  nesterov: 0.05,
  sgd: 0.1,
}

const mostUnits = 2048
const mostLayers = 6

/** A field whose value cannot be, and why. */
export class FieldError extends Error {
  constructor(
    readonly field: string,
    message: string,
  ) {
    super(message)
  }
}

/** Units from text as `128, 64`; empty text for none. @throws FieldError */
export function hiddenFrom(text: string): number[] {
  const parts = text.split(/[\s,;]+/).filter((part) => part !== '')
  const units = parts.map((part) => (/^\d{1,6}$/.test(part) ? Number(part) : NaN))
  if (units.every((count) => count >= 1 && count <= mostUnits) && units.length <= mostLayers) return units
  throw new FieldError(
    'hidden',
    `Up to ${String(mostLayers)} numbers from 1 to ${String(mostUnits)}, such as 128, 64`,
  )
}

/** Reads the form. @throws FieldError for the first field that cannot be. */
export function settingsFrom(form: FormData): Settings {
  const text = (name: string) => String(form.get(name) ?? '')
  const number = (name: string, least: number, most: number, integer: boolean, words: string) => {
    const value = text(name).trim() === '' ? NaN : Number(text(name))
    if (value >= least && value <= most && (!integer || Number.isInteger(value))) return value
    throw new FieldError(name, words)
  }
  return {
    set: text('set') === 'mnist' ? 'mnist' : 'digits',
    hidden: hiddenFrom(text('hidden')),
    activation: text('activation'),
    dropout: number('dropout', 0, 0.9, false, 'A share from 0 to 0.9'),
    optimizer: text('optimizer'),
    learningRate: number('rate', 1e-6, 10, false, 'A number from 0.000001 to 10'),
    epochs: number('epochs', 1, 1000, true, 'A whole number from 1 to 1000'),
    batchSize: number('batch', 1, 4096, true, 'A whole number from 1 to 4096'),
    vary: form.get('vary') !== null,
  }
}
