import { existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { loadDataset, NeuralNetwork } from '../../src/index.js'
import { loadModel } from '../../src/persist/file.js'
import { bitsOf, expectSame } from '../persist/states.js'
import { lanewise, workplace, writeTinySet, type Outcome } from './command.js'

let cwd = ''
const tiny = ['train', '--dataset', './tiny', '--hidden', '8', '--batch-size', '16', '--no-report']
const train = (...args: string[]) => lanewise(cwd, [...tiny, ...args])
const read = (path: string) => readFileSync(join(cwd, path), 'utf8')
const metricsOf = (folder: string) => JSON.parse(read(join(folder, 'metrics.json'))) as Record<string, never>
/** One line on standard error, nothing on standard output. */
const expectError = ({ code, stdout, stderr }: Outcome, expected: number, message: RegExp) => {
  expect(stderr).toMatch(message)
  expect([code, stdout, stderr.trimEnd().split('\n').length]).toEqual([expected, '', 1])
}

beforeEach(() => {
  cwd = workplace()
  writeTinySet(join(cwd, 'tiny'))
})

describe('a run', () => {
  it('prints one JSON object and writes the same into metrics.json, beside model, parameters and history', async () => {
    const args = ['--epochs', '20', '--lr', '0.01', '--validation', '0.1', '--json', '--out', 'new/run']
    const { code, stdout, stderr } = await train(...args)
    expect(code).toBe(0)
    expect(stdout.split('\n')).toHaveLength(2)
    const { out, ...metrics } = JSON.parse(stdout) as Record<string, never>
    expect(out).toBe(join(cwd, 'new/run'))
    expect(metrics).toEqual(metricsOf('new/run'))
    expect(stderr.match(/^epoch +\d+\/20 .*val accuracy/gm)).toHaveLength(20)
    expect(readdirSync(join(cwd, 'new/run')).sort()).toEqual([
      'history.csv',
      'metrics.json',
      'model.safetensors',
      'params.txt',
    ])
    expect(readdirSync(join(cwd, 'new'))).toEqual(['run'])
    expectSame(
      await loadModel(join(cwd, 'new/run/params.txt')),
      await loadModel(join(cwd, 'new/run/model.safetensors')),
    )
    const [header, ...lines] = read('new/run/history.csv').trimEnd().split('\n')
    expect(header).toBe(
      'epoch,loss,accuracy,validationLoss,validationAccuracy,learningRate,seconds,samplesPerSecond,gradientNorm',
    )
    expect(lines.map((line) => line.split(',').length)).toEqual(Array(20).fill(9))
    expect(lines.map((line) => Number(line.split(',')[0]))).toEqual(
      Array.from({ length: 20 }, (_, i) => i + 1),
    )
  })

  it('tells where learning goes wrong, on the terminal and in metrics.json', async () => {
    // The test pictures once more as training pictures.
    for (const kind of ['images-idx3', 'labels-idx1']) {
      writeFileSync(join(cwd, `tiny/train-${kind}-ubyte`), readFileSync(join(cwd, `tiny/t10k-${kind}-ubyte`)))
    }
    const { code, stderr } = await train('--epochs', '20', '--lr', '3', '--out', 'run')
    const { hints } = metricsOf('run') as unknown as { hints: { code: string; message: string }[] }
    expect(hints.map(({ code }) => code)).toEqual(['learning-rate-too-large', 'repeated-rows'])
    expect(hints[1].message).toBe('60 of the 60 test rows (100 %) are among the training rows too')
    const warnings = stderr.match(/^lanewise: warning: .*$/gm)
    expect(warnings).toHaveLength(2)
    expect(warnings![0]).toMatch(/lower the learning rate by 10/)
    expect(code).toBe(0)
  })

  it('tells the figures of every part', async () => {
    await train(
      '--epochs',
      '20',
      '--lr',
      '0.01',
      '--validation',
      '0.1',
      '--threads',
      '1',
      '--out',
      'run',
      '--seed',
      '5',
    )
    const {
      train: trained,
      validation,
      test,
      trainSeconds,
      samplesPerSecond,
      numerics,
      settings,
      inspectionSeconds,
      ...rest
    } = metricsOf('run')
    expect(inspectionSeconds).toBeGreaterThan(0)
    expect(settings).toMatchObject({ optimizer: { type: 'adam', learningRate: 0.01 }, seed: 5, epochs: 20 })
    expect(rest).toEqual({
      dataset: 'tiny',
      task: 'classification',
      parameters: 16 * 8 + 8 + 8 * 3 + 3,
      seed: 5,
      threads: 1,
      epochs: 20,
      hints: [],
    })
    expect(['fast', 'strict']).toContain(numerics)
    expect(trainSeconds).toBeGreaterThan(0)
    expect(trainSeconds * samplesPerSecond).toBeCloseTo(20 * 108, 0)
    for (const [part, rows] of [
      [trained, 108],
      [validation, 12],
      [test, 60],
    ] as [Record<string, never>, number][]) {
      const { perClass, ...figures } = part
      expect(Object.keys(figures)).toEqual([
        'loss',
        'accuracy',
        'precision',
        'recall',
        'f1',
        'balancedAccuracy',
        'matthews',
        'calibrationError',
      ])
      const classes = perClass as {
        label: number
        precision: number
        recall: number
        f1: number
        support: number
      }[]
      expect(classes.map(({ label }) => label)).toEqual([0, 1, 2])
      expect(classes.reduce((sum, { support }) => sum + support, 0)).toBe(rows)
      for (const figure of ['precision', 'recall', 'f1'] as const) {
        expect(figures[figure]).toBeCloseTo(classes.reduce((sum, one) => sum + one[figure], 0) / 3, 12)
      }
      expect(figures.accuracy).toBeGreaterThan(0.9)
    }
  })

  it('gives the bits that the library gives', async () => {
    await train(
      '--numerics',
      'strict',
      '--validation',
      '0.2',
      '--epochs',
      '3',
      '--dropout',
      '0.1',
      '--out',
      'run',
    )
    const { train: part } = await loadDataset(join(cwd, 'tiny'))
    const net = new NeuralNetwork({ hiddenLayers: [8], dropout: 0.1, batchSize: 16, numerics: 'strict' })
    const history = await net.fit(part.x, part.y, { validationSplit: 0.2, epochs: 3 })
    const { weights } = await loadModel(join(cwd, 'run/model.safetensors'))
    expect(weights.map(({ data }) => bitsOf(data))).toEqual(net.weights().map(({ data }) => bitsOf(data)))
    expect(read('run/history.csv').split('\n')[3].split(',').slice(1, 5).map(Number)).toEqual(
      (['loss', 'accuracy', 'validationLoss', 'validationAccuracy'] as const).map((key) => history[key][2]),
    )
  })

  it('prints accuracy, time, speed, threads, numerics and place for people', async () => {
    const { code, stdout, stderr } = await train(
      '--epochs',
      '2',
      '--quiet',
      '--threads',
      '1',
      '--numerics',
      'strict',
    )
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(
      /^test accuracy [01]\.\d{4} .*\n2 epochs in .* s, .* samples\/s, 1 thread, strict numerics\n/,
    )
    expect(stdout).toMatch(/\nresults in runs.tiny-mlp\n$/)
  })

  it('hands its options to the model', async () => {
    const options = {
      '--hidden': '8,4',
      '--activation': 'tanh',
      '--init': 'lecun-normal',
      '--dropout': '0.25',
      '--l1': '0.001',
      '--l2': '0.002',
      '--optimizer': 'nesterov',
      '--lr': '0.05',
      '--momentum': '0.8',
      '--schedule': 'cosine:end=0.001',
      '--weight-decay': '0.003',
      '--clip-norm': '2',
      '--clip-value': '0.5',
      '--label-smoothing': '0.1',
      '--loss': 'crossentropy',
      '--seed': '3',
      '--epochs': '2',
      '--out': 'run',
    }
    expect(await train(...Object.entries(options).flat())).toMatchObject({ code: 0 })
    const { settings, architecture } = await loadModel(join(cwd, 'run/params.txt'))
    expect(settings).toMatchObject({
      seed: 3,
      epochs: 2,
      batchSize: 16,
      loss: { name: 'crossentropy', labelSmoothing: 0.1 },
      optimizer: {
        type: 'nesterov',
        learningRate: { type: 'cosine', learningRate: 0.05, end: 0.001 },
        momentum: 0.8,
        weightDecay: 0.003,
        clipNorm: 2,
        clipValue: 0.5,
      },
    })
    const hidden = {
      type: 'dense',
      activation: 'tanh',
      kernelInitializer: { type: 'lecun-normal' },
      kernelRegularizer: { l1: 0.001, l2: 0.002 },
    }
    expect(architecture.layers).toMatchObject([
      { ...hidden, units: 8 },
      { type: 'dropout', rate: 0.25 },
      { ...hidden, units: 4 },
      { type: 'dropout', rate: 0.25 },
      { units: 3, activation: 'softmax', kernelInitializer: { type: 'glorot-uniform' } },
    ])
  })

  it('takes the rows that it is told, and all classes even where the rows lack some', async () => {
    await train('--train-rows', '30:', '--limit', '2', '--test-rows', ':10', '--epochs', '1', '--out', 'run')
    const { train: trained, test } = metricsOf('run') as Record<string, { perClass: { support: number }[] }>
    const rows = ({ perClass }: typeof test) => perClass.reduce((sum, { support }) => sum + support, 0)
    expect([rows(trained), rows(test)]).toEqual([2, 10])
    expect((await loadModel(join(cwd, 'run/params.txt'))).outputs.classes).toEqual([0, 1, 2])
  })

  it('stops early when validation does not improve', async () => {
    const still = ['--lr', '1e-30', '--epochs', '50']
    expect(await train(...still, '--validation', '0.1', '--patience', '2', '--out', 'run')).toMatchObject({
      code: 0,
    })
    expect(metricsOf('run')).toMatchObject({ epochs: 3 })
  })

  it('weighs classes: balanced is rows over classes times rows of the class', async () => {
    const rows = ['--train-rows', '0:8', '--numerics', 'strict', '--epochs', '3']
    await train(...rows, '--class-weight', 'balanced', '--out', 'a')
    // Rows 0 to 7 have classes 0, 1, 2 three, three and two times.
    await train(
      ...rows,
      '--class-weight',
      `0=${String(8 / 9)},1=${String(8 / 9)},2=${String(8 / 6)}`,
      '--out',
      'b',
    )
    await train(...rows, '--out', 'c')
    const [a, b, c] = ['a', 'b', 'c'].map((folder) => read(join(folder, 'params.txt')))
    expect(a).toBe(b)
    expect(a).not.toBe(c)
  })
})

describe('models', () => {
  it('logistic has one output for two classes', async () => {
    writeTinySet(join(cwd, 'two'), 2)
    const args = [
      'train',
      '--dataset',
      './two',
      '--model',
      'logistic',
      '--lr',
      '0.1',
      '--out',
      'run',
      '--json',
    ]
    const { code, stdout } = await lanewise(cwd, args)
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ parameters: 17, test: { accuracy: 1 } })
    expect((await loadModel(join(cwd, 'run/params.txt'))).kind).toBe('logistic-regression')
  })

  const architecture = (value: unknown) => {
    writeFileSync(join(cwd, 'net.json'), typeof value === 'string' ? value : JSON.stringify(value))
    return lanewise(cwd, [
      'train',
      '--dataset',
      './tiny',
      '--model',
      'net.json',
      '--epochs',
      '1',
      '--quiet',
      '--no-report',
    ])
  }
  const dense = { type: 'dense', units: 3, activation: 'softmax' }

  it('come from a file; softmax is added to a classifier that ends without activation', async () => {
    const layers = [
      { type: 'flatten' },
      { type: 'dense', units: 5, activation: 'elu' },
      { type: 'dense', units: 3 },
    ]
    expect(await architecture({ version: 1, inputShape: [4, 4], layers })).toMatchObject({ code: 0 })
    const saved = (await loadModel(join(cwd, 'runs/tiny-net/params.txt'))).architecture
    expect(saved.inputShape).toEqual([4, 4])
    expect(saved.layers.map(({ type }) => type)).toEqual(['flatten', 'dense', 'dense', 'activation'])
    expect(saved.layers.at(-1)).toMatchObject({ activation: 'softmax' })
  })

  it.each<[unknown, RegExp]>([
    ['{"version":1,', /the architecture is JSON/],
    [[], /an architecture is an object/],
    [{ version: 2, layers: [dense] }, /version is 1; received 2/],
    [{ version: 1, layers: [dense], name: 'x' }, /has the fields version, inputShape, layers; received name/],
    [{ version: 1, layers: [] }, /layers is a list of at least one layer/],
    [
      { version: 1, inputShape: [0], layers: [dense] },
      /inputShape is a list of positive integers; received \[0\]/,
    ],
    [{ version: 1, inputShape: [9], layers: [dense] }, /inputShape has the 16 numbers.*received \[9\]/],
    [{ version: 1, layers: [dense, 5] }, /layers\[1\] is an object with a type; received 5/],
    [{ version: 1, layers: [{ type: 'conv9' }] }, /layers\[0\]\.type: .*received conv9/],
    [{ version: 1, layers: [{ type: 'dense' }] }, /layers\[0\] has units/],
    [{ version: 1, layers: [{ type: 'dense', units: -3 }] }, /layers\[0\]\.units: .*received -3/],
    [{ version: 1, layers: [{ ...dense, activation: 'rleu' }] }, /layers\[0\]\.activation: .*received rleu/],
    [
      { version: 1, layers: [{ ...dense, activation: null }] },
      /layers\[0\]\.activation is of type .*received null/,
    ],
    [{ version: 1, layers: [{ ...dense, bias: true }] }, /layers\[0\]\.bias: .*received bias/],
    [
      {
        version: 1,
        layers: [
          { ...dense, name: 'a' },
          { ...dense, name: 'a' },
        ],
      },
      /layers\[1\]\.name .*"a"/,
    ],
    [
      { version: 1, layers: [{ ...dense, units: 4 }] },
      /layers\[0\] has one output for each of the 3 classes; received 4/,
    ],
    [
      { version: 1, layers: [{ ...dense, activation: 'relu' }] },
      /layers\[0\]\.activation is softmax .*received relu/,
    ],
  ])('from the file %j are refused with file and place', async (value, message) => {
    const outcome = await architecture(value)
    expectError(outcome, 2, message)
    expect(outcome.stderr).toContain(join(cwd, 'net.json'))
    expect(existsSync(join(cwd, 'runs'))).toBe(false)
  })
})

