// Compiles a graph to plans: lists of kernel calls with fixed addresses. A training plan is gather → forward → loss →
// backward → optimizer; an inference plan the first two, with the loss when it is to evaluate. Runs nothing.
import type { Arena } from './arena.js'
import { TrainingPlan } from './plan/backward.js'
import type { Plan, PlanOptions } from './plan/types.js'

export { takesLists } from './plan/types.js'
export type { AugmentSource, DataSource, LossSpec, Plan, PlanOptions, UpdateSpec } from './plan/types.js'

/** Compiles a plan into `arena`. */
export function compilePlan(arena: Arena, options: PlanOptions): Plan {
  return new Compiler(arena, options).compile()
}

class Compiler extends TrainingPlan {
  compile(): Plan {
    const { graph, output, loss, capacity } = this.options
    const nodes = this.needed()
    this.gather(graph.input)
    if (this.training) for (const node of nodes) this.transposeWeight(node)
    for (const node of nodes) this.forward(node)
    if (loss !== undefined) this.loss(loss)
    if (this.training) this.backward(nodes)
    const records = this.writer.finish(this.arena)
    const owned = [...this.owned, records]
    return {
      address: records.address,
      capacity,
      output: { address: this.valueOf(output).address, stride: this.stride, columns: output.columns },
      operations: this.writer.emitted,
      values: this.values,
      gradients: this.gradients,
      weightGradients: this.weightGradients,
      release: () => {
        for (const { address, bytes } of owned) this.arena.release(address, bytes)
      },
    }
  }
}
