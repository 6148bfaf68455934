// The forward product of a dense layer of Lanewise, as a plan runs it: the median of as many as fill the time.
import { revectorize } from '../../../dist/core/wasm.js'
import { ProductBench } from '../../lib/product.mjs'
import { quantile } from '../../lib/stats.mjs'
import { job, report } from './shared.mjs'

const { size, numerics, seconds } = job
if (job.revectorize) revectorize()
const bench = new ProductBench({ numerics, batch: size, inputs: size, outputs: size, threads: 1 })
const time = (calls) => bench.time('forward', 1, calls)
for (let i = 0; i < 10; i++) await time(4)
const times = []
const end = performance.now() + seconds * 1000
while (performance.now() < end) times.push(await time(1))
const sorted = Float64Array.from(times).sort()
report({
  gflops: (2 * size ** 3) / quantile(sorted, 0.5) / 1e9,
  version: `${job.version}, numerics ${numerics}`,
})
