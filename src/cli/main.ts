#!/usr/bin/env node
// The command `lanewise`. One command a file; each loads what it needs when it is run.
import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { addBench } from './bench.js'
import { addCommonOptions } from './common.js'
import { addCompare, addTune } from './compare.js'
import { addDemo } from './demo.js'
import { addDatasets } from './datasets.js'
import { addEvaluate } from './evaluate.js'
import { addExport } from './export.js'
import { addExamples, readableHelp } from './help.js'
import { addImport } from './import.js'
import { runCommand, throwUsageErrors } from './output.js'
import { addPredict } from './predict.js'
import { addReport } from './report.js'
import { addSummary } from './summary.js'
import { addTrain } from './train.js'

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string
}

await runCommand(async (signal) => {
  const program = readableHelp(throwUsageErrors(new Command('lanewise')))
    .description('trains and runs neural networks on the CPU')
    .version(version, '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
  const commands = [
    addTrain,
    addEvaluate,
    addPredict,
    addSummary,
    addExport,
    addImport,
    addCompare,
    addTune,
    addReport,
  ]
  for (const add of [...commands, addDemo, addBench]) addCommonOptions(add(program, signal), version)
  addDatasets(program, signal, version)
  addExamples(program, ['lanewise train --dataset digits', 'lanewise datasets list', 'lanewise help train'])
  await program.parseAsync()
})
