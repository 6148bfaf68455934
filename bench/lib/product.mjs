// One dense layer's products as a model runs them: a plan is compiled from a graph, and the records of one product are cut out of
// it into a plan of their own, which the engine runs with its threads, barriers and shares. So what is timed is what trains.
import { Engine } from '../../dist/core/engine.js'
import { Graph } from '../../dist/core/graph.js'
import { entryBytes, Operation, stepBytes, stepWords } from '../../dist/core/operations.js'
import { ParameterStore } from '../../dist/core/parameters.js'
import { compilePlan } from '../../dist/core/plan.js'
import { placePreprocessing, placeTable } from '../../dist/models/preprocessing.js'
import { normals, pictures } from './data.mjs'
import { withThreads } from './threads.mjs'

const measured = 'measured'
/** Steps of one call of the engine at most. */
const stepsAtOnce = 128

/** Which records of the plan belong to which product. */
const isPartOf = {
  forward: ({ layer, phase }) => layer === measured && phase === 'forward',
  'weight gradient': ({ layer, phase }) => layer === measured && phase === 'update',
  'input gradient': ({ layer, phase }) => layer === measured && phase === 'backward',
  'column lists': ({ operation }) => operation === 'listBatch',
}

export class ProductBench {
  #engine
  #plans = new Map()
  #steps
  #batch

  /**
   * A dense layer of `inputs` × `outputs` for batches of `batch` rows. @param sparse whether its inputs are pictures, listed
   * (`inputs` is 784 then); else they come from a layer before it, so that there is an input gradient.
   */
  constructor({ numerics, batch, inputs, outputs, sparse = false, threads }) {
    const raw = sparse ? inputs : 16
    const graph = new Graph([raw])
    const parameters = []
    const parameter = (name, shape) => {
      parameters.push({ name, shape, penalty: { l1: 0, l2: 0 }, offset: 0 })
      return parameters.at(-1)
    }
    graph.layer = 'before'
    const x = sparse ? graph.input : graph.dense(graph.input, parameter('before/weight', [raw, inputs]))
    graph.layer = measured
    const output = graph.dense(x, parameter('weight', [inputs, outputs]), parameter('bias', [outputs]))
    this.#engine = new Engine(numerics, 1 << 20)
    this.#batch = batch
    const { arena } = this.#engine
    const store = new ParameterStore(arena, parameters)
    parameters.forEach((one, i) => store.write(one, scaled(one.shape, i)))
    const plan = compilePlan(arena, {
      graph,
      output,
      store,
      source: this.#place(raw, outputs, sparse),
      capacity: batch,
      tile: this.#engine.tile(true),
      loss: { kind: 'meanSquaredError', parameter: 0 },
      // A limit on the norm keeps gradient and optimizer apart.
      update: { kernel: 0, weightDecay: 0, clipValue: Infinity, clipNorm: 1e30, frozen: new Set() },
      threads,
    })
    this.#steps = this.#makeSteps()
    this.#engine.runAlone(plan, this.#steps, 1)
    for (const [product, belongs] of Object.entries(isPartOf)) {
      this.#plans.set(product, { address: excerpt(arena, plan.operations.filter(belongs)) })
    }
  }

  /** Seconds of one `product`, from `calls` of them in a row. */
  time(product, threads, calls) {
    const plan = this.#plans.get(product)
    return withThreads(this.#engine, threads, async () => {
      // Wakes the workers.
      await this.#engine.run(plan, this.#steps, 1)
      const began = performance.now()
      for (let done = 0; done < calls; done += stepsAtOnce) {
        await this.#engine.run(plan, this.#steps, Math.min(stepsAtOnce, calls - done))
      }
      return (performance.now() - began) / 1000 / calls
    })
  }

  #place(columns, outputs, sparse) {
    const { arena } = this.#engine
    const floats = (values) => {
      const address = arena.allocate(values.length * 4)
      arena.f32(address, values.length).set(values)
      return address
    }
    const { scale, shift } = sparse
      ? placeTable(arena, { scale: [1 / 255], shift: [0] })
      : placePreprocessing(arena, { scale: [1], shift: [0] }, columns)
    return {
      address: sparse ? this.#placeLists(columns) : floats(normals(this.#batch * columns)),
      kind: sparse ? 'lists' : 'floats',
      order: 0,
      targets: floats(normals(this.#batch * outputs, 2)),
      weights: 0,
      scale,
      shift,
    }
  }

  /** Pictures as pair lists. @returns the address of the row starts. */
  #placeLists(columns) {
    const { arena, core } = this.#engine
    const bytes = pictures(this.#batch)
    const data = arena.allocate(bytes.length)
    arena.u8(data, bytes.length).set(bytes)
    const starts = arena.allocate((this.#batch + 1) * 4)
    const lists = arena.allocate((bytes.length / 2) * entryBytes)
    core.listPairsOfRows(lists, starts, data, this.#batch, columns)
    return starts
  }

  /** Records of steps with all rows and a learning rate of 0. */
  #makeSteps() {
    const { arena } = this.#engine
    const steps = this.#engine.allocateSteps(stepsAtOnce)
    for (let i = 0; i < stepsAtOnce; i++) {
      const at = steps + i * stepBytes
      arena.u32(at, stepBytes / 4)[stepWords.rows] = this.#batch
      arena.f32(at, stepBytes / 4)[stepWords.inverseRows] = 1 / this.#batch
    }
    return steps
  }
}

/** Weights that keep the size of their inputs. */
function scaled(shape, seed) {
  const deviation = 1 / Math.sqrt(shape[0])
  return normals(shape[0] * (shape[1] ?? 1), 10 + seed).map((value) => value * deviation)
}

/** A plan of those records alone, a barrier after each. @returns its address. */
function excerpt(arena, operations) {
  const words = []
  for (const { address } of operations) {
    const [, bytes] = arena.u32(address, 2)
    words.push(...arena.u32(address, bytes / 4), Operation.barrier, 8)
  }
  words.push(Operation.end, 8)
  const address = arena.allocate(words.length * 4)
  arena.u32(address, words.length).set(words)
  return address
}
