// What the command line prints and how it ends: one JSON object with --json, one clear line for an error, the exit code.
// Commands print through here only. Progress of training is in progress.ts.
import { CommanderError, type Command } from 'commander'
import * as errors from '../core/errors.js'

/** Exit codes of every command. */
export const exitCodes = { success: 0, failure: 1, badUsage: 2, interrupted: 130 } as const

/** Time that a command has to end by itself after the first Ctrl-C; a second one ends it at once. */
const graceMilliseconds = 3000

interface TextStream {
  write(text: string): unknown
}

export interface OutputOptions {
  /** `--json`: one JSON object on standard output and nothing else there. Default false. */
  json?: boolean
  /** `--quiet`: no notes and no progress; results and warnings stay. Default false. */
  quiet?: boolean
}

/** Where a command's words go: results to standard output, everything else to standard error. */
export class Output {
  readonly json: boolean
  readonly quiet: boolean

  constructor(
    { json = false, quiet = false }: OutputOptions = {},
    private readonly streams: { stdout: TextStream; stderr: TextStream } = process,
  ) {
    this.json = json
    this.quiet = quiet
  }

  /**
   * The command's result, once a command: `value` as one line of JSON with --json, `human` otherwise.
   * @param value plain data; typed arrays become arrays, numbers that are not finite become null.
   * @param human text of any number of lines; control characters other than line feeds are escaped.
   */
  result(value: object, human: string): void {
    const text = this.json ? jsonLine(value) : human.split('\n').map(escapeControl).join('\n')
    this.streams.stdout.write(text.endsWith('\n') ? text : `${text}\n`)
  }

  /** A part of a long result, for people, as it comes; with --json nothing, for there `result` gives the whole at the end. */
  part(human: string): void {
    if (!this.json) this.streams.stdout.write(`${human.split('\n').map(escapeControl).join('\n')}\n`)
  }

  /** One line on standard error that --quiet leaves out. */
  note(text: string): void {
    if (!this.quiet) this.streams.stderr.write(`${escapeControl(text)}\n`)
  }

  /** One line on standard error that is no warning, also with --quiet. */
  tell(text: string): void {
    this.streams.stderr.write(`lanewise: ${escapeControl(text)}\n`)
  }

  /** One line on standard error, also with --quiet. */
  warn(text: string): void {
    this.streams.stderr.write(`lanewise: warning: ${escapeControl(text)}\n`)
  }
}

function jsonLine(value: object): string {
  const text = JSON.stringify(value, (_, inner: unknown): unknown => {
    return ArrayBuffer.isView(inner) ? Array.from(inner as Uint8Array) : inner
  })
  return text.replace(unseen, (character) => `\\u${hex(character, 4)}`)
}

/** Characters that move the cursor, start escape sequences, break lines or turn the direction of text. */
const unseen = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/** Text of a user (file names, classes, cells) that is safe to print in one line: `\n`, `\x1b`, `\u202e` are spelled out. */
export function escapeControl(text: string): string {
  const named: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }
  return text.replace(unseen, (character) => {
    const [prefix, digits] = character < '\u0100' ? ['\\x', 2] : ['\\u', 4]
    return named[character] ?? `${prefix}${hex(character, digits)}`
  })
}

function hex(character: string, digits: number): string {
  return character.charCodeAt(0).toString(16).padStart(digits, '0')
}

/** Makes a command, and those added to it later, throw its usage errors to `runCommand` instead of printing and exiting. */
export function throwUsageErrors(command: Command): Command {
  return command.exitOverride().configureOutput({ outputError: () => undefined })
}

const badInput = [
  errors.ArgumentError,
  errors.DataError,
  errors.ShapeError,
  errors.FormatError,
  errors.NotFoundError,
]
/** Codes of the system for a path that the user got wrong. */
const badPath = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES', 'EPERM', 'EROFS', 'EEXIST', 'ENAMETOOLONG'])

/** The exit code that an error means: 2 for bad usage or input, 0 for help that was asked for, 1 for all else. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.success : exitCodes.badUsage
  if (badInput.some((type) => error instanceof type)) return exitCodes.badUsage
  return badPath.has(systemCode(error) ?? '') ? exitCodes.badUsage : exitCodes.failure
}

/**
 * What to print about an error, without the leading `lanewise: `: one line; below it the stack where the error is not
 * one that is thrown on purpose, as its report needs it. Undefined where help was printed already.
 */
export function messageOf(error: unknown): string | undefined {
  if (error instanceof CommanderError) {
    if (error.message === '(outputHelp)' || error.exitCode === 0) return undefined
    return escapeControl(error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' '))
  }
  if (!(error instanceof Error)) return `unexpected failure: ${escapeControl(String(error))}`
  if (error instanceof errors.LanewiseError || systemCode(error) !== undefined)
    return escapeControl(error.message)
  const [first = '', ...stack] = (error.stack ?? String(error)).split('\n').map(escapeControl)
  return [`unexpected failure: ${first}`, ...stack].join('\n')
}

/** The code of an error of the operating system, as `ENOSPC`. */
function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

const waiting = new WeakSet<AbortSignal>()

/** A command that has done its work and only waits for Ctrl-C says so: that ends it with success then. @param signal of `runCommand`. */
export function endsWithInterrupt(signal: AbortSignal): void {
  waiting.add(signal)
}

/** The parts of `process` that `runCommand` uses. */
export interface Host {
  stdout: NodeJS.EventEmitter
  stderr: TextStream
  exitCode?: string | number | null | undefined
  exit(code: number): void
  on(event: 'SIGINT', listener: () => void): unknown
  off(event: 'SIGINT', listener: () => void): unknown
}

/**
 * Runs a command to its end: prints one line for an error and sets the exit code.
 *
 * The first Ctrl-C aborts `signal`; the command may then finish what it must within 3 s. Either way the exit code is 130.
 * A reader that closes standard output early (`| head`) ends the command in silence.
 */
export async function runCommand(
  run: (signal: AbortSignal) => Promise<unknown>,
  host: Host = process,
): Promise<void> {
  const controller = new AbortController()
  const exitInterrupted = () => {
    host.exit(exitCodes.interrupted)
  }
  const interrupt = () => {
    if (controller.signal.aborted) exitInterrupted()
    // Fires too when the command has ended but something of it keeps the process alive.
    else setTimeout(exitInterrupted, graceMilliseconds).unref()
    controller.abort()
  }
  host.on('SIGINT', interrupt)
  host.stdout.on('error', (error: unknown) => {
    host.exit(systemCode(error) === 'EPIPE' ? exitCodes.success : exitCodes.failure)
  })
  try {
    await run(controller.signal)
  } catch (error) {
    host.exitCode = exitCodeOf(error)
    const message = controller.signal.aborted ? undefined : messageOf(error)
    if (message !== undefined) host.stderr.write(`lanewise: ${message}\n`)
  } finally {
    host.off('SIGINT', interrupt)
  }
  if (controller.signal.aborted && !waiting.has(controller.signal)) {
    host.exitCode = exitCodes.interrupted
    host.stderr.write('lanewise: interrupted\n')
  }
}
