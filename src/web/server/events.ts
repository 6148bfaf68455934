// Server-sent events: what a page listens to with `new EventSource(address)`. The browser connects again by itself.
import type { ServerResponse } from 'node:http'

/** Time between comments that keep a quiet connection open through proxies, and show a dead one. */
const beatMilliseconds = 15_000
/** A listener that is so far behind has stopped reading. */
const mostBuffered = 2 ** 20
const mostListeners = 64

/** One stream of events; any number of pages listen. A page that comes late first gets the latest event of each name. */
export class EventStream {
  private readonly listeners = new Set<ServerResponse>()
  private readonly latest = new Map<string, string>()
  private beat: NodeJS.Timeout | undefined
  private closed = false

  /** Pages that listen now. */
  get size(): number {
    return this.listeners.size
  }

  /**
   * Tells all pages.
   * @param name of the event, a word: `stream.addEventListener(name, …)`. @param value JSON in the event's `data`.
   */
  send(name: string, value: unknown): void {
    if (this.closed) return
    const text = `event: ${name}\ndata: ${JSON.stringify(value)}\n\n`
    this.latest.set(name, text)
    this.write(text)
  }

  /** Ends all connections; later events go nowhere. */
  close(): void {
    this.closed = true
    clearInterval(this.beat)
    for (const listener of this.listeners) listener.end()
    this.listeners.clear()
  }

  /** Makes an answer one that stays open. Called by the server, which has set its headers. */
  listen(response: ServerResponse): void {
    if (this.closed || this.listeners.size >= mostListeners) {
      response.writeHead(503, { 'Content-Length': 0 }).end()
      return
    }
    response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8' })
    response.write(`retry: 1000\n\n${[...this.latest.values()].join('')}`)
    this.listeners.add(response)
    response.on('close', () => {
      this.listeners.delete(response)
      if (this.listeners.size === 0) this.beat = void clearInterval(this.beat)
    })
    this.beat ??= setInterval(() => {
      this.write(': still here\n\n')
    }, beatMilliseconds).unref()
  }

  private write(text: string): void {
    for (const listener of this.listeners) {
      if (listener.writableLength > mostBuffered) listener.destroy()
      else listener.write(text)
    }
  }
}
