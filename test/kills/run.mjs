// Kills a training with `kill -9` at random moments and goes on with it, over and over: the finished run must have the bits of
// one that was never disturbed, and no file that is found on the way may be unreadable. Needs `npm run build`.
//   node test/kills/run.mjs [kills, default 200] [seed, default 1] [epochs, default 25]
// Every kill comes after a time drawn evenly from that of a whole run, start-up and writing of results included; the next
// process has another number of threads. Prints one JSON object at the end; exit code 1 when a promise was broken.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execPath, exit, stderr, stdout } from 'node:process'
import { fileURLToPath } from 'node:url'
import { philox4x32, seedWords } from '../../dist/core/philox.js'
import { decodeCheckpoint } from '../../dist/persist/checkpoint.js'
import { loadModel } from '../../dist/persist/file.js'

const [kills = 200, seed = 1, epochs = 25] = process.argv.slice(2).map(Number)
const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'lanewise-kills-'))
const run = join(folder, 'run')
const options =
  '--dataset digits --limit 2000 --test-rows 0:300 --hidden 32,16 --dropout 0.1 --batch-size 16 --lr 0.002 ' +
  `--no-report --schedule cosine --augment shift:pixels=1 --validation 0.1 --patience 100 --epochs ${epochs}`

/** Numbers evenly in [0, 1), the same for the same seed. */
let drawn = 0
const random = () => philox4x32([drawn++, 0, 0, 0], seedWords(seed))[0] / 2 ** 32

/** Runs the command; kills it after `milliseconds`. @returns its exit code, or null when it was killed. */
function train(args, milliseconds = Infinity) {
  return new Promise((resolve, reject) => {
    const threads = 1 + Math.floor(random() * 3)
    const child = spawn(execPath, [main, 'train', ...args, '--threads', String(threads), '--quiet'], {
      cwd: folder,
    })
    let errors = ''
    child.stderr.on('data', (chunk) => (errors += String(chunk)))
    const timer =
      milliseconds === Infinity ? undefined : setTimeout(() => child.kill('SIGKILL'), milliseconds)
    child.on('error', reject)
    child.on('close', (code) => {
      clearTimeout(timer)
      if (code === 0 || code === null) resolve(code)
      else reject(new Error(`exit code ${code}: ${errors}`))
    })
  })
}

async function hashOf(file) {
  const hash = createHash('sha256')
  for (const { name, data } of (await loadModel(file)).weights)
    hash.update(name).update(new Uint8Array(data.buffer))
  return hash.digest('hex')
}

/** Reads every file that a user would see. @returns how many there were. */
async function readAll(directory) {
  let files = 0
  if (!existsSync(directory)) return files
  for (const name of readdirSync(directory, { recursive: true })) {
    const file = join(directory, name)
    if (/(^|[\\/])\./.test(name)) continue
    if (/step-\d+\.safetensors$/.test(name)) decodeCheckpoint(readFileSync(file), file)
    else if (/\.safetensors$|params\.txt$/.test(name)) await loadModel(file)
    else if (name.endsWith('.json')) JSON.parse(readFileSync(file, 'utf8'))
    else continue
    files++
  }
  return files
}

/** Whether the run has left a checkpoint. */
function canGoOn() {
  const directory = join(run, 'checkpoints')
  return existsSync(directory) && readdirSync(directory).some((name) => name.startsWith('step-'))
}

const fresh = (out, every) => [
  ...options.split(' '),
  '--out',
  out,
  '--overwrite',
  '--checkpoint-every',
  every,
]
const next = () => (canGoOn() ? ['--resume', '--out', run] : fresh(run, '20steps'))

const counted = { kills: 0, finished: 0, resumed: 0, filesRead: 0, unreadable: 0, different: 0 }
async function look() {
  try {
    counted.filesRead += await readAll(run)
  } catch (error) {
    counted.unreadable++
    stderr.write(`${String(error)}\n`)
  }
}

try {
  await train(fresh(join(folder, 'whole'), 'never'))
  const expected = await hashOf(join(folder, 'whole', 'model.safetensors'))
  // Once more, with checkpoints and warm files, for the time.
  const began = performance.now()
  await train(fresh(run, '20steps'))
  const time = performance.now() - began
  rmSync(run, { recursive: true })
  while (counted.kills < kills) {
    if (canGoOn()) counted.resumed++
    const wasKilled = (await train(next(), random() * time)) === null
    await look()
    if (wasKilled && ++counted.kills % 10 === 0)
      stderr.write(`${counted.kills} kills, ${counted.finished} runs finished\n`)
    if (wasKilled && counted.kills < kills) continue
    if (wasKilled) await train(next()) // after the last kill the run is finished in peace
    await look()
    counted.finished++
    if ((await hashOf(join(run, 'model.safetensors'))) !== expected) counted.different++
    rmSync(run, { recursive: true })
  }
  stdout.write(`${JSON.stringify({ seed, millisecondsOfARun: Math.round(time), ...counted })}\n`)
  if (counted.unreadable + counted.different > 0) exit(1)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
