// How --help reads: sentences at the top, lines of at most 100 characters, and on narrow terminals each description below
// its option.
import type { Command, Help, Option } from 'commander'

/** Longer lines are hard to read, however wide the terminal is. */
const widest = 100
/** A column of descriptions narrower than this goes below the options instead. */
const narrowest = 36

/** Gives a command, and those added to it later, this form of help. */
export function readableHelp(command: Command): Command {
  const { stdout, stderr } = process
  const widthOf = ({ isTTY, columns }: { isTTY?: boolean; columns?: number }) => {
    return isTTY === true && columns !== undefined && columns > 0 ? Math.min(columns, widest) : 80
  }
  return command
    .configureOutput({ getOutHelpWidth: () => widthOf(stdout), getErrHelpWidth: () => widthOf(stderr) })
    .configureHelp({
      minWidthToWrap: 20,
      commandDescription: (shown) => sentence(shown.description()),
      optionDescription,
      formatItem,
    })
}

/** Command lines that a help ends with. */
export function addExamples(command: Command, lines: readonly string[]): Command {
  return command.addHelpText('after', ['', 'Examples:', ...lines.map((line) => `  ${line}`)].join('\n'))
}

function sentence(text: string): string {
  const first = text.charAt(0).toUpperCase() + text.slice(1)
  return /[.:]$/.test(first) ? first : `${first}.`
}

/** The default without quotation marks; choices stand in the text itself. */
function optionDescription({ description, defaultValue, mandatory }: Option): string {
  if (mandatory && defaultValue === undefined) return `${description} (required)`
  if (defaultValue === undefined || typeof defaultValue === 'boolean') return description
  return `${description} (default: ${String(defaultValue)})`
}

function formatItem(term: string, termWidth: number, description: string, helper: Help): string {
  if (description === '') return `  ${term}`
  const { helpWidth = 80 } = helper
  const room = helpWidth - termWidth - 4
  const [start, indent, width] =
    room >= narrowest
      ? [`  ${term.padEnd(termWidth)}  `, termWidth + 4, room]
      : [`  ${term}\n      `, 6, helpWidth - 6]
  return start + helper.boxWrap(description, width).replaceAll('\n', `\n${' '.repeat(indent)}`)
}
