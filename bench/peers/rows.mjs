// What is measured: the rows of the table. Every contender gets these as a job (`jobOf` in run.mjs) and nothing else.

/**
 * Training rows. `layers` are the units from input to output; hidden layers have ReLU and he-normal weights, the output
 * layer has softmax (one output: none) and glorot-uniform weights; biases start at zero. Of the table's few rows, two `epochs` would
 * be over before engines have compiled what is slow.
 */
export const trainingRows = [
  {
    name: 'mlp-128',
    title: '784-128-10, b32, Adam',
    data: 'images',
    layers: [784, 128, 10],
    batch: 32,
    optimizer: 'adam',
    learningRate: 1e-3,
    epochs: 2,
  },
  {
    name: 'mlp-128-64',
    title: '784-128-64-10, b64, Adam',
    data: 'images',
    layers: [784, 128, 64, 10],
    batch: 64,
    optimizer: 'adam',
    learningRate: 1e-3,
    epochs: 2,
  },
  {
    name: 'mlp-512-512',
    title: '784-512-512-10, b128, Adam',
    data: 'images',
    layers: [784, 512, 512, 10],
    batch: 128,
    optimizer: 'adam',
    learningRate: 1e-3,
    epochs: 2,
  },
  {
    name: 'logistic',
    title: '784-10 logistic, b128, SGD 0.1',
    data: 'images',
    layers: [784, 10],
    batch: 128,
    optimizer: 'sgd',
    learningRate: 0.1,
    epochs: 2,
  },
  {
    name: 'regression',
    title: '8-64-64-1 regression, b32, Adam',
    data: 'table',
    layers: [8, 64, 64, 1],
    batch: 32,
    optimizer: 'adam',
    learningRate: 1e-3,
    epochs: 20,
  },
]

/** Inference, on one thread: the first row's network, with the weights that Lanewise has trained. */
export const inferenceRow = {
  name: 'inference',
  title: '784-128-10 inference',
  data: 'images',
  layers: [784, 128, 10],
  batches: [1, 32, 256],
}

/** A bare product of square matrices, on one thread: what the kernels do against a native library's. */
export const productRow = { name: 'product', title: '512×512×512 product, GFLOP/s', size: 512 }

export const rowNames = [...trainingRows.map(({ name }) => name), inferenceRow.name, productRow.name]
