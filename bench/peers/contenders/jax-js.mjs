// jax-js on its WebAssembly backend: the gradient and the optimizer's step in one jitted function. Adam is written out here
// (@jax-js/optax is a package of its own), with its bias correction passed in as two numbers.
import { grad, init, jit, nn, numpy as np, defaultDevice } from '@jax-js/jax'
import { floats, job, readData, report, score, trainForSeconds, versionOf } from './shared.mjs'
import { uniform } from '../random.mjs'

await init('wasm')
defaultDevice('wasm')
const { layers, optimizer, learningRate, batch, seed } = job
const outputs = layers.at(-1)
const data = readData(job.data)
const { columns, test } = data
const [beta1, beta2, epsilon] = [0.9, 0.999, 1e-8]

// Reference counts: `.ref` keeps an array that is used again; whatever is passed on is consumed.
function forward(parameters, x) {
  const last = parameters.length / 2 - 1
  for (let i = 0; i <= last; i++) {
    x = np.matmul(x, parameters[2 * i]).add(parameters[2 * i + 1])
    if (i < last) x = nn.relu(x)
  }
  return x
}

function loss(parameters, x, y) {
  const z = forward(parameters, x)
  if (outputs === 1) return np.square(z.sub(y)).mean()
  return nn
    .logSoftmax(z)
    .mul(y)
    .sum()
    .mul(-1 / batch)
}

const sgdStep = jit((parameters, x, y) => {
  const gradients = grad(loss)(
    parameters.map((p) => p.ref),
    x,
    y,
  )
  return parameters.map((p, i) => p.sub(gradients[i].mul(learningRate)))
})

const adamStep = jit((parameters, m, v, x, y, rate, correction) => {
  const gradients = grad(loss)(
    parameters.map((p) => p.ref),
    x,
    y,
  )
  const nextM = m.map((old, i) => old.mul(beta1).add(gradients[i].ref.mul(1 - beta1)))
  const nextV = v.map((old, i) => old.mul(beta2).add(np.square(gradients[i]).mul(1 - beta2)))
  const next = parameters.map((p, i) =>
    p.sub(nextM[i].ref.mul(rate.ref).div(np.sqrt(nextV[i].ref.mul(correction.ref)).add(epsilon))),
  )
  rate.dispose()
  correction.dispose()
  return [next, nextM, nextV]
})

const random = uniform(seed)
let parameters = layers.slice(1).flatMap((units, i) => {
  const isLast = i === layers.length - 2
  const limit = Math.sqrt(6 / (layers[i] + (isLast ? units : 0)))
  const weight = Float32Array.from({ length: layers[i] * units }, () => (2 * random() - 1) * limit)
  return [np.array(weight).reshape([layers[i], units]), np.zeros([units])]
})
let m = parameters.map((p) => np.zeros(p.shape))
let v = parameters.map((p) => np.zeros(p.shape))
let step = 0

const result = await trainForSeconds(data, async (x, y) => {
  const inputs = np.array(x.slice()).reshape([batch, columns])
  const targets = np.array(y.slice()).reshape([batch, outputs])
  step++
  if (optimizer === 'sgd') {
    parameters = sgdStep(parameters, inputs, targets)
  } else {
    const rate = np.array(learningRate / (1 - beta1 ** step))
    const correction = np.array(1 / (1 - beta2 ** step))
    ;[parameters, m, v] = adamStep(parameters, m, v, inputs, targets, rate, correction)
  }
  await parameters.at(-1).blockUntilReady()
})

const x = np.array(floats(test, columns, test.rows)).reshape([test.rows, columns])
const predicted = await forward(parameters, x).data()
report({ ...result, ...score(predicted, test.y), version: versionOf('@jax-js/jax'), threads: 1 })
