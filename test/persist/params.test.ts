import { describe, expect, it } from 'vitest'
import { DataError, FormatError } from '../../src/core/errors.js'
import type { ModelState } from '../../src/core/state.js'
import { decimalOfFloat32 } from '../../src/persist/decimal.js'
import { decodeParams, encodeParams } from '../../src/persist/params.js'
import golden from '../golden/safetensors.json' with { type: 'json' }
import { seeded } from './states.js'

const state: ModelState = {
  version: 1,
  kind: 'sequential',
  architecture: { version: 1, inputShape: [2], layers: [{ type: 'dense', units: 3, activation: 'relu' }] },
  weights: [
    { name: 'dense_1/weight', shape: [2, 3], data: Float32Array.of(0.1, -0, 1e-45, 2, -3.5, 3.4028235e38) },
    { name: 'dense_1/bias', shape: [3], data: Float32Array.of(0, 1e-7, 16777216) },
    { name: 'gain', shape: [], data: Float32Array.of(0.25) },
    { name: 'kernel', shape: [2, 2, 1], data: Float32Array.of(1, 2, 3, 4) },
  ],
  preprocessing: { scale: [1 / 255], shift: [-0] },
  outputs: { task: 'classification', classes: ['cat', 3] },
  settings: { optimizer: { type: 'adam', betas: [0.9, 0.999] }, callbacks: [], patience: null },
}

const text = `{
  "format": "lanewise",
  "version": 1,
  "kind": "sequential",
  "architecture": {
    "version": 1,
    "inputShape": [2],
    "layers": [
      {
        "type": "dense",
        "units": 3,
        "activation": "relu"
      }
    ]
  },
  "preprocessing": {
    "scale": [0.00392156862745098],
    "shift": [-0]
  },
  "outputs": {
    "task": "classification",
    "classes": ["cat", 3]
  },
  "settings": {
    "optimizer": {
      "type": "adam",
      "betas": [0.9, 0.999]
    },
    "callbacks": [],
    "patience": null
  },
  "weights": [
    {
      "name": "dense_1/weight",
      "shape": [2, 3],
      "values": [
        [0.1, -0, 1e-45],
        [2, -3.5, 3.4028235e+38]
      ]
    },
    {
      "name": "dense_1/bias",
      "shape": [3],
      "values": [0, 1e-7, 16777216]
    },
    {
      "name": "gain",
      "shape": [],
      "values": 0.25
    },
    {
      "name": "kernel",
      "shape": [2, 2, 1],
      "values": [
        [
          [1],
          [2]
        ],
        [
          [3],
          [4]
        ]
      ]
    }
  ]
}
`

const decode = (changed: string) => decodeParams(new TextEncoder().encode(changed), 'params.txt')

