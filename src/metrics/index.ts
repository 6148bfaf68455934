// What the library shows of this room.
export { MetricError } from './error.js'
export { accuracy, classificationScores, confusionMatrix, uniqueLabels } from './classification.js'
export type {
  AverageScores,
  ClassificationScores,
  ClassScores,
  Label,
  LabelOptions,
} from './classification.js'
export { classificationReport } from './report.js'
export type { ReportOptions } from './report.js'
export { meanAbsoluteError, meanSquaredError, r2Score, rootMeanSquaredError } from './regression.js'
export type { RegressionOptions } from './regression.js'
