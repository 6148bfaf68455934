// What pages load, in gzip: the budgets that browsers' files keep.
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'

const folder = fileURLToPath(new URL('../../dist/web/', import.meta.url))
const text = (name: string) => readFileSync(folder + name, 'utf8')
const kilobytes = (names: readonly string[]) =>
  names.reduce((sum, name) => sum + gzipSync(text(name), { level: 9 }).length / 1024, 0)

describe('sizes in gzip', () => {
  it.each([
    ['import of lanewise', 60, ['lanewise.js']],
    ['import of lanewise/infer, with its core', 20, ['infer.js']],
    ['up to predictions, with the core', 80, ['lanewise.js', 'lanewise-engine.js']],
    ['up to training', 95, ['lanewise.js', 'lanewise-engine.js', 'lanewise-training.js']],
  ])('%s: at most %i KB', (_, budget, names) => {
    expect(kilobytes(names)).toBeLessThanOrEqual(budget)
  })

  it('count all that is loaded: these files import no other when they start', () => {
    for (const name of ['lanewise.js', 'infer.js', 'worker.js']) {
      expect(text(name)).not.toMatch(/^\s*import\b(?!\()|\bfrom\s*['"]\.|importScripts/m)
    }
  })

  it('lie beside each other: every part that is loaded later is there', () => {
    const parts = [...text('lanewise.js').matchAll(/import\('\.\/(lanewise-[a-z]+\.js)'\)/g)].map(
      ([, name]) => name,
    )
    const there = readdirSync(folder).filter((name) => /^lanewise-.*\.js$/.test(name))
    expect(parts.sort()).toEqual(there.sort())
    expect(parts.length).toBeGreaterThan(4)
  })
})