describe('the directory of results', () => {
  it('is numbered by default, and taken from where the user stands', async () => {
    mkdirSync(join(cwd, 'below/runs/tiny-mlp'), { recursive: true })
    const args = ['train', '--dataset', '../tiny', '--epochs', '1', '--quiet', '--no-report']
    for (let i = 0; i < 3; i++) await lanewise(cwd, args, undefined, { INIT_CWD: join(cwd, 'below') })
    expect(readdirSync(join(cwd, 'below/runs')).sort()).toEqual(['tiny-mlp', 'tiny-mlp-2', 'tiny-mlp-3'])
    expect(readdirSync(join(cwd, 'below/runs/tiny-mlp'))).toHaveLength(4)
    expect(readdirSync(cwd).sort()).toEqual(['below', 'tiny'])
  })

  it('is not overwritten unless told so', async () => {
    mkdirSync(join(cwd, 'run'))
    writeFileSync(join(cwd, 'run/mine.txt'), 'mine')
    writeFileSync(join(cwd, 'run/metrics.json'), 'old')
    expectError(
      await train('--out', 'run'),
      2,
      /the directory of --out is empty, or not there yet; received .*--overwrite/,
    )
    expect(readdirSync(join(cwd, 'run')).sort()).toEqual(['metrics.json', 'mine.txt'])
    expect(await train('--out', 'run', '--overwrite', '--epochs', '1')).toMatchObject({ code: 0 })
    expect(readdirSync(join(cwd, 'run'))).toHaveLength(5)
    expect([read('run/mine.txt'), metricsOf('run').epochs]).toEqual(['mine', 1])
    expect(readdirSync(cwd).sort()).toEqual(['run', 'tiny'])
  })

  it('cannot be a file, nor lie below one', async () => {
    writeFileSync(join(cwd, 'file'), '')
    expectError(await train('--out', 'file'), 2, /received .*file/)
    expectError(await train('--out', 'file/run', '--overwrite'), 2, /received .*file, which is a file/)
    expect(readdirSync(cwd).sort()).toEqual(['file', 'tiny'])
  })
})

