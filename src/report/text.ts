// Text in reports: numbers as people read them, and text of the user made safe for SVG, HTML and Markdown.

// Control characters, which XML forbids, lone surrogates, and marks that turn the direction of the text around them.
const unprintable =
  /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff\p{Surrogate}]/gu

/** Text of the user (names of classes, files, columns) on one line, without characters that cannot be shown. */
export function plain(text: string | number): string {
  return String(text).replace(/\s+/g, ' ').replace(unprintable, '\ufffd')
}

/** At most so many letters; the last is `…` where some are left out. */
export function shorten(text: string | number, most: number): string {
  const letters = [...plain(text)]
  return letters.length > most ? `${letters.slice(0, most - 1).join('')}…` : letters.join('')
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text for an element or a quoted attribute of HTML. */
export function escapeHtml(text: string | number): string {
  return plain(text).replace(/[&<>"']/g, (character) => entities[character]!)
}

/** Text for a line of Markdown, a cell of a table too: nothing in it is taken for markup. */
export function escapeMarkdown(text: string | number): string {
  return plain(text).replace(/[\\`*_{}[\]<>()#+!|~&$@:-]/g, (character) => {
    if (character === '<') return '&lt;'
    if (character === '&') return '&amp;'
    return /[-:+@]/.test(character) ? character : `\\${character}`
  })
}

/**
 * A number with some four significant digits: `0.9814`, `12,345`, `1.2e-5`.
 * @param measured one that happens to be whole has digits behind the point all the same. Default false.
 */
export function figure(value: number, measured = false): string {
  if (!Number.isFinite(value)) return 'not defined'
  if (!measured && Number.isInteger(value) && Math.abs(value) < 1e15) return count(value)
  const size = Math.abs(value)
  if ((size < 1e-3 && value !== 0) || size >= 1e9) return value.toExponential(2).replace('e+', 'e')
  if (size >= 1000) return count(Math.round(value))
  return value.toFixed(size >= 100 ? 1 : size >= 10 ? 2 : 4)
}

/** An integer with thousands apart: `101,770`. */
export function count(value: number): string {
  return value.toLocaleString('en')
}

/** `1 row`, `2 rows`. */
export function several(value: number, what: string): string {
  return `${count(value)} ${what}${value === 1 ? '' : 's'}`
}

/** A share as per cent with two digits behind the point: `98.14 %`, which no line breaks within. */
export function percent(share: number, digits = 2): string {
  return Number.isFinite(share) ? `${(100 * share).toFixed(digits)}\u00a0%` : 'not defined'
}

/** A time for people: `0.84 s`, `3 min 5 s`. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(2)} s`
  const whole = Math.round(seconds)
  const hours = Math.floor(whole / 3600)
  const minutes = Math.floor(whole / 60) % 60
  return hours > 0
    ? `${String(hours)} h ${String(minutes)} min`
    : `${String(minutes)} min ${String(whole % 60)} s`
}

/** A size in memory: `1.2 MB`. */
export function bytes(size: number): string {
  const power = Math.min(4, Math.floor(Math.log2(Math.max(1, size)) / 10))
  const unit = ['B', 'KB', 'MB', 'GB', 'TB'][power]!
  return `${(size / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${unit}`
}
