// What the core exports: every kernel on its own (tests and benchmarks call them directly; being exported also keeps the
// compiler from inlining a kernel into the plan runner, where the engine could not tier it up), and the plan runner.
export * from './activations'
export * from './losses'
export * from './optimizers'
export * from './random'
export { maddProbe } from './lanes'
