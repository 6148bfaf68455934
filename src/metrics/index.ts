// What the library shows of this room.
export { MetricError } from './error.js'
export type { ColumnOptions, ScoreRows, WeightOptions } from './inputs.js'
export { uniqueLabels, type Label } from './labels.js'
export { accuracy, classificationScores, confusionMatrix } from './classification.js'
export type {
  AverageScores,
  ClassificationScores,
  ClassScores,
  ConfusionOptions,
  LabelOptions,
  ScoreOptions,
} from './classification.js'
export { balancedAccuracy, cohensKappa, matthewsCorrelation } from './agreement.js'
export { brierScore, logLoss, topKAccuracy, type ProbabilityOptions } from './probabilities.js'
export {
  areaUnder,
  averagePrecision,
  averagePrecisionByClass,
  precisionRecallCurve,
  rocAuc,
  rocAucByClass,
  rocCurve,
} from './curves.js'
export type { CurveOptions, OneVsRest, PrecisionRecallCurve, RocCurve } from './curves.js'
export { calibration, type Calibration, type CalibrationOptions, type ReliabilityBin } from './calibration.js'
export { classificationReport, type ReportOptions } from './report.js'
export {
  explainedVariance,
  maxError,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  medianAbsoluteError,
  r2Score,
  regressionScores,
  rootMeanSquaredError,
} from './regression.js'
export type { RegressionFigures, RegressionOptions } from './regression.js'
export { bootstrap, bootstrapMetric, meanInterval, wilsonInterval } from './intervals.js'
export type { BootstrapOptions, Interval } from './intervals.js'
export { mcNemarTest, pairedPermutationTest, pairedTTest, wilcoxonTest } from './comparisons.js'
export type { McNemarResult, TestResult } from './comparisons.js'
