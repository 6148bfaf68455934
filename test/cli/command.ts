// Runs the built command for tests, and makes small data sets in folders.
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { env, execPath } from 'node:process'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { idxBytes } from '../data/idx-bytes.js'
import { seeded } from '../persist/states.js'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

export interface Outcome {
  code: number | null
  stdout: string
  stderr: string
}

/** A directory that is removed after the test. */
export function workplace(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lanewise-cli-'))
  onTestFinished(() => {
    rmSync(folder, { recursive: true })
  })
  return folder
}

/**
 * Runs `lanewise` in `cwd`, as by a user who has no data and did not come through npm.
 * @param watch called with all of standard error whenever there is more of it.
 * @param extra environment variables.
 * @param onStart called with the process at once.
 */
export function lanewise(
  cwd: string,
  args: readonly string[],
  watch: (stderr: string, process: ChildProcess) => void = () => undefined,
  extra: Record<string, string> = {},
  onStart: (process: ChildProcess) => void = () => undefined,
): Promise<Outcome> {
  if (!existsSync(main))
    throw new Error('dist/cli/main.js is not there: run npm run build before these tests')
  const kept = Object.fromEntries(
    Object.entries(env).filter(([name]) => name !== 'INIT_CWD' && name !== 'LANEWISE_DATA'),
  )
  return new Promise((resolve, reject) => {
    const child = spawn(execPath, [main, ...args], { cwd, env: { ...kept, ...extra } })
    onStart(child)
    const outcome: Outcome = { code: null, stdout: '', stderr: '' }
    child.stdout.on('data', (chunk: Buffer) => {
      outcome.stdout += chunk.toString()
    })
    child.stderr.on('data', (chunk: Buffer) => {
      outcome.stderr += chunk.toString()
      watch(outcome.stderr, child)
    })
    child.on('error', reject)
    child.on('close', (code) => {
      resolve({ ...outcome, code })
    })
  })
}

/** Side of the pictures of `writeTinySet`. */
export const side = 4

/** A picture of class `c`: row `c` of pixels is bright, the others are noise. */
export function tinyPicture(c: number, next: () => number): Uint8Array {
  return Uint8Array.from({ length: side * side }, (_, i) => {
    return Math.floor(i / side) === c ? 160 + (next() % 96) : next() % 96
  })
}

/** Pictures of `classes` kinds in turn, as images and labels. */
export function tinyPart(rows: number, classes: number, seed: number) {
  const next = seeded(seed)
  const labels = Uint8Array.from({ length: rows }, (_, i) => i % classes)
  const pixels = Uint8Array.from([...labels].flatMap((c) => [...tinyPicture(c, next)]))
  return { labels, pixels }
}

/** Writes a set under MNIST's file names: 120 training and 60 test pictures of 4 × 4 pixels. */
export function writeTinySet(folder: string, classes = 3): void {
  mkdirSync(folder, { recursive: true })
  for (const [stem, rows, seed] of [
    ['train', 120, 1],
    ['t10k', 60, 2],
  ] as const) {
    const { labels, pixels } = tinyPart(rows, classes, seed)
    writeFileSync(join(folder, `${stem}-images-idx3-ubyte`), idxBytes(8, [rows, side, side], pixels))
    writeFileSync(join(folder, `${stem}-labels-idx1-ubyte`), idxBytes(8, [rows], labels))
  }
}
