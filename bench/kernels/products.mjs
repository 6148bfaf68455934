// Matrix products of a dense layer: as plans by one and two threads, and the bare kernels, in operations a second and as a share of
// the ceiling measured in the same round. And the products over listed inputs, dense-equivalent.
import { BareCore } from '../lib/core.mjs'
import { Ceiling } from '../lib/ceiling.mjs'
import { density, normals, pictures } from '../lib/data.mjs'
import { threadCounts, variants } from '../lib/machine.mjs'
import { ProductBench } from '../lib/product.mjs'
import { interleave, secondsPerCall, summary } from '../lib/stats.mjs'
import { number, percent, spread } from '../lib/table.mjs'

const shapes = [
  [256, 256, 256],
  [512, 512, 512],
  [1024, 1024, 1024],
  [32, 784, 128],
  [128, 784, 128],
  [128, 784, 512],
  [128, 512, 512],
]
const sparseShapes = [
  [32, 784, 128],
  [128, 784, 512],
]
const products = ['forward', 'weight gradient', 'input gradient']

export async function* productTables({ choose, progress }) {
  const effort = choose({
    full: { rounds: 15, milliseconds: 8 },
    short: { rounds: 7, milliseconds: 5 },
    quick: { rounds: 3, milliseconds: 1, largest: 512 },
  })
  const ceilings = new Map(variants().map((numerics) => [numerics, new Ceiling(numerics)]))
  try {
    const dense = []
    for (const shape of shapes.filter(([batch]) => batch <= (effort.largest ?? Infinity))) {
      progress(`products ${shape.join('×')}`)
      dense.push(...(await measure(shape, effort, ceilings, false)))
    }
    yield ceilingTable(dense)
    const rows = [
      ['batch×in×out', 'shape'],
      ['product', 'product'],
    ]
    const across = ({ numerics, threads }) => `${numerics}, ${threads} thread${threads > 1 ? 's' : ''}`
    const cells = [
      ['', ({ gflops, ceilingShare }) => `${spread(gflops)} ${percent(ceilingShare.median).padStart(5)}`],
    ]
    yield {
      id: 'products',
      title: 'Products of a dense layer, as plans: GFLOP/s, and share of the ceiling',
      note: 'input gradient: with the transposition of the weights; ceiling: of as many threads, in the same rounds',
      records: dense.filter(({ path }) => path === 'plan'),
      rows,
      across,
      cells,
    }
    yield {
      id: 'bare-products',
      title: 'The same by the bare kernels, called panel by panel: rowsPanel, transPanel, transposePanel',
      records: dense.filter(({ path }) => path === 'bare'),
      rows,
      across,
      cells,
    }
    const sparse = []
    for (const shape of sparseShapes) {
      progress(`sparse products ${shape.join('×')}`)
      sparse.push(...(await measure(shape, effort, ceilings, true)))
    }
    yield {
      id: 'sparse-products',
      title: 'Products over listed inputs, as plans: dense-equivalent GFLOP/s, and time',
      note: `pictures as bytes, ${percent(density(pictures(128)))} of them not zero; column lists: made for each batch, from the rows' lists`,
      records: sparse,
      rows,
      across,
      cells: [
        [
          '',
          ({ product, gflops, microseconds }) =>
            `${product === 'column lists' ? '' : number(gflops.median)} ${number(microseconds.median).padStart(6)} µs`,
        ],
      ],
    }
  } finally {
    for (const ceiling of ceilings.values()) await ceiling.close()
  }
}