describe('params.txt', () => {
  it('is text that a person can read, one matrix row a line', () => {
    expect(new TextDecoder().decode(encodeParams(state))).toBe(text)
    expect(decode(text)).toStrictEqual(state)
  })

  it('is read with a byte order mark, other white space and fields that it does not know', () => {
    expect(
      decode(`\ufeff${JSON.stringify(JSON.parse(text)).replace('{', '{ "later": [1],')}`).outputs,
    ).toEqual(state.outputs)
  })

  it('refuses weights that are not finite, with tensor and index', () => {
    const bad = (value: number) => ({
      ...state,
      weights: [{ name: 'a/b', shape: [2], data: Float32Array.of(1, value) }],
    })
    expect(() => encodeParams(bad(NaN))).toThrow(DataError)
    expect(() => encodeParams(bad(NaN))).toThrow(/received NaN in a\/b\[1\]/)
    expect(() => encodeParams(bad(-Infinity))).toThrow(/received -Infinity in a\/b\[1\]/)
  })

  const faults: [string, string | RegExp, string, RegExp][] = [
    ['another format', '"lanewise"', '"pickle"', /"format": "lanewise"; received "pickle"/],
    ['no format', '"format": "lanewise",', '', /"format": "lanewise"; received nothing/],
    [
      'a later version',
      '"version": 1',
      '"version": 2',
      /version of the format is 1; received 2; install a newer/,
    ],
    ['a missing field', '"kind": "sequential",', '', /fields kind, .*; received none named kind/],
    ['an unknown kind', '"sequential"', '"forest"', /kind is one of sequential, .*; received "forest"/],
    [
      'an unknown architecture',
      '"version": 1,\n    "inputShape"',
      '"version": 9, "inputShape"',
      /architecture\.version is 1/,
    ],
    [
      'a wrong input shape',
      '"inputShape": [2]',
      '"inputShape": [0]',
      /architecture\.inputShape is an array of positive/,
    ],
    [
      'layers that are none',
      '"layers": [',
      '"layers": 3, "other": [',
      /architecture\.layers is an array; received 3/,
    ],
    [
      'a layer without type',
      '"type": "dense"',
      '"kind": "dense"',
      /layers\[0\]\.type is text; received nothing/,
    ],
    ['a layer that is none', /"layers": \[[^\]]*\]/, '"layers": [7]', /layers\[0\] is an object; received 7/],
    ['empty scale', '[0.00392156862745098]', '[]', /preprocessing\.scale is an array of at least one number/],
    [
      'a shift beyond float64',
      '"shift": [-0]',
      '"shift": [1e999]',
      /preprocessing is a finite number; received Infinity/,
    ],
    [
      'an unknown task',
      '"classification"',
      '"ranking"',
      /outputs\.task is one of classification, regression/,
    ],
    ['classes that are none', '["cat", 3]', '[null]', /outputs\.classes is an array of text and numbers/],
    [
      'settings that are none',
      /"settings": \{[^]*?"weights"/,
      '"settings": [], "weights"',
      /settings is an object/,
    ],
    [
      'deep nesting',
      '"callbacks": []',
      `"callbacks": ${'['.repeat(9999)}${']'.repeat(9999)}`,
      /nested at most 64 deep/,
    ],
    ['no weights', /"weights": \[[^]*\n {2}\]/, '"weights": {}', /weights is an array; received an object/],
    ['a weight that is none', /"weights": \[[^]*\n {2}\]/, '"weights": [null]', /weights\[0\] is an object/],
    [
      'a weight twice',
      '"dense_1/bias"',
      '"dense_1/weight"',
      /a name of its own; received "dense_1\/weight" for weights\[1\]/,
    ],
    [
      'a negative dimension',
      '[2, 3]',
      '[2, -3]',
      /shape of dense_1\/weight is an array of at most 32 positive integers/,
    ],
    [
      'a huge shape',
      '[2, 3]',
      '[4294967296, 4294967296]',
      /as many values as its shape \[4294967296, 4294967296\] says/,
    ],
    ['too many rows', '[2, 3]', '[3, 3]', /rows of \[3, 3\]; received an array of 2 at value 0/],
    ['a short row', '-3.5, ', '', /rows of \[3\]; received an array of 2 at value 3/],
    ['a row that is none', '[0.1, -0, 1e-45]', '1', /rows of \[3\]; received 1 at value 0/],
    [
      'text for a number',
      '1e-45',
      '"1e-45"',
      /dense_1\/weight\[2\] is a number that float32 can hold; received "1e-45"/,
    ],
    [
      'null for a number',
      '1e-45',
      'null',
      /dense_1\/weight\[2\] is a number that float32 can hold; received null/,
    ],
    [
      'a number beyond float32',
      '3.4028235e+38',
      '3.5e38',
      /dense_1\/weight\[5\] is a number .*; received 3.5e\+38/,
    ],
    ['an array for a single number', '"values": 0.25', '"values": [0.25]', /gain\[0\] is a number/],
    ['no JSON', '"kind":', '"kind"', /^params\.txt: params\.txt is JSON; received text with a fault/],
  ]
  it.each(faults)('refuses %s', (_, part, other, message) => {
    const changed = text.replace(part, other)
    expect(changed).not.toBe(text)
    expect(() => decode(changed)).toThrow(FormatError)
    expect(() => decode(changed)).toThrow(message)
  })

  it('refuses bytes that are not UTF-8', () => {
    const bytes = new TextEncoder().encode(text)
    bytes[60] = 0xff
    expect(() => decodeParams(bytes, 'params.txt')).toThrow(/UTF-8 text of less than 512 MB/)
  })
})

describe('the shortest decimal of a float32', () => {
  const fromBits = (bits: number) => new Float32Array(Uint32Array.of(bits).buffer)[0]
  const digits = (decimal: string) =>
    decimal
      .replace(/e.*/, '')
      .replace(/[-.]/g, '')
      .replace(/^0+|0+$/g, '')

  it('has as many digits as numpy prints', () => {
    for (const [bits, expected] of golden.decimals as [number, string][]) {
      const decimal = decimalOfFloat32(fromBits(bits), '')
      expect([bits, digits(decimal).length]).toEqual([bits, digits(expected).length])
      expect(Math.fround(Number(decimal))).toBe(fromBits(bits))
    }
  })

  it('comes back with the same bits in at most nine digits, for 200,000 random values', () => {
    const next = seeded(4)
    for (let i = 0; i < 200_000; i++) {
      const value = fromBits(next())
      if (!Number.isFinite(value)) continue
      const decimal = decimalOfFloat32(value, '')
      if (!Object.is(Math.fround(Number(decimal)), value) || digits(decimal).length > 9) {
        expect.fail(`${String(value)} printed as ${decimal}`)
      }
    }
  })
})