describe('data', () => {
  it('are MNIST by default, the built-in digits where it is not found', async () => {
    writeTinySet(join(cwd, 'data/mnist'))
    const args = [
      'train',
      '--epochs',
      '1',
      '--limit',
      '50',
      '--test-rows',
      ':50',
      '--json',
      '--quiet',
      '--no-report',
    ]
    const found = await lanewise(cwd, args)
    expect([found.code, found.stderr]).toEqual([0, ''])
    expect(JSON.parse(found.stdout)).toMatchObject({ dataset: 'mnist', out: join(cwd, 'runs/mnist-mlp') })
    const empty = join(cwd, 'empty')
    mkdirSync(empty)
    const replaced = await lanewise(empty, args)
    expect(replaced.code).toBe(0)
    expect(replaced.stderr.trimEnd().split('\n')).toHaveLength(1)
    expect(replaced.stderr).toMatch(
      /MNIST not found: .*empty.datasets.*train-images-idx3-ubyte\.gz.*"digits" instead/,
    )
    expect(JSON.parse(replaced.stdout)).toMatchObject({ dataset: 'digits' })
    expectError(
      await lanewise(empty, [...args, '--dataset', 'mnist']),
      2,
      /no complete set in .*empty.datasets/,
    )
  })

  it('that are damaged are refused', async () => {
    const images = join(cwd, 'tiny/train-images-idx3-ubyte')
    const packed = gzipSync(readFileSync(images))
    writeFileSync(images, packed)
    expect(await train('--epochs', '1', '--quiet')).toMatchObject({ code: 0, stderr: '' })
    truncateSync(images, packed.length - 20)
    expectError(await train('--out', 'run'), 2, /train-images-idx3-ubyte: a gzip file is whole/)
    expect(existsSync(join(cwd, 'run'))).toBe(false)
  })
})