/** All products of one shape: candidates take turns with the ceilings. */
async function measure(shape, { rounds, milliseconds }, ceilings, sparse) {
  const [batch, inputs, outputs] = shape
  const operations = 2 * batch * inputs * outputs
  const keys = [...ceilings.keys()].flatMap((numerics) =>
    threadCounts().map((threads) => ({ numerics, threads })),
  )
  const candidates = []
  for (const numerics of ceilings.keys()) {
    const bench = new ProductBench({
      numerics,
      batch,
      inputs,
      outputs,
      sparse,
      threads: Math.max(...threadCounts()),
    })
    const bare = sparse ? undefined : bareProducts(numerics, shape)
    for (const product of sparse ? ['column lists', 'forward', 'weight gradient'] : products) {
      for (const threads of threadCounts()) {
        const warm = await warmUp(bench, product, threads)
        const calls = Math.max(1, Math.ceil(milliseconds / 1000 / warm))
        const sample = () => bench.time(product, threads, calls)
        candidates.push({ product, numerics, threads, path: 'plan', sample })
      }
      if (bare === undefined) continue
      secondsPerCall(bare[product], 20)
      const sample = () => secondsPerCall(bare[product], milliseconds)
      candidates.push({ product, numerics, threads: 1, path: 'bare', sample })
    }
  }
  const samples = await interleave(rounds, [
    ...keys.map(
      ({ numerics, threads }) =>
        () =>
          ceilings.get(numerics).sample(threads, Math.min(milliseconds, 4)),
    ),
    ...candidates.map(({ sample }) => sample),
  ])
  return candidates.map(({ product, numerics, threads, path }, i) => {
    const own = samples[keys.length + i]
    const ceiling = samples[keys.findIndex((key) => key.numerics === numerics && key.threads === threads)]
    return {
      shape: shape.join('×'),
      product,
      numerics,
      threads,
      path,
      gflops: summary(own.map((seconds) => operations / seconds / 1e9)),
      microseconds: summary(own.map((seconds) => seconds * 1e6)),
      ceilingShare: summary(own.map((seconds, round) => operations / seconds / ceiling[round])),
      ceilingGflops: summary(ceiling.map((rate) => rate / 1e9)),
    }
  })
}

/** Calls until the kernels are compiled well, for 20 ms at least. @returns seconds of a call then. */
async function warmUp(bench, product, threads) {
  let spent = 0
  let seconds = 0
  for (let calls = 1; spent < 0.02; calls = Math.min(128, calls * 2)) {
    seconds = await bench.time(product, threads, calls)
    spent += seconds * calls
  }
  return seconds
}

/** The kernels over all panels, called from here. */
function bareProducts(numerics, [batch, inputs, outputs]) {
  const panels = (columns) => Math.ceil(columns / 16)
  const size = {
    x: batch * panels(inputs) * 16,
    w: inputs * panels(outputs) * 16,
    z: batch * panels(outputs) * 16,
  }
  const core = new BareCore(numerics, 4 * (2 * size.x + 3 * size.w + 2 * size.z + 16 * inputs + 16 * outputs))
  const { rowsPanel, transPanel, transposePanel } = core.kernels
  const x = core.floats(size.x, normals(size.x, 1))
  const w = core.floats(size.w, normals(size.w, 2))
  const dz = core.floats(size.z, normals(size.z, 3))
  const zeros = core.floats(16)
  const [z, dw, dx] = [core.floats(size.z), core.floats(size.w), core.floats(size.x)]
  const wt = core.floats(panels(inputs) * outputs * 16)
  return {
    forward() {
      for (let p = 0; p < panels(outputs); p++) {
        rowsPanel(z + p * batch * 64, x, batch * 64, w + p * inputs * 64, batch, inputs, zeros, -Infinity, 0)
      }
    },
    'weight gradient'() {
      for (let p = 0; p < panels(outputs); p++) {
        transPanel(dw + p * inputs * 64, x, batch * 64, dz + p * batch * 64, 0, inputs, batch, 0)
      }
    },
    'input gradient'() {
      for (let p = 0; p < panels(inputs); p++) {
        transposePanel(wt + p * outputs * 64, w, inputs * 64, p, inputs, outputs)
        rowsPanel(
          dx + p * batch * 64,
          dz,
          batch * 64,
          wt + p * outputs * 64,
          batch,
          outputs,
          zeros,
          -Infinity,
          0,
        )
      }
    },
  }
}

/** The ceilings that all rounds saw, by variant and threads. */
function ceilingTable(records) {
  const plans = records.filter(({ path, product }) => path === 'plan' && product === 'forward')
  const groups = new Map()
  for (const plan of plans) {
    const key = `${plan.numerics} ${plan.threads}`
    groups.set(key, [...(groups.get(key) ?? []), plan])
  }
  return {
    id: 'ceilings',
    title: 'Ceilings: 128-bit multiply-add without loads (fast: fused, strict: two roundings)',
    records: [...groups.values()].map((group) => ({
      numerics: group[0].numerics,
      threads: group[0].threads,
      gflops: summary(group.map(({ ceilingGflops }) => ceilingGflops.median)),
    })),
    rows: [
      ['variant', 'numerics'],
      ['threads', 'threads'],
    ],
    cells: [['GFLOP/s', ({ gflops }) => spread(gflops)]],
  }
}
