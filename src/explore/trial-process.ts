// The process that runs trials for processRunner: takes orders and answers them, one after the other, until its parent is gone.
import { LanewiseError } from '../core/errors.js'
import { given } from '../core/given.js'
import type { Answer, Order } from './process-runner.js'
import { dataCache } from './runner.js'
import { runTrial } from './trial.js'

const load = dataCache()

async function answerTo({ job, threads }: Order): Promise<Answer> {
  try {
    return { result: await runTrial(job, await load(job.data), { threads }) }
  } catch (error) {
    if (error instanceof LanewiseError) {
      const { name, rule, received, remedy } = error
      return { error: { name, rule, ...given({ received, remedy }) } }
    }
    const received = error instanceof Error ? (error.stack ?? error.message) : String(error)
    return { error: { name: 'Error', rule: 'a trial ends without an unexpected failure', received } }
  }
}

process.on('message', (order: Order) => {
  void answerTo(order).then((answer) => process.send?.(answer))
})
process.on('disconnect', () => process.exit())
