import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { augmentOf } from '../../src/cli/augment.js'
import { lanewise, workplace, writeTinySet } from './command.js'

let cwd = ''
beforeEach(() => {
  cwd = workplace()
  writeTinySet(join(cwd, 'tiny'))
})

describe('train --augment', () => {
  it('changes training and nothing else, and tells itself in metrics.json', async () => {
    const losses = new Map<string, number>()
    for (const augment of ['none', 'shift:pixels=0.5;mixup']) {
      const args = [
        '--hidden',
        '8',
        '--batch-size',
        '16',
        '--epochs',
        '3',
        '--augment',
        augment,
        '--out',
        'run',
      ]
      const { code, stderr } = await lanewise(cwd, ['train', '--dataset', './tiny', ...args, '--overwrite'])
      expect([code, stderr.includes('lanewise:')]).toEqual([0, false])
      const metrics = JSON.parse(readFileSync(join(cwd, 'run/metrics.json'), 'utf8')) as Record<string, never>
      const expected = augment === 'none' ? undefined : { shift: { pixels: 0.5 }, mixup: { alpha: 0.2 } }
      expect(metrics['settings']!['augment']).toEqual(expected)
      losses.set(augment, metrics['train']!['loss'])
    }
    expect(new Set(losses.values()).size).toBe(2)
  })

  it.each([
    ['./tiny', 'elastik', /an augmentation is one of .*received "elastik"/],
    ['digits', 'flip', /pictures of the data set digits are not flipped/],
  ])('of %s with %s is an error of usage', async (dataset, augment, message) => {
    const { code, stdout, stderr } = await lanewise(cwd, [
      'train',
      '--dataset',
      dataset,
      '--augment',
      augment,
    ])
    expect([code, stdout, stderr.trimEnd().split('\n').length]).toEqual([2, '', 1])
    expect(stderr).toMatch(message)
    expect(existsSync(join(cwd, 'runs'))).toBe(false)
  })
})

it('pictures that are no squares get the form of the set', () => {
  const shift = { shift: { pixels: 2 } }
  expect(augmentOf('shift', { name: 'mnist', sampleShape: [28, 28] })).toEqual(shift)
  expect(augmentOf('shift', { name: './x', sampleShape: [20, 30] })).toEqual({
    ...shift,
    picture: { height: 20, width: 30, channels: 1 },
  })
  expect(augmentOf('shift', { name: './x', sampleShape: [4, 4, 3] })).toMatchObject({
    picture: { height: 4, width: 4, channels: 3 },
  })
  expect(augmentOf('mixup', { name: 'california-housing', sampleShape: [8] })).toEqual({
    mixup: { alpha: 0.2 },
  })
  expect(augmentOf('flip', { name: 'fashion-mnist', sampleShape: [28, 28] })).toEqual({
    flip: { probability: 0.5 },
  })
  expect(augmentOf(undefined, { name: 'mnist', sampleShape: [28, 28] })).toBeUndefined()
})
