// Small tools for the page.

/** An element of the page by its id, of the kind that it must be. */
export function element<T extends Element>(id: string, kind: new () => T): T {
  const found = document.getElementById(id)
  if (found instanceof kind) return found
  throw new Error(`the page has no ${kind.name} #${id}`)
}

/** A new element with a class and text. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = '',
  text = '',
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag)
  if (className !== '') made.className = className
  if (text !== '') made.textContent = text
  return made
}

/** Writes text where it is another one: no work for layout and screen readers where nothing changed. */
export function write(into: Element, text: string): void {
  if (into.textContent !== text) into.textContent = text
}

export const percent = (share: number, digits = 1) => `${(100 * share).toFixed(digits)} %`

/** 12345 as 12,345. */
export const grouped = (value: number) => Math.round(value).toLocaleString('en')

/**
 * A function that does something with the latest value that it is given: in a frame, and not more often than every so many
 * milliseconds.
 */
export function paced<T>(milliseconds: number, draw: (value: T) => void): (value: T) => void {
  let next: { value: T } | undefined
  let last = -Infinity
  const frame = (now: number) => {
    if (now - last < milliseconds) {
      requestAnimationFrame(frame)
      return
    }
    last = now
    const { value } = next!
    next = undefined
    draw(value)
  }
  return (value) => {
    if (next === undefined) requestAnimationFrame(frame)
    next = { value }
  }
}

/** Colours of the page as it is shown now, light or dark. */
export function colorOf(name: string): [red: number, green: number, blue: number] {
  const text = getComputedStyle(document.documentElement).getPropertyValue(name).trim()
  const value = parseInt(text.slice(1), 16)
  return [value >> 16, (value >> 8) & 255, value & 255]
}

/** Calls when light and dark have changed places. */
export function onThemeChange(redraw: () => void): void {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw)
}
