// `lanewise bench`: the kernel microbenchmarks for this machine. The benchmarks themselves are in bench/, beside dist/.
import type { Command } from 'commander'
import { outputOf, type OutputFlags } from './common.js'

interface BenchOptions extends OutputFlags {
  quick?: boolean
  revectorize?: boolean
}

interface Benchmarks {
  runSections(options: {
    sections: readonly string[]
    quick: boolean
    print: (text: string) => void
  }): Promise<object>
}

/** Adds the command to the program. */
export function addBench(program: Command, signal: AbortSignal): Command {
  return program
    .command('bench')
    .description('measures the kernels on this machine: products, activations, losses, optimizers')
    .option('--quick', 'a rough look, within seconds')
    .option('--revectorize', 'with 256-bit vectors (Node 24 on x64 and newer)')
    .action(async ({ quick = false, revectorize = false, ...flags }: BenchOptions) => {
      const output = outputOf(flags)
      if (revectorize) (await import('../core/wasm.js')).revectorize()
      const benchmarks = new URL('../../bench/run.mjs', import.meta.url)
      const { runSections } = (await import(benchmarks.href)) as Benchmarks
      const print = (text: string) => {
        signal.throwIfAborted()
        output.part(`${text}\n`)
      }
      const results = await runSections({ sections: ['kernels'], quick, print })
      if (output.json) output.result(results, '')
    })
}
