// Cold starts, each in a process of its own: how long `import` takes, and how long until a first prediction is there.
import { runChild } from './lib/child.mjs'
import { summary } from './lib/stats.mjs'
import { spread } from './lib/table.mjs'

export async function* tables({ choose, progress }) {
  const starts = choose({ full: 25, short: 9, quick: 2 })
  progress('cold starts')
  const samples = []
  for (let i = 0; i < starts; i++) {
    const { lines, milliseconds, ok } = await runChild('startup')
    if (!ok) throw new Error('a child process failed')
    samples.push({ ...lines[0], ended: milliseconds })
  }
  const record = (what, of) => ({ what, milliseconds: summary(samples.map(of)) })
  yield {
    id: 'startup',
    title: `Cold starts of 784-128-10: milliseconds, ${starts} processes`,
    records: [
      record('Node itself, until the program runs', ({ began }) => began),
      record("import 'lanewise'", ({ began, imported }) => imported - began),
      record('model built, first row predicted', ({ imported, predicted }) => predicted - imported),
      record('import to first prediction', ({ began, predicted }) => predicted - began),
      record('the whole process, seen from outside', ({ ended }) => ended),
    ],
    rows: [['', 'what']],
    cells: [['ms', ({ milliseconds }) => spread(milliseconds)]],
  }
}
