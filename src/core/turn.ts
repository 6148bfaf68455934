// Gives the event loop a turn.

/** Resolves after other macrotasks (timers, signals, input) have had their turn. */
export function turn(): Promise<void> {
  if (typeof setImmediate === 'function') return new Promise((resolve) => setImmediate(resolve))
  return new Promise((resolve) => {
    waiting.push(resolve)
    channel ??= open()
    channel.port2.postMessage(null)
  })
}

/** One channel for all turns: messages come in the order in which they were sent. */
let channel: MessageChannel | undefined
const waiting: (() => void)[] = []

function open(): MessageChannel {
  const opened = new MessageChannel()
  opened.port1.onmessage = () => waiting.shift()?.()
  return opened
}
