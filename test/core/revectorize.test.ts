import { describe, expect, it } from 'vitest'
import { selfCheck } from '../../src/core/self-check.js'
import { coreModule, instantiateCore, revectorize, type KernelExports } from '../../src/core/wasm.js'
import { ArgumentError, EngineError } from '../../src/index.js'

describe('the self-check', () => {
  const module = coreModule('fast', false)

  it('passes a core that is right', () => {
    expect(() => {
      selfCheck((memory) => instantiateCore(module, memory))
    }).not.toThrow()
  })

  it.each([
    'rowsPanel',
    'transPanel',
    'sparseRow32',
    'sparseColumns',
    'sparseColumnsAdam',
    'finishAdamStep',
    'optimizerStep',
    'activationForward',
  ] as const)('names %s when it is wrong', (name) => {
    const spoilt = (memory: WebAssembly.Memory): KernelExports => {
      const core = instantiateCore(module, memory)
      return {
        ...core,
        [name]: (...args: number[]) => {
          const result = (core[name] as (...args: number[]) => number)(...args)
          // One wrong lane in the first vector of the output: behind the kind, where there is one.
          const out = name === 'activationForward' || name === 'optimizerStep' ? args[1] : args[0]
          new Float32Array(memory.buffer)[out / 4 + 3] += 1
          return result
        },
      }
    }
    expect(() => {
      selfCheck(spoilt)
    }).toThrow(EngineError)
  })
})

describe('revectorization', () => {
  it.skipIf(Number(process.versions.node.split('.')[0]) >= 24)('is refused by an engine that cannot', () => {
    expect(() => {
      revectorize()
    }).toThrow(ArgumentError)
  })
})
