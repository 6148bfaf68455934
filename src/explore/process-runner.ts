// Runs trials side by side in processes of their own, each with one thread or a few: whole trials in parallel need no barriers.
import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import * as errors from '../core/errors.js'
import { given } from '../core/given.js'
import type { TrialJob, TrialResult } from './job.js'
import type { TrialRunner } from './runner.js'

/** What goes to a process. */
export interface Order {
  job: TrialJob
  threads: number
}

/** What comes back. */
export type Answer =
  { result: TrialResult } | { error: { name: string; rule: string; received?: string; remedy?: string } }

export interface ProcessOptions {
  /** Trials at the same time. */
  slots: number
  /** Threads of each. */
  threads: number
}

interface Member {
  process: ChildProcess
  busy: boolean
  /** Takes the next answer, or what became of the process instead. */
  answer: ((answer: Answer) => void) | undefined
}

/** Starts processes as they are needed; they stay for later trials, with their data. */
export function processRunner({ slots, threads }: ProcessOptions): TrialRunner {
  const members = new Set<Member>()
  const start = (): Member => {
    const file = fileURLToPath(new URL('../explore/trial-process.js', import.meta.url))
    // An interrupt from the keyboard reaches the whole group; the parent tells its children itself.
    const child = fork(file, { detached: true, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    const member: Member = { process: child, busy: false, answer: undefined }
    members.add(member)
    const gone = (received: string) => {
      members.delete(member)
      member.answer?.({
        error: { name: 'WorkerError', rule: 'the process of a trial lives until it ends', received },
      })
    }
    child.on('message', (answer: Answer) => member.answer?.(answer))
    child.on('error', ({ message }) => {
      gone(message)
    })
    child.on('exit', (code, signal) => {
      gone(`an end with ${signal ?? `code ${String(code)}`}`)
    })
    return member
  }
  return {
    slots,
    async run(job, signal) {
      signal?.throwIfAborted()
      const member = [...members].find(({ busy }) => !busy) ?? start()
      member.busy = true
      const order: Order = { job, threads }
      const interrupt = () => member.process.kill('SIGKILL')
      signal?.addEventListener('abort', interrupt, { once: true })
      const answer = await new Promise<Answer>((resolve) => {
        member.answer = resolve
        member.process.send(order, (error) => {
          if (error !== null)
            resolve({
              error: { name: 'WorkerError', rule: 'a trial reaches its process', received: error.message },
            })
        })
      })
      signal?.removeEventListener('abort', interrupt)
      member.answer = undefined
      member.busy = false
      signal?.throwIfAborted()
      if ('result' in answer) return answer.result
      throw errorOf(answer.error)
    },
    async close() {
      const ended = [...members].map(({ process }) => new Promise((resolve) => process.once('exit', resolve)))
      for (const { process } of members) process.kill('SIGKILL')
      await Promise.all(ended)
    },
  }
}

/** The error of a process as one of the same kind here. */
function errorOf({ name, rule, received, remedy }: Extract<Answer, { error: unknown }>['error']): Error {
  const types = { ...errors } as unknown as Record<string, new (parts: errors.ErrorParts) => Error>
  const plain = ['ArgumentError', 'DataError', 'ShapeError', 'FormatError', 'NotFoundError', 'EngineError']
  const type = plain.includes(name) ? types[name]! : errors.WorkerError
  return new type({ rule, ...given({ received, remedy }) })
}
