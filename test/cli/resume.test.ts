import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { fileURLToPath } from 'node:url'
import { beforeEach, describe, expect, it } from 'vitest'
import { loadModel } from '../../src/persist/file.js'
import { checkpointInterval } from '../../src/cli/values.js'
import { bitsOf } from '../persist/states.js'
import { lanewise, workplace, writeTinySet, type Outcome } from './command.js'

let cwd = ''
beforeEach(() => {
  cwd = workplace()
  writeTinySet(join(cwd, 'tiny'))
})

const options = ['--dataset', './tiny', '--hidden', '8,4', '--batch-size', '7', '--no-report']
const train = (...args: string[]) => lanewise(cwd, ['train', ...options, ...args])
const resume = (...args: string[]) => lanewise(cwd, ['train', '--resume', ...args])
const weightsOf = async (folder: string) =>
  (await loadModel(join(cwd, folder, 'model.safetensors'))).weights.map(({ data }) => bitsOf(data))
const epochsOf = (folder: string) =>
  readFileSync(join(cwd, folder, 'history.csv'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(',').slice(0, 6).join())
const expectError = ({ code, stdout, stderr }: Outcome, message: RegExp) => {
  expect(stderr).toMatch(message)
  expect([code, stdout]).toEqual([2, ''])
}

/** Trains until the display shows an epoch, then sends the signal. */
async function breakOff(signal: NodeJS.Signals, args: readonly string[]): Promise<Outcome> {
  let sent = false
  return lanewise(cwd, ['train', ...args], (stderr, child) => {
    if (sent || !/epoch +2\//.test(stderr)) return
    sent = true
    child.kill(signal)
  })
}
/** Long enough to be broken off, whatever the machine. */
const long = [...options, '--epochs', '100000']

describe.skipIf(process.platform === 'win32')('a run that is broken off', () => {
  it('by Ctrl-C leaves a checkpoint, tells the command that goes on, and ends as one that was not', async () => {
    const more = [
      '--seed',
      '3',
      '--dropout',
      '0.1',
      '--validation',
      '0.2',
      '--augment',
      'noise',
      '--class-weight',
      '0=2',
    ]
    const ended = await breakOff('SIGINT', [...long, ...more, '--out', 'new/run', '--threads', '2'])
    expect([ended.code, ended.stdout]).toEqual([130, ''])
    expect(ended.stderr).toMatch(
      /\nlanewise: the run is kept; go on with: npx lanewise train --resume --out new.run\nlanewise: interrupted\n$/,
    )
    expect(readdirSync(join(cwd, 'new/run'))).toEqual(['checkpoints'])
    const [file] = readdirSync(join(cwd, 'new/run/checkpoints')).filter((name) => name.startsWith('step'))
    const epochs = Math.ceil(Number(/\d+/.exec(file!)![0]) / 14) + 2
    // From another directory, with other threads.
    mkdirSync(join(cwd, 'below'))
    const args = ['train', '--resume', '--out', '../new/run', '--epochs', String(epochs), '--threads', '1']
    const outcome = await lanewise(join(cwd, 'below'), args)
    expect(outcome).toMatchObject({ code: 0 })
    expect(outcome.stderr).toMatch(/^going on with .*new.run from epoch \d+, step \d+\n/)
    expect(await train(...more, '--epochs', String(epochs), '--out', 'whole')).toMatchObject({ code: 0 })
    expect(await weightsOf('new/run')).toEqual(await weightsOf('whole'))
    expect(epochsOf('new/run')).toEqual(epochsOf('whole'))
    // Nobody asked for the checkpoints to be kept.
    expect(readdirSync(join(cwd, 'new/run')).sort()).toEqual(readdirSync(join(cwd, 'whole')).sort())
    expect(readdirSync(join(cwd, 'new'))).toEqual(['run'])
  })

  it('by kill -9 in the default directory is found without its name', async () => {
    const ended = await breakOff('SIGKILL', [...long, '--checkpoint-every', '5'])
    expect(ended.code).toBe(null)
    await train('--epochs', '1', '--quiet')
    expect(readdirSync(join(cwd, 'runs')).sort()).toEqual(['tiny-mlp', 'tiny-mlp-2'])
    const [file] = readdirSync(join(cwd, 'runs/tiny-mlp/checkpoints')).filter((name) =>
      name.startsWith('step'),
    )
    const epochs = Math.ceil(Number(/\d+/.exec(file!)![0]) / 18) + 3
    expect(await resume('--epochs', String(epochs), '--json')).toMatchObject({ code: 0 })
    await train('--epochs', String(epochs), '--out', 'whole')
    expect(await weightsOf('runs/tiny-mlp')).toEqual(await weightsOf('whole'))
  })

  it('five times by kill -9 at random moments has the bits of one that was not, and no unreadable file', async () => {
    const script = fileURLToPath(new URL('../kills/run.mjs', import.meta.url))
    const result = await new Promise<string>((resolve, reject) => {
      const child = spawn(execPath, [script, '5', '1', '4'], { stdio: ['ignore', 'pipe', 'inherit'] })
      let text = ''
      child.stdout.on('data', (chunk) => (text += String(chunk)))
      child.on('error', reject)
      child.on('close', () => {
        resolve(text)
      })
    })
    expect(JSON.parse(result)).toMatchObject({ kills: 5, unreadable: 0, different: 0 })
  })
})

describe('a finished run', () => {
  it('keeps checkpoints that were asked for, says that it is finished, and gets more epochs', async () => {
    await train('--epochs', '2', '--checkpoint-every', '1epoch', '--out', 'run')
    expect(readdirSync(join(cwd, 'run/checkpoints')).sort()).toEqual([
      'best.safetensors',
      'finished',
      'step-0000000018.safetensors',
      'step-0000000036.safetensors',
    ])
    const before = await weightsOf('run')
    const again = await resume('--out', 'run')
    expect(again).toMatchObject({ code: 0, stderr: '' })
    expect(again.stdout).toMatch(/^test accuracy .*\nthe run was finished already; --epochs with more/s)
    expect(JSON.parse((await resume('--out', 'run', '--json')).stdout)).toMatchObject({
      epochs: 2,
      out: join(cwd, 'run'),
    })
    expect(await weightsOf('run')).toEqual(before)
    expect(await resume('--out', 'run', '--epochs', '4')).toMatchObject({ code: 0 })
    await train('--epochs', '4', '--out', 'whole')
    expect(await weightsOf('run')).toEqual(await weightsOf('whole'))
    expect(existsSync(join(cwd, 'run/checkpoints/finished'))).toBe(true)
  })

  it('without checkpoints says so when it shall get more', async () => {
    await train('--epochs', '1', '--out', 'run')
    expect(await resume('--out', 'run')).toMatchObject({ code: 0 })
    expectError(
      await resume('--out', 'run', '--epochs', '2'),
      /has kept its checkpoints.*with --checkpoint-every/,
    )
  })

  it('is replaced with its checkpoints', async () => {
    await train('--epochs', '2', '--checkpoint-every', '9', '--out', 'run')
    await train('--epochs', '1', '--checkpoint-every', '10', '--out', 'run', '--overwrite')
    expect(readdirSync(join(cwd, 'run/checkpoints')).sort()).toEqual([
      'best.safetensors',
      'finished',
      'step-0000000010.safetensors',
      'step-0000000018.safetensors',
    ])
    await train('--epochs', '1', '--checkpoint-every', 'never', '--out', 'run', '--overwrite')
    expect(existsSync(join(cwd, 'run/checkpoints'))).toBe(false)
  })

  it('takes all options from the checkpoint, and has the same settings', async () => {
    writeFileSync(
      join(cwd, 'net.json'),
      JSON.stringify({
        version: 1,
        layers: [
          { type: 'dense', units: 6, activation: 'elu' },
          { type: 'dense', units: 3 },
        ],
      }),
    )
    const all =
      '--dataset ./tiny --model net.json --train-rows 10:110 --test-rows :50 --limit 90 --validation 0.1 --optimizer nesterov --lr 0.05 ' +
      '--momentum 0.8 --schedule step:decay-epochs=1 --weight-decay 0.001 --clip-norm 2 --clip-value 0.5 --label-smoothing 0.1 --class-weight ' +
      'balanced --epochs 3 --batch-size 9 --patience 2 --seed 7 --numerics strict --no-report'
    await lanewise(cwd, ['train', ...all.split(' '), '--checkpoint-every', '4steps', '--out', 'run'])
    const metrics = () =>
      JSON.parse(readFileSync(join(cwd, 'run/metrics.json'), 'utf8')) as Record<string, unknown>
    const timing = ['trainSeconds', 'samplesPerSecond', 'inspectionSeconds', 'threads']
    const untimed = (all: Record<string, unknown>) =>
      Object.fromEntries(Object.entries(all).filter(([name]) => !timing.includes(name)))
    const before = [metrics(), await weightsOf('run'), epochsOf('run')] as const
    // As if it had been broken off at an earlier step.
    for (const name of readdirSync(join(cwd, 'run/checkpoints')).sort().slice(-2)) {
      expect(name).toMatch(/^step/)
      writeFileSync(join(cwd, 'run/checkpoints', name), 'torn')
    }
    rmSync(join(cwd, 'run/checkpoints/finished'))
    const outcome = await resume('--out', 'run')
    expect(outcome.code).toBe(0)
    expect(outcome.stderr).toMatch(/going on from the one before it/)
    expect(untimed(metrics())).toEqual(untimed(before[0]))
    expect([await weightsOf('run'), epochsOf('run')]).toEqual(before.slice(1))
  })
})

describe('--resume', () => {
  it('refuses what would make it another run, by name', async () => {
    const refusals: [string, RegExp][] = [
      ['--lr 0.1', /the run, which had no --lr; received --lr 0\.1; leave --lr out/],
      ['--hidden 9', /which had --hidden 8,4; received --hidden 9/],
      ['--batch-size 8', /which had --batch-size 7; received --batch-size 8/],
      ['--seed 2', /which had --seed 1; received --seed 2/],
      ['--dataset digits', /which had --dataset .*tiny; received --dataset digits/],
      ['--train-rows 1:', /which had no --train-rows; received --train-rows 1:/],
      ['--numerics strict', /which had --numerics fast; received --numerics strict/],
      ['--overwrite', /--overwrite does not go with --resume/],
      ['--epochs 1', /has at least the 2 epochs that were begun \(of 2\); received 1/],
      [
        '--checkpoint-every often',
        /--checkpoint-every is a number of steps, epochs or minutes, or never; received "often"/,
      ],
    ]
    await train('--epochs', '2', '--checkpoint-every', '9', '--out', 'run', '--quiet')
    rmSync(join(cwd, 'run/checkpoints/finished'))
    for (const [args, message] of refusals) {
      expectError(await resume('--out', 'run', '--quiet', ...args.split(' ')), message)
    }
    // What was given before may be given again.
    expect(await resume('--out', 'run', '--quiet', ...options, '--epochs', '2')).toMatchObject({ code: 0 })
  })

  it('refuses data that have changed', async () => {
    await train('--epochs', '2', '--checkpoint-every', '9', '--out', 'run')
    const images = join(cwd, 'tiny/train-images-idx3-ubyte')
    const bytes = readFileSync(images)
    bytes[100]! ^= 1
    writeFileSync(images, bytes)
    expectError(
      await resume('--out', 'run', '--epochs', '3'),
      /is on the same training data; received other samples/,
    )
  })

  it('says where there is nothing to go on from', async () => {
    expectError(await resume(), /newest run in runs that was broken off; received .*runs without one/)
    expectError(await resume('--out', 'none'), /has left checkpoints; received none without any/)
    mkdirSync(join(cwd, 'run/checkpoints'), { recursive: true })
    writeFileSync(join(cwd, 'run/checkpoints/step-0000000001.safetensors'), 'x'.repeat(50))
    expectError(await resume('--out', 'run'), /step-0000000001\.safetensors: /)
  })
})

it.each([
  ['500', { everySteps: 500 }],
  ['500steps', { everySteps: 500 }],
  ['1 step', { everySteps: 1 }],
  ['2epochs', { everyEpochs: 2 }],
  ['1epoch', { everyEpochs: 1 }],
  ['5min', { everyMinutes: 5 }],
  ['0.5 Minutes', { everyMinutes: 0.5 }],
  ['never', 'never'],
])('--checkpoint-every %s', (text, expected) => {
  expect(checkpointInterval(text)).toEqual(expected)
})

it.each(['', '0', '1.5', '-1', '2epoch s', '1.5epochs', '0min', '5h', 'NaN', '1e3'])(
  '--checkpoint-every %j is refused',
  (text) => {
    expect(() => checkpointInterval(text)).toThrow(/write 500 or 500steps, 2epochs, 5min/)
  },
)
