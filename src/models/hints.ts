// What went wrong in a training, in words: rules over what was measured. A hint names one cause; what that cause brings with
// it (units that die of a rate far too large, say) is not told again. Measures nothing itself: see diagnosis.ts.
import type { EpochResult, History } from './history.js'
import type { Diagnostics } from './inspection.js'
import type { Repeated } from './repeated-rows.js'

/** Where learning goes wrong, and what to do about it. */
export interface Hint {
  code: HintCode
  /** What was seen, with its figures, in a sentence without a full stop. */
  message: string
  /** What to do. */
  remedy: string
  /** The layer that it is about, where it is about one. */
  layer?: string
}

export type HintCode =
  | 'unscaled-inputs'
  | 'unscaled-targets'
  | 'zero-initialization'
  | 'learning-rate-too-large'
  | 'learning-rate-too-small'
  | 'vanishing-gradients'
  | 'exploding-gradients'
  | 'dead-relu'
  | 'saturated-units'
  | 'unrelated-labels'
  | 'imbalance'
  | 'constant-prediction'
  | 'overfitting'
  | 'repeated-rows'

/** What is known of a fit when it has ended. Losses are means over rows; a baseline is that of the best constant prediction. */
export interface Facts {
  history: History
  steps: number
  /** That the inputs are far from unit scale, in words. */
  unscaled: string | undefined
  /** Root mean square of the targets of a regression. */
  targetSize: number | undefined
  baseline: number
  /** The largest moving average of the losses of steps, as a multiple of the first one or the baseline, whichever is more. */
  rise: number
  /** Mean loss of the steps in the second half of the first epoch, whose rows had not been trained on before; undefined for few. */
  fresh: { loss: number; steps: number } | undefined
  /** Largest relative change of a layer's weights by one of the first steps, and by the whole fit. */
  firstMove: number
  wholeMove: number
  /** Hidden layers whose units are all the same. */
  symmetric: readonly string[]
  /** What was seen after the first epoch, and at the end. */
  early: Diagnostics | undefined
  final: Diagnostics | undefined
  /** The rarest class: what it is called, its share, and the number of classes; undefined where rows or classes have weights. */
  rarest: { label: string; share: number; classes: number } | undefined
  /** Validation rows that are among the training rows. */
  repeated: Repeated | undefined
}

/** A loss below this share of the baseline is taken for learning that works. */
const learns = 0.5
/** A loss above this share of the baseline is none. */
const nothing = 0.99
/** Steps of half an epoch after which something must have been learnt. */
const enoughSteps = 20
/** A loss above this share of the baseline in the end: learning was not just slow to begin. */
const slow = 0.8
/** Share of a layer's units at which being dead, or saturated, is told. */
const mostUnits = 0.5
/** Factors between the gradients of the first and the last layer. */
const vanishing = 1e-3
const exploding = 1e3

/** The hints of a fit, the gravest first; none where all is well. */
export function hintsOf(facts: Facts): Hint[] {
  const cause = firstOf(facts, [unscaledInputs, symmetricUnits, rateTooLarge, rateTooSmall, unscaledTargets])
  const units =
    cause === undefined ? [...deadUnits(facts), ...saturatedUnits(facts), ...gradients(facts)] : []
  const rest =
    cause === undefined && units.length === 0
      ? firstOf(facts, [imbalance, unrelatedLabels, constantPrediction, overfitting])
      : undefined
  return [cause, ...units, rest, repeatedRowsHint('validation', facts.repeated)].filter(
    (hint) => hint !== undefined,
  )
}

/** What a training that diverged is told. @param unscaled that the inputs are far from unit scale, in words. */
export function hintOfDivergence(unscaled: string | undefined): Hint {
  return (
    scaleHint(unscaled) ?? {
      code: 'learning-rate-too-large',
      message: 'the loss left the range in which anything is learnt',
      remedy: rateRemedy,
    }
  )
}

/**
 * The hint about rows of a part of the data that were trained on too; undefined for less than 1 % of them, and where many
 * rows are alike anyway, as in tables of a few categories.
 */
export function repeatedRowsHint(part: string, found: Repeated | undefined): Hint | undefined {
  if (found === undefined) return undefined
  const { repeated, distinct, rows } = found
  if (repeated < Math.max(2, 0.01 * rows) || distinct < rows / 2) return undefined
  return {
    code: 'repeated-rows',
    message: `${count(repeated)} of the ${count(rows)} ${part} rows (${percent(repeated / rows)}) are among the training rows too`,
    remedy: `take them out of one side: figures over the ${part} rows are better than the model is`,
  }
}

