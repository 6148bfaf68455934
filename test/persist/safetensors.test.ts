import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { FormatError } from '../../src/core/errors.js'
import { decodeModel, encodeModel } from '../../src/persist/model.js'
import { decodeSafeTensors, encodeSafeTensors } from '../../src/persist/safetensors.js'
import golden from '../golden/safetensors.json' with { type: 'json' }
import { bitsOf } from './states.js'

const bytesOf = (base64: string) => Uint8Array.from(Buffer.from(base64, 'base64'))

/** A file with any header text, and `dataBytes` zeros. */
function fileOf(header: string, dataBytes: number, length = BigInt(header.length)): Uint8Array {
  const bytes = new Uint8Array(8 + header.length + dataBytes)
  new DataView(bytes.buffer).setBigUint64(0, length, true)
  bytes.set(new TextEncoder().encode(header), 8)
  return bytes
}

const entry = (shape: string, begin: number, end: number, dtype = 'F32') =>
  `{"dtype":"${dtype}","shape":[${shape}],"data_offsets":[${begin},${end}]}`

describe('safetensors', () => {
  it('reads a file of F32, F64, F16 and BF16 tensors that Python wrote', () => {
    const { weights, version, ...fields } = decodeModel(bytesOf(golden.file), 'golden')
    expect(version).toBe(1)
    expect(fields).toEqual(golden.fields)
    expect(weights.map(({ name, shape, data }) => ({ name, shape, bits: bitsOf(data) }))).toEqual(
      golden.tensors,
    )
  })

  it('writes what Python writes for the same model, byte for byte', () => {
    const bytes = encodeModel(decodeModel(bytesOf(golden.file), 'golden'), 'safetensors')
    expect(bytes.length).toBe(golden.rewritten.bytes)
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(golden.rewritten.sha256)
  })

  it('begins the data at a multiple of 8 bytes, whatever the header', () => {
    for (let length = 0; length < 20; length++) {
      const tensor = { name: 'w', shape: [1], data: Float32Array.of(NaN) }
      const bytes = encodeSafeTensors({ tensors: [tensor], metadata: new Map([['k', 'x'.repeat(length)]]) })
      expect((bytes.length - 4) % 8).toBe(0)
      const again = decodeSafeTensors(bytes, 'file')
      expect(again.metadata.get('k')).toHaveLength(length)
      expect(bitsOf(again.tensors[0].data)).toEqual(bitsOf(tensor.data))
    }
  })

  it('takes the order of the data, not of the header, and files without metadata', () => {
    const { tensors, metadata } = decodeSafeTensors(
      fileOf(`{"b":${entry('1', 4, 8)},"a":${entry('1', 0, 4)}}`, 8),
      'f',
    )
    expect(tensors.map(({ name }) => name)).toEqual(['a', 'b'])
    expect(metadata.size).toBe(0)
  })

  it('says so when a file is of another program', () => {
    expect(() => decodeModel(bytesOf(golden.foreign), 'torch.safetensors')).toThrow(FormatError)
    expect(() => decodeModel(bytesOf(golden.foreign), 'torch.safetensors')).toThrow(
      /^torch\.safetensors: .*carries the model in its metadata; received a safetensors file of another program/,
    )
  })

  const faults: [string, Uint8Array, RegExp][] = [
    ['less than 8 bytes', new Uint8Array(7), /begins with the length of its header.*received 7 bytes/],
    ['a header beyond the file', fileOf('{}', 0, 3n), /received 3 in a file of 10 bytes/],
    [
      'a header of 2^63 bytes',
      fileOf('{}', 0, 2n ** 63n),
      /received 9223372036854776000 in a file of 10 bytes/,
    ],
    ['a header that is no object', fileOf('[]', 0), /the header is an object; received an array of 0/],
    ['a header that is no JSON', fileOf('{]', 0), /the header is JSON/],
    [
      'metadata that are no texts',
      fileOf('{"__metadata__":{"a":1}}', 0),
      /holds texts only; received 1 for "a"/,
    ],
    ['an entry that is none', fileOf('{"a":4}', 0), /the header's "a" is an object; received 4/],
    [
      'an unknown type',
      fileOf(`{"a":${entry('1', 0, 1, 'F8_E5M2')}}`, 1),
      /F16 or BF16; received "F8_E5M2" for "a"/,
    ],
    ['no type', fileOf('{"a":{}}', 0), /received nothing for "a"/],
    [
      'a fractional dimension',
      fileOf(`{"a":${entry('1.5', 0, 6)}}`, 6),
      /shape of "a" is an array of at most 32/,
    ],
    [
      'a shape that is too large',
      fileOf(`{"a":${entry('2', 0, 4)}}`, 4),
      /span F32 values of shape \[2\]; received \[0, 4\]/,
    ],
    ['a huge shape', fileOf(`{"a":${entry('1e15,1e15', 0, 4)}}`, 4), /span F32 values of shape/],
    [
      'offsets that are none',
      fileOf('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}', 4),
      /received \[0\]/,
    ],
    ['offsets as text', fileOf('{"a":{"dtype":"F32","shape":[1],"data_offsets":"04"}}', 4), /received "04"/],
    [
      'a gap',
      fileOf(`{"a":${entry('1', 4, 8)}}`, 8),
      /without gap or overlap; received "a" at byte 4 after byte 0/,
    ],
    [
      'an overlap',
      fileOf(`{"a":${entry('2', 0, 8)},"b":${entry('1', 4, 8)}}`, 8),
      /received "b" at byte 4 after byte 8/,
    ],
    ['a fraction of a byte', fileOf(`{"a":${entry('1', 0.5, 4.5)}}`, 8), /received "a" at byte 0.5/],
    [
      'data that are cut',
      fileOf(`{"a":${entry('2', 0, 8)}}`, 7),
      /end where the last tensor ends, at byte 8; received 7/,
    ],
    ['data to spare', fileOf(`{"a":${entry('1', 0, 4)}}`, 5), /at byte 4; received 5 bytes/],
  ]
  it.each(faults)('refuses %s', (_, bytes, message) => {
    expect(() => decodeSafeTensors(bytes, 'bad.safetensors')).toThrow(FormatError)
    expect(() => decodeSafeTensors(bytes, 'bad.safetensors')).toThrow(message)
  })

  it('refuses a version that it does not know, and missing fields', () => {
    const metadata = new Map([['format', 'lanewise']])
    const encode = () => encodeSafeTensors({ tensors: [], metadata })
    expect(() => decodeModel(encode(), 'f')).toThrow(/version of the format is 1; received nothing/)
    metadata.set('version', '2')
    expect(() => decodeModel(encode(), 'f')).toThrow(/received "2"; install a newer/)
    metadata.set('version', '1').set('kind', 'sequential').set('architecture', '{')
    expect(() => decodeModel(encode(), 'f')).toThrow(/the metadata's architecture is JSON/)
    metadata.set('architecture', '{}')
    expect(() => decodeModel(encode(), 'f')).toThrow(/received none named preprocessing/)
  })
})
