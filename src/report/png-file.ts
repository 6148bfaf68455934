// Pixels to the bytes of a PNG file (W3C, Portable Network Graphics, third edition). The engine's own zlib compresses, several times
// faster than compressors in JavaScript or WebAssembly that run but once; rows are not filtered, as plots are flat.
import { deflateSync } from 'node:zlib'

const signature = [137, 80, 78, 71, 13, 10, 26, 10]
/** Colour type of the header by channels: grey, red-green-blue, and that with opacity. */
const colorTypes = { 1: 0, 3: 2, 4: 6 } as const

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
  return value
})

/** A picture of 8 bits a channel. @param data row by row, width · height · channels bytes. */
export function encodePng(width: number, height: number, channels: 1 | 3 | 4, data: Uint8Array): Uint8Array {
  const stride = width * channels
  const rows = new Uint8Array(height * (stride + 1))
  for (let row = 0; row < height; row++) {
    // The byte before each row stays 0: no filter.
    rows.set(data.subarray(row * stride, (row + 1) * stride), row * (stride + 1) + 1)
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, colorTypes[channels], 0, 0, 0], 8)
  const parts = [chunk('IHDR', header), chunk('IDAT', deflateSync(rows)), chunk('IEND', new Uint8Array())]
  return new Uint8Array(Buffer.concat([Uint8Array.from(signature), ...parts]))
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(data.length + 12)
  bytes.writeUInt32BE(data.length, 0)
  bytes.write(type, 4, 'latin1')
  bytes.set(data, 8)
  let crc = 0xffffffff
  for (let i = 4; i < data.length + 8; i++) crc = crcTable[(crc ^ bytes[i]!) & 255]! ^ (crc >>> 8)
  bytes.writeUInt32BE((crc ^ 0xffffffff) >>> 0, data.length + 8)
  return bytes
}
