// Runs a plan: a list of records in linear memory, each an operation with its arguments, done in order by every thread, once a
// step. A record is: operation (u32), bytes of the whole record (u32), arguments (32-bit words). The list ends with END.
// Plans nothing, allocates nothing. `runPlan` is called once a slice of steps; the kernels it calls are functions of their own.
import {
  ACTIVATION_BACKWARD, ACTIVATION_FORWARD, ADD, clipNorm, dense, DROPOUT_BACKWARD, DROPOUT_FORWARD, elementwise, gather,
  gatherLabels, gradient, loss, norm, optimize, scaleRows, softmax, sumLoss, transpose, update,
} from './operations'
import { augment, listRowsOfBatch, mixRows, mixTargets, pairRows } from './augment-operations'
import { ABORTED, arrive, awaitCommand, awaitGeneration, commandWord, DONE } from './sync'
import { listBatch, sparseDense, sparseGradient, sparseUpdate } from './sparse-operations'
import { STEP_BYTES } from './step'

// Operation numbers; src/core/operations.ts has the same list.
const END: i32 = 0
const BARRIER: i32 = 1
const GATHER: i32 = 2
const GATHER_LABELS: i32 = 3
const SCALE_ROWS: i32 = 4
const DENSE: i32 = 5
const ACTIVATE: i32 = 6
const ACTIVATE_BACKWARD: i32 = 7
const DROPOUT: i32 = 8
const DROPOUT_GRADIENT: i32 = 9
const ADDITION: i32 = 10
const SOFTMAX: i32 = 11
const SOFTMAX_BACKWARD: i32 = 12
const LOSS: i32 = 13
const SUM_LOSS: i32 = 14
const TRANSPOSE: i32 = 15
const GRADIENT: i32 = 16
const UPDATE: i32 = 17
const NORM: i32 = 18
const CLIP_NORM: i32 = 19
const OPTIMIZE: i32 = 20
const LIST_BATCH: i32 = 21
const SPARSE_DENSE: i32 = 22
const SPARSE_GRADIENT: i32 = 23
const SPARSE_UPDATE: i32 = 24
const AUGMENT: i32 = 25
const PAIR_ROWS: i32 = 26
const MIX_ROWS: i32 = 27
const MIX_TARGETS: i32 = 28
const LIST_ROWS: i32 = 29

/** One operation, one thread's share. */
export function runOperation(record: usize, step: usize, t: i32, threads: i32): void {
  switch (load<i32>(record)) {
    case GATHER: return gather(record, step, t, threads)
    case GATHER_LABELS: return gatherLabels(record, step, t)
    case SCALE_ROWS: return scaleRows(record, step, t)
    case DENSE: return dense(record, step, t, threads)
    case ACTIVATE: return elementwise(ACTIVATION_FORWARD, record, step, t, threads)
    case ACTIVATE_BACKWARD: return elementwise(ACTIVATION_BACKWARD, record, step, t, threads)
    case DROPOUT: return elementwise(DROPOUT_FORWARD, record, step, t, threads)
    case DROPOUT_GRADIENT: return elementwise(DROPOUT_BACKWARD, record, step, t, threads)
    case ADDITION: return elementwise(ADD, record, step, t, threads)
    case SOFTMAX: return softmax(false, record, step, t, threads)
    case SOFTMAX_BACKWARD: return softmax(true, record, step, t, threads)
    case LOSS: return loss(record, step, t, threads)
    case SUM_LOSS: return sumLoss(record, step, t)
    case TRANSPOSE: return transpose(record, t, threads)
    case GRADIENT: return gradient(record, step, t, threads)
    case UPDATE: return update(record, step, t, threads)
    case NORM: return norm(record, t, threads)
    case CLIP_NORM: return clipNorm(record, step, t)
    case OPTIMIZE: return optimize(record, step, t, threads)
    case LIST_BATCH: return listBatch(record, step, t)
    case SPARSE_DENSE: return sparseDense(record, step, t, threads)
    case SPARSE_GRADIENT: return sparseGradient(record, step, t, threads)
    case SPARSE_UPDATE: return sparseUpdate(record, step, t, threads)
    case AUGMENT: return augment(record, step, t, threads)
    case PAIR_ROWS: return pairRows(record, step, t)
    case MIX_ROWS: return mixRows(record, step, t, threads)
    case MIX_TARGETS: return mixTargets(record, step, t, threads)
    case LIST_ROWS: return listRowsOfBatch(record, step, t, threads)
  }
}

// Where thread t stands, in its own line of the control block: record, step, generation waited for.
// @ts-ignore: decorator
@inline
function place(control: usize, t: i32): usize {
  return control + 512 + ((<usize>t) << 6)
}

/**
 * `count` steps of a plan as thread `t` of `threads`, with the step records from `steps` on.
 * @returns DONE; WAITING when thread 0 has waited long for the others: call again with `resume`; ABORTED.
 */
export function runPlan(
  control: usize, plan: usize, steps: usize, count: i32, t: i32, threads: i32, resume: i32,
): i32 {
  const own = place(control, t)
  let step = steps
  let record = plan
  const end = steps + <usize>count * STEP_BYTES
  if (resume) {
    record = load<u32>(own)
    step = load<u32>(own, 4)
    const status = awaitGeneration(control, load<i32>(own, 8), t)
    if (status !== DONE) return status
    record += load<u32>(record, 4)
  }
  while (step < end) {
    const operation = load<i32>(record)
    if (operation === BARRIER) {
      if (threads > 1) {
        const mine = arrive(control, threads)
        const status = awaitGeneration(control, mine, t)
        if (status !== DONE) {
          store<u32>(own, <u32>record)
          store<u32>(own, <u32>step, 4)
          store<i32>(own, mine, 8)
          return status
        }
      }
    } else if (operation === END) {
      record = plan
      step += STEP_BYTES
      continue
    } else {
      runOperation(record, step, t, threads)
    }
    record += load<u32>(record, 4)
  }
  return DONE
}

// Words of the command in the control block: plan, step table, steps; at 5, workers that have come; at 6, closed.
// @ts-ignore: decorator
@inline
function commandAt(control: usize): usize {
  return control + 256
}

/**
 * A worker's life within a fit: takes the next free thread number, then runs every command that includes it, until it is
 * told to leave. A command includes only workers that had come before it, and none ends without them, so none is missed.
 * @returns DONE or ABORTED.
 */
export function serve(control: usize): i32 {
  const command = commandAt(control)
  let seen = commandWord(control)
  const t = atomic.add<i32>(command, 1, 20) + 1
  let status = DONE
  // Called up too late: the session was closed before it had come.
  while (atomic.load<i32>(command, 24) === 0) {
    status = awaitCommand(control, seen)
    if (status === ABORTED) break
    seen = commandWord(control)
    const threads = seen & 255
    if (threads === 0) break
    if (t >= threads) continue
    status = runPlan(control, load<u32>(command), load<u32>(command, 4), load<i32>(command, 8), t, threads, 0)
    if (status === ABORTED) break
  }
  atomic.sub<i32>(command, 1, 20)
  return status
}
