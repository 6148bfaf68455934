// Times tasks on bare kernels in every variant.
import { variants } from '../lib/machine.mjs'
import { rateOf, timeTasks } from '../lib/stats.mjs'

/**
 * @param make gives the tasks of a variant: `[{ labels, run, amount }]`, amount being what one call does.
 * @param unit what `rate` counts by. @returns records `{ ...labels, numerics, rate }`, the variants of a task side by side.
 */
export function measureTasks(make, milliseconds, unit) {
  const byVariant = variants().map((numerics) => {
    const tasks = make(numerics).map((task) => ({ ...task, name: Object.values(task.labels).join(' ') }))
    return timeTasks(tasks, milliseconds).map((seconds, i) => ({
      ...tasks[i].labels,
      numerics,
      rate: rateOf(tasks[i].amount / unit, seconds),
    }))
  })
  return byVariant[0].flatMap((_, i) => byVariant.map((records) => records[i]))
}