const rateRemedy = 'lower the learning rate by 10, and again if that does not do'

function firstOf(facts: Facts, rules: readonly ((facts: Facts) => Hint | undefined)[]): Hint | undefined {
  for (const rule of rules) {
    const hint = rule(facts)
    if (hint !== undefined) return hint
  }
  return undefined
}

function unscaledInputs({ unscaled }: Facts): Hint | undefined {
  return scaleHint(unscaled)
}

function scaleHint(unscaled: string | undefined): Hint | undefined {
  if (unscaled === undefined) return undefined
  const remedy = 'scale them to about -1 … 1, for example with StandardScaler'
  return { code: 'unscaled-inputs', message: unscaled, remedy }
}

function symmetricUnits({ symmetric }: Facts): Hint | undefined {
  const [layer] = symmetric
  if (layer === undefined) return undefined
  return {
    code: 'zero-initialization',
    layer,
    message: `all units of layer ${layer} are the same: they began with equal weights, and so got equal gradients`,
    remedy: 'begin with random weights: he-normal before ReLU, glorot-uniform otherwise',
  }
}

function rateTooLarge(facts: Facts): Hint | undefined {
  const { rise, firstMove } = facts
  if (!fails(facts, learns) || (rise <= 5 && firstMove <= 1)) return undefined
  const signs = [
    ...(rise > 5 ? [`the loss rose to ${times(rise)} what it was`] : []),
    ...(firstMove > 1 ? [`one step changed a layer's weights by ${times(firstMove)} their size`] : []),
  ]
  return { code: 'learning-rate-too-large', message: signs.join(', and '), remedy: rateRemedy }
}

function rateTooSmall(facts: Facts): Hint | undefined {
  if (!fails(facts, nothing) || facts.steps < 50 || facts.wholeMove >= 0.01 || isStuck(facts))
    return undefined
  return {
    code: 'learning-rate-too-small',
    message: `${count(facts.steps)} steps changed no layer's weights by more than ${percent(facts.wholeMove)} of their size`,
    remedy: 'raise the learning rate by 10, or train for more epochs',
  }
}

function unscaledTargets(facts: Facts): Hint | undefined {
  const { targetSize } = facts
  if (targetSize === undefined || targetSize <= 30 || !fails(facts, learns)) return undefined
  return {
    code: 'unscaled-targets',
    message: `the targets are far from unit scale (root mean square ${targetSize.toPrecision(3)}), and the loss has hardly fallen`,
    remedy:
      "train with targetScaling: 'standard' (--target-scaling standard): predictions stay in the target's own units",
  }
}

/** Whether a layer lets no gradient through: then no rate would do. */
function isStuck({ final }: Facts): boolean {
  return (final?.layers ?? []).some(({ dead = 0, saturated = 0 }) => Math.max(dead, saturated) >= mostUnits)
}

function deadUnits(facts: Facts): Hint[] {
  return (facts.final?.layers ?? []).flatMap(({ layer, dead = 0 }) => {
    if (dead < mostUnits || !(fails(facts, learns) || dead > 0.9)) return []
    return [
      {
        code: 'dead-relu' as const,
        layer,
        message: `${percent(dead)} of the ReLU units of layer ${layer} are 0 for every one of ${count(facts.final!.rows)} rows: they pass no gradient, and stay so`,
        remedy:
          'lower the learning rate, check initial weights and biases (he-normal and 0), or use leaky-relu or gelu',
      },
    ]
  })
}

function saturatedUnits(facts: Facts): Hint[] {
  return (facts.final?.layers ?? []).flatMap(({ layer, saturated = 0 }) => {
    if (saturated < mostUnits || !fails(facts, learns)) return []
    return [
      {
        code: 'saturated-units' as const,
        layer,
        message: `${percent(saturated)} of the units of layer ${layer} are at the end of their activation for nearly every row, where it hardly has a gradient`,
        remedy: 'scale the inputs, use smaller initial weights or a lower learning rate, or use ReLU',
      },
    ]
  })
}

