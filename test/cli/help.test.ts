// What --help prints: fits the terminal, wide or narrow, and names all that the options take.
import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { addBench } from '../../src/cli/bench.js'
import { addDatasets } from '../../src/cli/datasets.js'
import { addDemo } from '../../src/cli/demo.js'
import { addEvaluate } from '../../src/cli/evaluate.js'
import { addExamples, readableHelp } from '../../src/cli/help.js'
import { addPredict } from '../../src/cli/predict.js'
import { addReport } from '../../src/cli/report.js'
import { addTrain } from '../../src/cli/train.js'
import { activationNames } from '../../src/nn/activations.js'
import { initializerNames } from '../../src/nn/initializers.js'
import { optimizerNames } from '../../src/nn/optimizers.js'
import { scheduleNames } from '../../src/nn/schedules.js'
import { lanewise, workplace } from './command.js'

const { signal } = new AbortController()

/** The commands, at a terminal of the given width. */
function programAt(width: number): Command {
  const program = readableHelp(new Command('lanewise')).configureOutput({ getOutHelpWidth: () => width })
  for (const add of [addTrain, addEvaluate, addPredict, addReport, addDemo, addBench]) add(program, signal)
  addDatasets(program, signal, '1.2.3')
  return program
}

function all(command: Command): Command[] {
  return [command, ...command.commands.flatMap(all)]
}

describe('help', () => {
  it.each([40, 50, 80, 100])('fits a terminal of %i columns', (width) => {
    for (const command of all(programAt(width))) {
      const lines = command.helpInformation().split('\n')
      expect(
        lines.filter((line) => line.length > width && /\s\S+\s/.test(line.trim()) && !/^Usage/.test(line)),
      ).toEqual([])
    }
  })

  it('puts descriptions beside the options, below them where that is narrow', () => {
    const helpAt = (width: number) => {
      const program = readableHelp(new Command('x')).configureOutput({ getOutHelpWidth: () => width })
      program.description('does some things. Others: not')
      program.option('--some-option <value>', 'a description of several words that is long', 'none')
      program.option('--flag', 'a flag', false).requiredOption('--must <n>', 'a must')
      return program.helpOption(false).helpInformation()
    }
    expect(helpAt(65)).toBe(`Usage: x [options]

Does some things. Others: not.

Options:
  --some-option <value>  a description of several words that is
                         long (default: none)
  --flag                 a flag
  --must <n>             a must (required)
`)
    expect(helpAt(40)).toBe(`Usage: x [options]

Does some things. Others: not.

Options:
  --some-option <value>
      a description of several words
      that is long (default: none)
  --flag
      a flag
  --must <n>
      a must (required)
`)
  })

  it('ends with examples', () => {
    let text = ''
    const program = readableHelp(new Command('x')).configureOutput({ writeOut: (more) => (text += more) })
    addExamples(program, ['x a', 'x b']).outputHelp()
    expect(text).toMatch(/\n\nExamples:\n {2}x a\n {2}x b\n$/)
  })

  it('names every optimizer, activation, schedule and initializer', () => {
    const train = programAt(100).commands[0]!
    const told = (flag: string) =>
      train.options.find(({ long }) => long === flag)!.description.split(/[^a-z-]+/)
    expect(told('--optimizer')).toEqual(expect.arrayContaining([...optimizerNames]))
    expect(told('--activation')).toEqual(expect.arrayContaining([...activationNames]))
    expect(told('--schedule')).toEqual(expect.arrayContaining([...scheduleNames]))
    expect(told('--init')).toEqual(
      expect.arrayContaining([...new Set(initializerNames.flatMap((name) => name.split(/(?=-)/)))]),
    )
  })

  it('is printed where output is no terminal, 80 columns wide, with exit code 0', async () => {
    const { code, stdout, stderr } = await lanewise(workplace(), ['train', '--help'])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^Usage: lanewise train \[options\]\n\nTrains a model /)
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([])
    const version = await lanewise(workplace(), ['datasets', '--version'])
    expect([version.code, version.stdout]).toEqual([0, (await lanewise(workplace(), ['--version'])).stdout])
  })
})
