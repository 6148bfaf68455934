import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeLibrary, type Library } from './child.js'

let library: Library
beforeAll(async () => {
  library = await makeLibrary()
})
afterAll(() => library.remove())

/** Runs a program that prints one JSON object last, and gives that. */
async function figures<T>(program: string, flags?: readonly string[]): Promise<T> {
  const { code, output, errors } = await library.run(program, flags)
  expect(errors).toBe('')
  expect(code).toBe(0)
  return JSON.parse(output.trim().split('\n').at(-1)!) as T
}

const head = `
import { adam, dense, dropout, Sequential } from './index.js'
const x = { data: Float32Array.from({ length: 320 * 20 }, (_, i) => Math.sin(i * i)), shape: [320, 20] }
const y = Array.from({ length: 320 }, (_, i) => i % 7)
const layers = () => [dense(64, { activation: 'relu' }), dropout(0.2), dense(7, { activation: 'softmax' })]
const resident = async () => {
  for (let i = 0; i < 3; i++) {
    gc()
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return process.memoryUsage().rss / 2 ** 20
}
`

it.each([1, 2])('10,000 steps leave memory where it was, threads: %i', async (threads) => {
  const program = `${head}
const model = new Sequential(layers())
await model.compile({ optimizer: adam(), loss: 'crossentropy', threads: ${String(threads)} })
const turn = async (epochs, batches) => {
  await model.fit(x, y, { epochs, batchSize: 32, validationSplit: 0.1 })
  for (let i = 0; i < batches; i++) await model.trainOnBatch(x, y)
  await model.predict(x)
}
for (let i = 0; i < 5; i++) await turn(9, 19)
const linear = model.memoryBytes
const before = await resident()
for (let i = 0; i < 100; i++) await turn(9, 19)
console.log(JSON.stringify({ linear, linearAfter: model.memoryBytes, before, after: await resident() }))
`
  const { linear, linearAfter, before, after } = await figures<Record<string, number>>(program, [
    '--expose-gc',
  ])
  console.log(
    `threads ${String(threads)}: ${before.toFixed(1)} MiB, after 10,000 steps ${after.toFixed(1)} MiB`,
  )
  expect(linearAfter).toBe(linear)
  expect(after - before).toBeLessThan(20)
})

it.each([
  { threads: 1, models: 1000, units: 64, most: 40 },
  { threads: 1, models: 250, units: 2000, most: 40 },
  // Of some 800 MiB in all: the worker collects its garbage when it sees fit.
  { threads: 2, models: 250, units: 1000, most: 160 },
])(
  '$models models of $units units, trained a step and dropped, leave memory where it was, threads: $threads',
  async ({ threads, models, units, most }) => {
    const program = `${head}
const figures = []
for (let i = 1; i <= ${String(models)}; i++) {
  const model = new Sequential([dense(${String(units)}, { activation: 'relu' }), dense(7, { activation: 'softmax' })])
  await model.compile({ optimizer: adam(), loss: 'crossentropy', threads: ${String(threads)} })
  await model.fit(x, y, { batchSize: 320 })
  await model.predict(x)
  if (i % ${String(models / 5)} === 0) figures.push(await resident())
}
console.log(JSON.stringify({ figures }))
`
    const { figures: seen } = await figures<{ figures: number[] }>(program, ['--expose-gc'])
    console.log(
      `threads ${String(threads)}, ${String(units)} units: ${seen.map((mib) => mib.toFixed(0)).join(', ')} MiB`,
    )
    expect(seen.at(-1)! - seen[0]).toBeLessThan(most)
  },
)

it('a process ends by itself after a fit with threads', async () => {
  const program = `${head}
const model = new Sequential(layers())
await model.compile({ loss: 'crossentropy', threads: 2 })
let threads = 1
for (let i = 0; i < 500 && threads < 2; i++) {
  const { epochs } = await model.fit(x, y, { epochs: 10, batchSize: 32 })
  threads = Math.max(...epochs.map((epoch) => epoch.threads))
  await new Promise((resolve) => setTimeout(resolve, 5))
}
console.log(JSON.stringify({ threads }))
`
  expect(await figures(program)).toEqual({ threads: 2 })
})

it('a process ends by itself when a fit with threads fails', async () => {
  const { code, errors } = await library.run(`${head}
const model = new Sequential(layers())
await model.compile({ loss: 'crossentropy', threads: 2 })
const onSlice = () => {
  throw new Error('from a callback')
}
await model.fit(x, y, { epochs: 1000, callbacks: [{ onSlice }] })
`)
  expect(errors).toContain('from a callback')
  expect(code).toBe(1)
})
