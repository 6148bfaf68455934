// The kernels of the core: the ceilings of the machine, matrix products, elementwise kernels, losses, optimizers, random fills, augmentation.
import { augmentationTables } from './kernels/augmentation.mjs'
import { elementwiseTables } from './kernels/elementwise.mjs'
import { lossTables } from './kernels/losses.mjs'
import { productTables } from './kernels/products.mjs'

export async function* tables(effort) {
  yield* productTables(effort)
  yield* elementwiseTables(effort)
  yield* lossTables(effort)
  yield* augmentationTables(effort)
}
