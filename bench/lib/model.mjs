// Multilayer perceptrons by their layer sizes, as all sections use them.
import { dense, Sequential } from '../../dist/index.js'

/** Layers of ReLU; softmax at the end, or a linear output when there is one. @param units `[784, 128, 10]`. */
export async function createModel(units, options = {}) {
  const [inputs, ...layers] = units
  const isClassifier = layers.at(-1) > 1
  const model = new Sequential(
    layers.map((count, i) => {
      const output = isClassifier ? 'softmax' : 'linear'
      return dense(count, { activation: i === layers.length - 1 ? output : 'relu' })
    }),
  )
  const loss = isClassifier ? 'crossentropy' : 'mse'
  await model.compile({ optimizer: 'adam', loss, seed: 1, inputShape: [inputs], ...options })
  return model
}

/** The same as text: `784-128-10`. */
export function nameOf(units) {
  return units.join('-')
}
