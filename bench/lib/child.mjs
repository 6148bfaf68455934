// Runs a program of bench/children in a Node process of its own, cold, and reads the JSON objects that it prints, a line each.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/**
 * @returns `{ lines, milliseconds, ok }`: each line's object with `arrived`, the milliseconds from the start of the process to
 *   its arrival here; those to the end of the process; whether it ended well.
 */
export async function runChild(name, args = [], nodeOptions = []) {
  const script = fileURLToPath(new URL(`../children/${name}.mjs`, import.meta.url))
  const began = performance.now()
  const child = spawn(process.execPath, [...nodeOptions, script, ...args.map(String)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines = []
  const reader = createInterface({ input: child.stdout })
  reader.on('line', (line) => lines.push({ ...JSON.parse(line), arrived: performance.now() - began }))
  const read = new Promise((resolve) => reader.once('close', resolve))
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', resolve)
  })
  const milliseconds = performance.now() - began
  await read
  return { lines, milliseconds, ok: code === 0 }
}
