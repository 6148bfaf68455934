// What a report of a run is made from: plain data, as they stand in report.json. All that is drawn is here, so that a report
// can be built anew from the directory of a run alone. Knows nothing of models.
import type { Label } from '../metrics/index.js'

/** A further figure over the test rows; null where it is not defined. */
export interface NamedFigure {
  name: string
  value: number | null
}

/** One epoch of training. */
export interface EpochRow {
  /** 1-based. */
  epoch: number
  loss: number
  accuracy?: number
  validationLoss?: number
  validationAccuracy?: number
  learningRate?: number
  /** Norm of the gradient of all weights together. */
  gradientNorm?: number
  /** The same layer by layer. */
  layers?: readonly { layer: string; gradientNorm: number }[]
  /** Of training alone. */
  seconds?: number
  samplesPerSecond?: number
}

/** Means over a stretch of steps within an epoch. */
export interface SliceRow {
  /** The stretch's end in epochs from the start: 0.5 is the middle of the first. */
  at: number
  loss: number
  accuracy?: number
  learningRate?: number
}

export interface LayerRow {
  name: string
  /** Kind with what matters: `dense, 128 units, relu`. */
  kind: string
  outputShape: readonly number[]
  parameters: number
}

export interface ClassFigures {
  label: Label
  precision: number
  recall: number
  f1: number
  support: number
}

/** Figures over one part of the data, as in metrics.json. */
export interface PartFigures {
  loss: number
  accuracy?: number
  precision?: number
  recall?: number
  f1?: number
  mse?: number
  rmse?: number
  mae?: number
  r2?: number
  perClass?: readonly ClassFigures[]
}

/** Bytes of a picture, row by row, as base64; 1 channel is grey, 3 are red, green and blue. */
export interface Picture {
  height: number
  width: number
  channels: 1 | 3
  data: string
}

/** A test row that the model got wrong. */
export interface Mistake {
  /** 0-based row of the test part. */
  row: number
  actual: Label
  predicted: Label
  /** Probability that the model gave to its answer and to the right one. */
  confidence: number
  actualProbability: number
  picture?: Picture
}

/** A named curve of thresholds with the area under it. */
export interface ThresholdCurve {
  name: string
  area: number
  /** x and y in turn, each 0 to 1. */
  points: readonly (readonly [number, number])[]
}

/** A bin of answers by their confidence: mean of it, share of them that is right, and how many they are. */
export interface CalibrationBin {
  predicted: number
  observed: number
  rows: number
}

export interface ClassificationResults {
  /** Classes in the order of the matrix. */
  classes: readonly Label[]
  /** Row: true class; column: predicted class; rows of the test part. */
  confusion: readonly (readonly number[])[]
  /** The worst first. */
  mistakes: readonly Mistake[]
  /** How many there are in all. */
  mistakeCount: number
  roc?: readonly ThresholdCurve[]
  precisionRecall?: readonly ThresholdCurve[]
  calibration?: { bins: readonly CalibrationBin[]; expectedError: number }
  /** Test rows that the curves of thresholds were made from, where these are not all. */
  curveRows?: number
  more?: readonly NamedFigure[]
}

export interface RegressionRow {
  row: number
  actual: number
  predicted: number
}

export interface RegressionResults {
  /** What is predicted, with its unit if that is known: `median house value (100,000 $)`. */
  target: string
  /** Pairs of true and predicted values, a sample where there are very many. */
  points: readonly (readonly [number, number])[]
  /** Test rows in all. */
  count: number
  /** Errors (predicted − true) of all rows, counted. */
  residuals: Histogram
  /** The largest errors first. */
  worst: readonly RegressionRow[]
  more?: readonly NamedFigure[]
}

export interface Histogram {
  low: number
  high: number
  counts: readonly number[]
}

/** The distribution of a layer's values. */
export interface Distribution {
  /** Layer or weight: `dense_1/weight`. */
  name: string
  histogram: Histogram
  mean: number
  deviation: number
  /** Units that were 0 for each row that was looked at. */
  deadUnits?: number
  units?: number
}

/** Incoming weights of units of the first layer as pictures: each value is −127 to 127 of the largest magnitude, as base64 of bytes. */
export interface FirstLayer {
  height: number
  width: number
  channels: 1 | 3
  /** Units that the layer has; `pictures` may show fewer. */
  units: number
  pictures: readonly string[]
}

/** Something to look at in the model or its data, with what to do. */
export interface Hint {
  message: string
  remedy?: string
}

/** An interval that a figure lies in with 95 % confidence. */
export type Interval = readonly [low: number, high: number]

/** What is known of a run when training begins. */
export interface RunHead {
  title: string
  /** The command that repeats the run. */
  command: string
  task: 'classification' | 'regression'
  data: {
    name: string
    /** Where it came from. */
    source?: string
    trainRows: number
    validationRows: number
    testRows: number
    sampleShape: readonly number[]
    /** Training rows of each class, in the order of the classes. */
    classCounts?: readonly { label: Label; rows: number }[]
  }
  model: {
    name: string
    parameters: number
    inputShape: readonly number[]
    layers: readonly LayerRow[]
  }
  /** Name and value as they are shown. */
  settings: readonly (readonly [name: string, value: string])[]
  environment: readonly (readonly [what: string, value: string])[]
}

/** The content of report.json for a run. */
export interface RunRecord extends RunHead {
  version: 1
  kind: 'run'
  /** ISO 8601. */
  created: string
  history: {
    epochs: readonly EpochRow[]
    slices?: readonly SliceRow[]
    stoppedBy: string
    /** What the loss is called and measured in. */
    lossTitle: string
  }
  figures: { train: PartFigures; validation?: PartFigures; test: PartFigures }
  /** Of figures over the test part, by name. */
  intervals?: Readonly<Record<string, Interval>>
  classification?: ClassificationResults
  regression?: RegressionResults
  weights: readonly Distribution[]
  activations: readonly Distribution[]
  firstLayer?: FirstLayer
  hints: readonly Hint[]
  /** What took how many seconds, in order. */
  timing: readonly (readonly [what: string, seconds: number])[]
  samplesPerSecond: number
}
