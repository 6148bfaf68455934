import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const here = dirname(fileURLToPath(import.meta.url))
const script = join(here, 'train.mjs')

function train(node: string, numerics: string, threads: number, ...more: string[]): string {
  return execFileSync(node, [script, numerics, String(threads), ...more], { encoding: 'utf8' }).trim()
}

const reference = train(process.execPath, 'strict', 1)

describe('strict training has the same bits', () => {
  it.each([1, 2, 3])('with %i threads on this engine', (threads) => {
    expect(train(process.execPath, 'strict', threads)).toBe(reference)
  })

  for (const name of ['node22', 'node24', 'node26']) {
    const node = join(here, 'node_modules', name, 'bin', 'node')
    const missing = !existsSync(node)
    const reason =
      missing && !process.env['CI'] ? ' (skipped: run `npm ci --prefix test/engines` to install it)' : ''
    it.skipIf(missing && !process.env['CI'])(`on ${name}${reason}`, () => {
      expect(train(node, 'strict', 2)).toBe(reference)
    })
    const revectorizes = name !== 'node22' && process.arch === 'x64'
    it.skipIf(!revectorizes || (missing && !process.env['CI']))(`revectorized on ${name}${reason}`, () => {
      expect(train(node, 'strict', 1, 'revectorize')).toBe(reference)
      expect(train(node, 'fast', 2, 'revectorize')).toBe(train(node, 'fast', 1))
    })
  }
})

describe('strict training has the same bits on other runtimes', () => {
  const runtimes = [
    { name: 'bun', program: join(here, 'node_modules/@oven/bun-linux-x64/bin/bun'), more: [] },
    { name: 'deno', program: join(here, 'node_modules/@deno/linux-x64-glibc/deno'), more: ['run', '-A'] },
  ]
  for (const { name, program, more } of runtimes) {
    const missing = !existsSync(program)
    const reason =
      missing && !process.env['CI'] ? ' (skipped: run `npm ci --prefix test/engines` to install it)' : ''
    it.skipIf(missing && !process.env['CI']).each([1, 2])(
      `on ${name} with %i threads${reason}`,
      (threads) => {
        const told = execFileSync(program, [...more, script, 'strict', String(threads)], { encoding: 'utf8' })
        expect(told.trim()).toBe(reference)
      },
    )
  }
})

describe('fast training has the same bits', () => {
  it('with 1, 2 and 3 threads', () => {
    const bits = [1, 2, 3].map((threads) => train(process.execPath, 'fast', threads))
    expect(new Set(bits).size).toBe(1)
  })
})
