import { describe, expect, it } from 'vitest'
import { ArgumentError, ShapeError } from '../../src/core/errors.js'
import {
  augmentationFrom,
  augmentationPresets,
  pictureShape,
  requireAllowed,
  type AugmentationSpec,
} from '../../src/data/augmentation.js'

const none = {
  shift: 0,
  rotate: 0,
  scale: 0,
  shear: 0,
  elastic: undefined,
  flip: 0,
  erase: undefined,
  noise: undefined,
  mixup: undefined,
}
const settled = (spec: AugmentationSpec) => augmentationFrom(spec)!

describe('augmentationFrom', () => {
  it.each([
    ['shift', { shift: 2 }],
    ['shift:pixels=1.5', { shift: 1.5 }],
    ['rotate:degrees=15;shear', { rotate: 15, shear: 0.1 }],
    ['scale:by=0.2', { scale: 0.2 }],
    ['elastic', { elastic: { alpha: 34, sigma: 4 } }],
    ['elastic:alpha=8,sigma=3', { elastic: { alpha: 8, sigma: 3 } }],
    ['flip', { flip: 0.5 }],
    ['erase', { erase: { probability: 0.5, least: 0.02, most: 0.4, ratio: 0.3, fill: 0 } }],
    [
      'erase:probability=1,fill=random',
      { erase: { probability: 1, least: 0.02, most: 0.4, ratio: 0.3, fill: 'random' } },
    ],
    ['noise', { noise: { size: 0.1, kind: 'normal' } }],
    ['noise:kind=uniform,size=0.2', { noise: { size: 0.2, kind: 'uniform' } }],
    ['mixup', { mixup: { alpha: 0.2 } }],
    ['elastic:alpha=0;noise:size=0;erase:probability=0;shift:pixels=1', { shift: 1 }],
  ] as const)('reads %s', (text, expected) => {
    expect(settled(text).changes).toEqual({ ...none, ...expected })
  })

  it('takes the same as an object, and gives the object back with its defaults', () => {
    const text = 'elastic:alpha=8;rotate:degrees=5;mixup'
    const options = { elastic: { alpha: 8 }, rotate: { degrees: 5 }, mixup: {} }
    expect(settled(options)).toEqual(settled(text))
    const config = { elastic: { alpha: 8, sigma: 4 }, rotate: { degrees: 5 }, mixup: { alpha: 0.2 } }
    expect(settled(text).config).toEqual(config)
    expect(settled(config)).toEqual(settled(text))
    expect(settled(JSON.parse(JSON.stringify(settled('digits').config)) as AugmentationSpec)).toEqual(
      settled('digits'),
    )
  })

  it('knows presets, whose entries later ones replace', () => {
    for (const [name, options] of Object.entries(augmentationPresets)) {
      expect(settled(name).changes).toEqual(settled(options).changes)
      expect(settled(name).changes.flip > 0).toBe(name === 'clothes')
    }
    expect(settled('digits;elastic:alpha=40;noise').changes).toEqual({
      ...settled('digits').changes,
      elastic: { alpha: 40, sigma: 4 },
      noise: { size: 0.1, kind: 'normal' },
    })
  })

  it('is undefined for none', () => {
    for (const spec of [undefined, 'none', {}, { elastic: undefined }] as (AugmentationSpec | undefined)[])
      expect(augmentationFrom(spec)).toBeUndefined()
  })

  it.each([
    ['', /an augmentation is one of shift, .*digits.*received ""/],
    ['elastik', /an augmentation is one of/],
    ['none;shift', /received "none"/],
    ['elastic:alfa=3', /the augmentation elastic takes the options alpha, sigma; received alfa/],
    ['elastic:alpha', /name:key=value/],
    ['elastic:sigma=0', /sigma of the augmentation elastic is a finite number above 0; received 0/],
    ['rotate:degrees=-1', /0 or more; received -1/],
    ['rotate:degrees=181', /at most 180; received 181/],
    ['scale:by=1', /below 1/],
    ['flip:probability=1.5', /between 0 and 1; received 1.5/],
    ['erase:least=0.5', /at most its most; received 0.5/],
    ['erase:ratio=0', /at least 0.001; received 0/],
    ['elastic:sigma=1e9', /at most 1000; received 1000000000/],
    ['shift:pixels=1e7', /at most 1000000/],
    ['noise:size=1e300', /at most 1000000/],
    ['erase:fill=grey', /a number from 0 to 1, or random; received grey/],
    ['noise:kind=pink', /normal or uniform; received pink/],
    ['mixup:alpha=0', /above 0/],
    ['digits:alpha=3', /the preset digits takes the options/],
    ['picture:height=2.5,width=3', /integer/],
    [{ shift: 2 }, /is an object of options; received 2/],
    [[], /is an object of options, or text/],
    [7, /is an object of options, or text/],
    [{ elastic: { alpha: '3' } }, /received "3"/],
  ] as [AugmentationSpec, RegExp][])('refuses %o', (spec, message) => {
    expect(() => augmentationFrom(spec)).toThrow(ArgumentError)
    expect(() => augmentationFrom(spec)).toThrow(message)
  })
})

describe('pictureShape', () => {
  it.each([
    ['shift', [28, 28], [28, 28, 1]],
    ['shift', [32, 20, 3], [32, 20, 3]],
    ['erase', [784], [28, 28, 1]],
    ['noise;mixup', [8], [1, 8, 1]],
    ['noise;mixup', [4, 5], [4, 5, 1]],
    ['shift;picture:height=20,width=30', [600], [20, 30, 1]],
    ['shift;picture:height=8,width=8,channels=3', [192], [8, 8, 3]],
  ] as const)('%s of samples [%s]', (text, sampleShape, expected) => {
    expect(pictureShape(settled(text), sampleShape)).toEqual(expected)
  })

  it.each([
    ['shift', [8]],
    ['erase', [2, 2, 2, 2]],
    ['shift;picture:height=20,width=30', [784]],
  ] as const)('%s of samples [%s] is refused', (text, sampleShape) => {
    expect(() => pictureShape(settled(text), sampleShape)).toThrow(ShapeError)
  })
})

it('requireAllowed refuses the flip where the catalogue does', () => {
  const flip = settled('flip')
  expect(() => {
    requireAllowed(flip, { name: 'mnist', flips: false })
  }).toThrow(/data set mnist are not flipped/)
  requireAllowed(flip, { name: 'fashion-mnist', flips: true })
  requireAllowed(flip, { name: './mine' })
  requireAllowed(settled('digits'), { name: 'mnist', flips: false })
  requireAllowed(undefined, { name: 'mnist', flips: false })
})
