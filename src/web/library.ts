// Everything that a page gets, and the worker's program. The build wraps all of it in one function, so that the same text
// serves the page and its workers.
export * from '../index.js'
export { decodeModel, encodeModel } from '../persist/model.js'
export { setLibraryText, setWorker } from './background-host.js'
export { useCore } from './bytes.js'
export { removeModel, savedModels } from './storage.js'
export { serveWorker } from './serve-worker.js'
