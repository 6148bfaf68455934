import { describe, expect, it } from 'vitest'
import { variants } from './kernels.js'

describe.each(variants())('madd, $variant', ({ variant, core }) => {
  it('rounds once in fast and twice in strict', () => {
    const residue = core.maddProbe(1 + 2 ** -12, 1 + 2 ** -12, -(1 + 2 ** -11))
    expect(residue).toBe(variant === 'fast' ? 2 ** -24 : 0)
  })
})