describe('bad usage', () => {
  it.each<[string, RegExp]>([
    ['--optimizer adm', /an optimizer is one of sgd, .*; received "adm"/],
    ['--lr -1', /--lr is a number above 0; received "-1"/],
    ['--activation rleu', /an activation is one of linear, relu, .*; received rleu/],
    ['--init best', /an initializer is one of zeros, .*; received "best"/],
    ['--schedule cos', /a schedule is one of constant, .*; received "cos"/],
    ['--loss hinge', /a loss is one of crossentropy, .*; received hinge/],
    ['--model cnn', /--model is mlp, logistic, linear or the path/],
    ['--numerics exact', /Allowed choices are fast, strict/],
    ['--epoch 5', /unknown option '--epoch' \(Did you mean --epochs\?\)/],
    ['more', /too many arguments/],
    ['--dataset nothing', /a data set is one of mnist, fashion-mnist, .*digits.*, or the path/],
    ['--dataset ./nothing', /nothing with none of them/],
    ['--train-rows 100:121', /--train-rows lies within the 120 training rows.*; received 100:121/],
    ['--test-rows 60:', /--test-rows lies within the 60 test rows.*; received 60:/],
    ['--class-weight 7=2', /--class-weight names classes of the data set \(0, 1, 2\); received "7"/],
    ['--momentum 0.9', /--momentum does not go with --optimizer adam/],
    ['--patience 3', /--patience does not go with --validation 0/],
    ['--model logistic', /--hidden does not go with --model logistic/],
    ['--model x.json --l2 1', /--hidden does not go with --model x\.json/],
    ['--optimizer adam:learning-rate=1 --lr 1', /--lr does not go with --optimizer adam:learning-rate=1/],
    ['--lr 1 --schedule step:learning-rate=1', /--lr does not go with --schedule step:learning-rate=1/],
    ['--loss mse', /--loss mse does not go with the data set tiny, which is for classification/],
    ['--overwrite', /--overwrite does not go with the default directory/],
  ])('%s ends with code 2 and one line', async (args, message) => {
    expectError(await train(...args.split(' '), '--quiet', '--json'), 2, message)
    expect(readdirSync(cwd)).toEqual(['tiny'])
  })

  it('tells an architecture file that is not there, and a linear model for classes', async () => {
    const args = ['train', '--dataset', './tiny', '--model', 'linear']
    const none = await lanewise(cwd, args.with(-1, 'none.json'))
    expectError(none, 2, /the architecture file is there; received .*none\.json/)
    expectError(
      await lanewise(cwd, args),
      2,
      /--model linear does not go with the data set tiny.*--model logistic/,
    )
  })
})