/** The gradient's way through the layers, after the first epoch. */
function gradients(facts: Facts): Hint[] {
  const layers = facts.early?.layers ?? []
  const [first, last] = [layers[0], layers.at(-1)]
  if (first === undefined || last === undefined || isStuck(facts)) return []
  if (!fails(facts, learns) || first.signal === 0 || last.signal === 0) return []
  const ratio = first.signal / last.signal
  const message = `the gradient at layer ${first.layer} is ${ratio.toExponential(1)} times that at the last layer`
  if (ratio < vanishing) {
    return [
      {
        code: 'vanishing-gradients',
        layer: first.layer,
        message,
        remedy:
          'use fewer layers, ReLU with he-normal in place of sigmoid or tanh, or connections that skip layers',
      },
    ]
  }
  if (ratio <= exploding) return []
  const remedy =
    'use smaller initial weights (he-normal before ReLU), fewer layers, or clip gradients (clipNorm 1)'
  return [{ code: 'exploding-gradients', layer: first.layer, message, remedy }]
}

function unrelatedLabels(facts: Facts): Hint | undefined {
  const { baseline, steps, wholeMove } = facts
  if (wholeMove < 0.05 || steps < 40) return undefined
  const message = unlearnt(facts)
  if (message === undefined) return undefined
  return {
    code: 'unrelated-labels',
    message: `${message} than that of the best constant prediction (${baseline.toPrecision(3)})`,
    remedy:
      'check that each row of y belongs to its row of x (nothing sorted or shuffled on one side only), and that x tells anything about y',
  }
}

function unlearnt(facts: Facts): string | undefined {
  const { history, fresh, steps, baseline } = facts
  const poor = (what: string, loss: number) =>
    loss >= nothing * baseline ? `${what} (${loss.toPrecision(3)}) is no better` : undefined
  const validation = history.validationLoss
  if (validation.length > 0) return poor('the best validation loss', Math.min(...validation))
  const last = history.loss.at(-1)
  if (last === undefined) return undefined
  if (fresh !== undefined && (fresh.steps >= enoughSteps || last > slow * baseline)) {
    return poor('the loss over rows not yet trained on', fresh.loss)
  }
  return steps >= 200 ? poor('the training loss', last) : undefined
}

function imbalance({ rarest }: Facts): Hint | undefined {
  if (rarest === undefined || rarest.share * rarest.classes >= 0.1) return undefined
  return {
    code: 'imbalance',
    message: `class ${rarest.label} has ${percent(rarest.share)} of the training rows, an even share is ${percent(1 / rarest.classes)}`,
    remedy:
      'look at recall by class and balanced accuracy, and give rare classes more weight (balanced class weights)',
  }
}

function constantPrediction({ final }: Facts): Hint | undefined {
  if (final?.constant !== true) return undefined
  return {
    code: 'constant-prediction',
    message: `the model predicts the same for all of ${count(final.rows)} rows`,
    remedy: 'check the inputs (do they differ?), train longer, or try another learning rate',
  }
}

function overfitting({ history }: Facts): Hint | undefined {
  const { epochs, stoppedBy } = history
  const losses = history.validationLoss
  if (epochs.length < 5 || losses.length < epochs.length) return undefined
  const best = losses.indexOf(Math.min(...losses))
  const at = stoppedBy === 'earlyStopping' ? best : epochs.length - 1
  const message = gap(epochs[at]!, losses[at]! / losses[best]!)
  if (message === undefined) return undefined
  return {
    code: 'overfitting',
    message: `${message}; the best validation loss was in epoch ${String(epochs[best]!.epoch)}`,
    remedy: 'use more rows, dropout, weight decay or a smaller network, and stop early',
  }
}

/** @param rise of the validation loss since its best epoch. */
function gap(result: EpochResult, rise: number): string | undefined {
  const { loss, accuracy, validationLoss, validationAccuracy } = result
  if (accuracy !== undefined && validationAccuracy !== undefined) {
    const difference = accuracy - validationAccuracy
    if (difference < (rise > 1.5 ? 0.05 : 0.1)) return undefined
    return `accuracy is ${percent(accuracy)} in training and ${percent(validationAccuracy)} in validation`
  }
  if (validationLoss! < (rise > 1.2 ? 2 : 4) * loss) return undefined
  return `the loss is ${loss.toPrecision(3)} in training and ${validationLoss!.toPrecision(3)} in validation`
}

/** Whether the training loss ended above that share of the baseline. */
function fails({ history, baseline }: Facts, share: number): boolean {
  const last = history.loss.at(-1)
  return last !== undefined && !(last <= share * baseline)
}

function percent(share: number): string {
  const amount = 100 * share
  if (amount === 0 || amount >= 10) return `${amount.toFixed(0)} %`
  return `${amount >= 0.1 ? amount.toFixed(1) : amount.toPrecision(1)} %`
}

function times(factor: number): string {
  return `${count(Number(factor.toPrecision(2)))} times`
}

function count(number: number): string {
  return number.toLocaleString('en')
}
