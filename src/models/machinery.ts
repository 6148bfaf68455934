// What a model runs on once it is compiled: the core, its engine, networks in its memory. Loaded by `compile`, so that whoever only
// describes models or measures results does not wait for it.
export { prepareCore } from '../core/bytes.js'
export { defaultThreads, startWorkers } from '../core/pool.js'
export { runSettings, settle, threadsFor } from './compile.js'
export { Inference } from './inference.js'
export { Network, slotsOf } from './network.js'