describe('the end of a run', () => {
  it('that diverges is code 1, names epoch, step and layer, and leaves nothing', async () => {
    const args = 'train --dataset digits --optimizer sgd --lr 100 --hidden 128,64 --quiet --out run'
    const outcome = await lanewise(cwd, args.split(' '))
    expectError(outcome, 1, /^lanewise: training diverged in epoch \d+, step \d+: .* of layer dense_\d/)
    expect(readdirSync(cwd)).toEqual(['tiny'])
  })

  it('that diverges in the very last step is told too', async () => {
    const args = ['--optimizer', 'sgd', '--epochs', '1', '--limit', '8', '--quiet']
    expectError(
      await train(...args, '--lr', '1e39'),
      1,
      /diverged in epoch 1, step 1, the last one: .* layer dense_1/,
    )
    expect(readdirSync(cwd)).toEqual(['tiny'])
  })

  it.skipIf(process.platform === 'win32')(
    'by Ctrl-C is code 130, and leaves nothing where checkpoints are not wanted',
    async () => {
      let sent = false
      const outcome = await lanewise(
        cwd,
        [...tiny, '--epochs', '1000000', '--out', 'run', '--json', '--checkpoint-every', 'never'],
        (stderr, child) => {
          if (sent || !stderr.includes('epoch ')) return
          sent = true
          child.kill('SIGINT')
        },
      )
      expect([outcome.code, outcome.stdout]).toEqual([130, ''])
      expect(outcome.stderr).toMatch(/\nlanewise: interrupted\n$/)
      expect(readdirSync(cwd)).toEqual(['tiny'])
    },
  )
})

it('help and version go to standard output', async () => {
  const help = await lanewise(cwd, ['train', '--help'])
  expect([help.code, help.stderr]).toEqual([0, ''])
  expect(help.stdout).toMatch(/--label-smoothing <share>/)
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  for (const args of [['--version'], ['train', '--version'], ['predict', '--version']]) {
    expect(await lanewise(cwd, args)).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
  }
})
