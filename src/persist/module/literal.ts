// Plain data as JavaScript source.
import { formatJson } from '../json.js'

/** Source of plain data that may stand in a page's script element too. @param where how messages name it. */
export function literal(value: unknown, where: string): string {
  return formatJson(value, where).replace(/[<\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}
