// Records of runs for tests of the report: small, with what users could write that is awkward.
import { classificationResults, regressionResults, type RunRecord } from '../../src/report/index.js'
import { classificationIntervals, regressionIntervals } from '../../src/report/index.js'
import { activationsOf, distributionOf, firstLayerOf, pictureOf } from '../../src/report/index.js'
import { seeded } from '../persist/states.js'

/** Names of classes that would break out of HTML, SVG, Markdown, a table or an expression. */
export const nastyNames = [
  '<script>alert(1)</script>',
  `"><img src=x onerror='alert(1)'>`,
  '| a | b | `c` [d](javascript:alert(1))',
  '${7*7} {{7*7}} &amp; \u0000\u001b[31m\u202etxt',
]

/** The record of a classifier over 200 rows of 4 × 4 pictures, of which some 60 are wrong. */
export function classifierRecord(classes: readonly string[] = nastyNames): RunRecord {
  const next = seeded(3)
  const rows = 200
  const actual = Array.from({ length: rows }, (_, row) => classes[row % classes.length])
  const probabilities = new Float32Array(rows * classes.length)
  const predicted = actual.map((label, row) => {
    const own = classes.indexOf(label)
    const answer = next() % 10 < 7 ? own : (own + 1) % classes.length
    const rest = 0.4 / (classes.length - 1)
    for (let c = 0; c < classes.length; c++)
      probabilities[row * classes.length + c] = c === answer ? 0.6 : rest
    return classes[answer]
  })
  const pixels = Uint8Array.from({ length: rows * 16 }, () => next() % 256)
  const weights = Float32Array.from({ length: 16 * 8 }, () => (next() % 2000) / 1000 - 1)
  const form = { height: 4, width: 4, channels: 1 } as const
  return {
    ...common('classification', classes[0]),
    figures: {
      train: { loss: 0.2, accuracy: 0.9, precision: 0.9, recall: 0.9, f1: 0.9 },
      test: {
        loss: 0.4,
        accuracy: 0.7,
        precision: 0.7,
        recall: 0.7,
        f1: 0.7,
        perClass: classes.map((label, i) => ({
          label,
          precision: 0.5 + i / 10,
          recall: 0.6,
          f1: 0.55,
          support: 50,
        })),
      },
    },
    intervals: classificationIntervals(actual, predicted),
    classification: classificationResults({
      classes,
      actual,
      predicted,
      probabilities,
      pictureOf: (row) => pictureOf(pixels, row, form),
    }),
    weights: [distributionOf('dense_1/weight', weights)],
    activations: [
      activationsOf(
        'dense_1',
        weights.map((weight, i) => (i % 8 === 0 ? 0 : Math.max(0, weight))),
        8,
      ),
    ],
    firstLayer: firstLayerOf(weights, 8, [4, 4])!,
  }
}

/** The record of a regression over 300 rows. */
export function regressionRecord(): RunRecord {
  const next = seeded(4)
  const actual = Array.from({ length: 300 }, () => (next() % 5000) / 1000)
  const predicted = actual.map((value) => value + ((next() % 1000) / 1000 - 0.5))
  return {
    ...common('regression', 'houses'),
    figures: {
      train: { loss: 0.08, mse: 0.08, rmse: 0.283, mae: 0.25, r2: 0.96 },
      test: { loss: 0.084, mse: 0.084, rmse: 0.29, mae: 0.251, r2: 0.95 },
    },
    intervals: regressionIntervals(actual, predicted),
    regression: regressionResults(actual, predicted, 'house value (100,000 $)'),
    weights: [],
    activations: [],
  }
}

function common(task: RunRecord['task'], name: string) {
  return {
    version: 1,
    kind: 'run',
    title: `mlp on ${name}`,
    created: '2026-01-02T03:04:05.000Z',
    command: `npx lanewise train --dataset '${name}'`,
    task,
    data: { name, trainRows: 100, validationRows: 20, testRows: 200, sampleShape: [4, 4] },
    model: {
      name: 'mlp',
      parameters: 172,
      inputShape: [16],
      layers: [{ name: 'dense_1', kind: 'dense, 8 units, relu', outputShape: [8], parameters: 136 }],
    },
    settings: [['optimizer', 'adam']],
    history: {
      epochs: [1, 2, 3].map((epoch) => ({
        epoch,
        loss: 1 / epoch,
        validationLoss: 1.2 / epoch,
        ...(task === 'classification'
          ? { accuracy: 1 - 0.3 / epoch, validationAccuracy: 1 - 0.4 / epoch }
          : {}),
        learningRate: 0.001,
        gradientNorm: 2 / epoch,
        seconds: 0.5,
      })),
      slices: Array.from({ length: 12 }, (_, i) => ({
        at: (i + 1) / 4,
        loss: 2 / (i + 1),
        learningRate: 0.001,
      })),
      stoppedBy: 'epochs',
      lossTitle: 'cross-entropy (nats)',
    },
    hints: [{ message: 'Class <b>x</b> is rare.', remedy: 'Weigh it more.' }],
    timing: [['training', 1.5]],
    samplesPerSecond: 12345.6,
    environment: [['Node', '20.0.0']],
  } satisfies Partial<RunRecord>
}
