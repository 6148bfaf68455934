import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decode } from 'fast-png'
import { beforeEach, describe, expect, it } from 'vitest'
import { augmentRows, loadDataset } from '../../src/index.js'
import { lanewise, side, workplace, writeTinySet } from './command.js'

let cwd = ''
beforeEach(() => {
  cwd = workplace()
  writeTinySet(join(cwd, 'tiny'))
})
const preview = (...args: string[]) => lanewise(cwd, ['datasets', 'preview', ...args])

/** The grey picture whose upper left pixel is at (x, y) of the sheet. */
function pictureAt(x: number, y: number, zoom = 1): number[] {
  const { data, width, channels } = decode(readFileSync(join(cwd, 'sheet.png')))
  expect(channels).toBe(3)
  return Array.from({ length: side * side }, (_, i) => {
    const [row, column] = [Math.floor(i / side), i % side]
    return data[((y + row * zoom) * width + x + column * zoom) * 3]!
  })
}

describe('datasets preview', () => {
  it('draws the first pictures of each class', async () => {
    const args = ['--rows', '2', '--columns', '3', '--zoom', '1', '--out', 'sheet.png']
    const { code, stdout } = await preview('./tiny', ...args)
    expect([code, stdout]).toEqual([0, 'lines 1–2: 0\nlines 3–4: 1\nlines 5–6: 2\nsheet.png\n'])
    const { x } = (await loadDataset(join(cwd, 'tiny'))).train
    const original = (row: number) => [...x.data.subarray(row * side * side, (row + 1) * side * side)]
    // Pictures of class c are rows c, c + 3, c + 6, …; lines are side + 2 apart, classes 4 pixels more.
    expect(pictureAt(2, 2)).toEqual(original(0))
    expect(pictureAt(2 + 2 * (side + 2), 2)).toEqual(original(6))
    expect(pictureAt(2, 2 + side + 2)).toEqual(original(9))
    expect(pictureAt(2, 2 + 2 * (2 * (side + 2) + 4))).toEqual(original(2))
  })

  it('draws what training makes of them, the original first', async () => {
    const args = [
      '--columns',
      '3',
      '--augment',
      'shift:pixels=1',
      '--seed',
      '7',
      '--out',
      'sheet.png',
      '--json',
    ]
    const { code, stdout } = await preview('./tiny', ...args)
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toEqual({
      dataset: 'tiny',
      classes: ['0', '1', '2'],
      linesPerClass: 1,
      columns: 3,
      width: 2 + 3 * (2 * side + 2) + 6,
      height: 2 + 3 * (2 * side + 6) - 4,
      augment: { shift: { pixels: 1 } },
      out: join(cwd, 'sheet.png'),
    })
    const { x } = (await loadDataset(join(cwd, 'tiny'))).train
    const batch = { data: x.data.subarray(0, 3 * side * side), shape: [3, side, side] }
    const { data } = await augmentRows(batch, 'shift:pixels=1', { seed: 7, step: 1 })
    expect(pictureAt(2, 2, 2)).toEqual([...batch.data.subarray(0, side * side)])
    expect(pictureAt(2 + 2 * (2 * side + 2) + 6, 2, 2)).toEqual([...data.subarray(0, side * side)])
  })

  it.each([
    [['digits', '--augment', 'flip'], /digits are not flipped/],
    [['./tiny', '--augment', 'elastik'], /an augmentation is one of/],
    [['./tiny', '--zoom', '0'], /--zoom is an integer/],
    [['./none'], /none/],
    [['./table.csv'], /holds pictures; received/],
    [['digits', '--rows', '100', '--columns', '100', '--zoom', '16'], /at most 134217728 pixels/],
  ])('of %j is an error of usage', async (args, message) => {
    const { writeFileSync } = await import('node:fs')
    writeFileSync(join(cwd, 'table.csv'), 'a,b\n1,2\n3,4\n5,7\n8,9\n2,2\n')
    const { code, stdout, stderr } = await preview(...args, '--out', 'sheet.png')
    expect([code, stdout, stderr.trimEnd().split('\n').length]).toEqual([2, '', 1])
    expect(stderr).toMatch(message)
    expect(existsSync(join(cwd, 'sheet.png'))).toBe(false)
  })
})
