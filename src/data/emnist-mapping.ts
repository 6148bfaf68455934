// EMNIST's mapping files: a line for each class, its number and the character codes that it stands for. The first is
// the class's name.
import { FormatError } from '../core/errors.js'

/**
 * The names of the classes, in their order.
 * @param firstLabel the number of the first class.
 * @throws FormatError for lines of another form, and for numbers that do not count up from the first.
 */
export function parseMapping(text: string, firstLabel: number, file: string): string[] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '')
  return lines.map((line, i) => {
    const [label, ...codes] = line.trim().split(/\s+/).map(Number)
    const valid = codes.every((code) => Number.isInteger(code) && code > 32 && code < 127)
    if (label === firstLabel + i && codes.length > 0 && valid) return String.fromCharCode(codes[0]!)
    throw new FormatError({
      file,
      rule: `line ${String(i + 1)} of a mapping file is ${String(firstLabel + i)} and the codes of its characters`,
      received: JSON.stringify(line.slice(0, 40)),
      remedy: 'download it again, or remove it: the names are built in',
    })
  })
}
