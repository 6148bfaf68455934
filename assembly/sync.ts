// Meeting points of the threads that run one plan, in a control block of 64-byte lines (so that nobody's counter shares a
// line with another's):
//   line 0  arrivals at the barrier        line 1  barrier generation, sleepers there
//   line 2  abort word (0, or 1 + the thread that failed)
//   line 3  command word (number << 8 | threads that take part; 0 threads: leave), sleepers there
//   line 4  the command: plan, step table, steps; at word 5, workers that have come; at 6, closed
//   line 8 + t  thread t's place in the plan while it waits (see plan.ts)
// Waits spin briefly, then sleep with a time limit. Thread 0 gets a time-out back as a status, so that the host can look
// whether a worker died; the others wait on and look at the abort word.

/** Outcome of a wait. */
export const DONE: i32 = 0
export const WAITING: i32 = 1
export const ABORTED: i32 = 2

const SPINS: i32 = 30000
/** How long thread 0 sleeps before it gives the host a turn, in nanoseconds. */
const HOST_TURN: i64 = 100_000_000
const WORKER_TURN: i64 = 500_000_000

// @ts-ignore: decorator
@inline
function arrivals(control: usize): usize {
  return control
}
// @ts-ignore: decorator
@inline
function generation(control: usize): usize {
  return control + 64
}
// @ts-ignore: decorator
@inline
function abortWord(control: usize): usize {
  return control + 128
}
// @ts-ignore: decorator
@inline
function command(control: usize): usize {
  return control + 192
}

/** Arrives at the barrier and returns the generation to wait out; the last of `threads` to come lets the others go. */
export function arrive(control: usize, threads: i32): i32 {
  const mine = atomic.load<i32>(generation(control))
  if (atomic.add<i32>(arrivals(control), 1) === threads - 1) {
    atomic.store<i32>(arrivals(control), 0)
    advance(generation(control))
  }
  return mine
}

/** Waits until the barrier has left generation `mine`. Thread 0 may come back with WAITING and call again. */
export function awaitGeneration(control: usize, mine: i32, thread: i32): i32 {
  return awaitChange(control, generation(control), mine, thread === 0)
}

/** Makes every waiting thread leave with ABORTED. */
export function abort(control: usize, thread: i32): void {
  atomic.store<i32>(abortWord(control), thread + 1)
  atomic.notify(generation(control), -1)
  atomic.notify(command(control), -1)
}

/** Announces a command to `threads` threads (0: all workers leave). Its words are written before. */
export function announce(control: usize, threads: i32): void {
  const word = command(control)
  atomic.store<i32>(word, (((atomic.load<i32>(word) >> 8) + 1) << 8) | threads)
  if (atomic.load<i32>(word, 4) > 0) atomic.notify(word, -1)
}

/** Waits, as a worker, for a command word other than `seen`. */
export function awaitCommand(control: usize, seen: i32): i32 {
  return awaitChange(control, command(control), seen, false)
}

/** The present command word. Number and threads are one word, so that a worker never pairs those of two commands. */
export function commandWord(control: usize): i32 {
  return atomic.load<i32>(command(control))
}

function advance(word: usize): void {
  atomic.add<i32>(word, 1)
  if (atomic.load<i32>(word, 4) > 0) atomic.notify(word, -1)
}

function awaitChange(control: usize, word: usize, seen: i32, isHost: bool): i32 {
  for (let spin = 0; spin < SPINS; spin++) {
    if (atomic.load<i32>(word) !== seen) return DONE
  }
  while (true) {
    atomic.add<i32>(word, 1, 4)
    atomic.wait<i32>(word, seen, isHost ? HOST_TURN : WORKER_TURN)
    atomic.sub<i32>(word, 1, 4)
    if (atomic.load<i32>(word) !== seen) return DONE
    if (atomic.load<i32>(abortWord(control)) !== 0) return ABORTED
    if (isHost) return WAITING
  }
}
