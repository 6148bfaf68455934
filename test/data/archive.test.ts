// Unpacking archives: what other programs made comes out whole; what would lead astray writes nothing.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 as zlibCrc32 } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import * as errors from '../../src/core/errors.js'
import { crc32 } from '../../src/core/formats/crc32.js'
import { bytesSource, listZip } from '../../src/core/formats/zip.js'
import { unpackEntry, writeZip, type InflateRaw } from '../../src/core/formats/zip-entry.js'
import { unpackArchive, type UnpackOptions } from '../../src/data/archive.js'
import { inflateNode } from '../../src/data/inflate-node.js'
import golden from '../golden/archives.json' with { type: 'json' }
import { seeded } from '../persist/states.js'
import { counting, temporaryFolder } from './idx-bytes.js'
import { mutate } from './mutate.js'

const bytesOf = (base64: string) => Uint8Array.from(Buffer.from(base64, 'base64'))

/** Unpacks `archive` in a new folder. */
async function unpack(archive: Uint8Array, options: UnpackOptions = {}) {
  const folder = temporaryFolder({ 'a.zip': archive })
  const into = join(folder, 'out')
  const paths = await unpackArchive(join(folder, 'a.zip'), into, options).catch((error: unknown) => {
    const left = existsSync(into)
      ? readdirSync(into, { recursive: true }).filter((name) => statSync(join(into, String(name))).isFile())
      : []
    expect(left.filter((name) => String(name).endsWith('.tmp'))).toEqual([])
    expect(readdirSync(folder).filter((name) => name !== 'out')).toEqual(['a.zip'])
    throw error
  })
  return Object.fromEntries(paths.map((path) => [path.slice(into.length + 1), readFileSync(path)]))
}

describe('crc32', () => {
  it('is that of zlib, in one go or in parts', () => {
    const bytes = counting(1000)
    expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926)
    for (const length of [0, 1, 2, 3, 4, 5, 7, 8, 255, 1000]) {
      const part = bytes.subarray(0, length)
      if (typeof zlibCrc32 === 'function') expect(crc32(part)).toBe(zlibCrc32(part))
      expect(crc32(bytes.subarray(length), crc32(part))).toBe(crc32(bytes))
    }
  })
})

describe('unpackArchive', () => {
  it.each(['deflated', 'stored'] as const)('unpacks %s files with their folders', async (kind) => {
    const files = await unpack(bytesOf(golden[kind]))
    expect(Object.keys(files)).toEqual(['gzip/hello.txt', 'gzip/noise', 'empty', 'grüße.txt'])
    expect(files['gzip/hello.txt'].toString()).toBe(golden.text)
    expect(files['gzip/noise'].toString('base64')).toBe(golden.noise)
    expect(files['empty']).toHaveLength(0)
  })

  it('unpacks zip64', async () => {
    expect((await unpack(bytesOf(golden.zip64)))['hello.txt'].toString()).toBe(golden.text)
    const files = await unpack(bytesOf(golden.zip64Directory))
    expect(files['hello.txt'].toString()).toBe(golden.text)
    expect(files['noise'].toString('base64')).toBe(golden.noise)
  })

  it('unpacks what is chosen, where it is wanted, and tells how far it is', async () => {
    const told: [number, number][] = []
    const files = await unpack(bytesOf(golden.deflated), {
      select: (name) => (name.startsWith('gzip/') ? name.slice(5) : undefined),
      onProgress: (bytes, total) => told.push([bytes, total]),
    })
    expect(Object.keys(files)).toEqual(['hello.txt', 'noise'])
    expect(told.at(-1)).toEqual([5600, 5600])
  })

  it('replaces files that are there', async () => {
    const folder = temporaryFolder({ 'a.zip': bytesOf(golden.deflated), empty: 'full' })
    await unpackArchive(join(folder, 'a.zip'), folder)
    expect(readFileSync(join(folder, 'empty'))).toHaveLength(0)
  })

  it('unpacks what writeZip packs', async () => {
    const bytes = counting(100_000)
    for (const compress of [false, true]) {
      const archive = writeZip(
        [
          { name: 'x/ü.bin', bytes },
          { name: 'y', bytes: new Uint8Array(0) },
        ],
        compress,
      )
      expect(archive.length < bytes.length).toBe(compress)
      const files = await unpack(archive)
      expect(createHash('sha1').update(files['x/ü.bin']).digest()).toEqual(
        createHash('sha1').update(bytes).digest(),
      )
      expect(files['y']).toHaveLength(0)
    }
  })

  it.each(golden.escapes.map((archive, i) => [i, archive]))(
    'refuses name %i, which leads astray',
    async (_, archive) => {
      await expect(unpack(bytesOf(String(archive)))).rejects.toThrow(errors.FormatError)
      await expect(unpack(bytesOf(String(archive)))).rejects.toThrow(
        /different plain names within one folder/,
      )
    },
  )

  it.each([
    ['a link', golden.link, /received a symbolic link, "link"/],
    ['names that differ by case', golden.twice, /received "A\/X" twice/],
    ['a file that is also a folder', golden.fileAndFolder, /received "a" as a file and as a folder/],
    [
      'another packing',
      golden.bzip2,
      /"gzip\/hello.txt", packed by method 12; unpack it with another program/,
    ],
  ])('refuses %s', async (_, archive, message) => {
    await expect(unpack(bytesOf(archive))).rejects.toThrow(errors.FormatError)
    await expect(unpack(bytesOf(archive))).rejects.toThrow(message)
  })

  it('refuses more bytes and files than the limits', async () => {
    await expect(unpack(bytesOf(golden.bomb), { maxBytes: 1e6 })).rejects.toThrow(errors.ArgumentError)
    await expect(unpack(bytesOf(golden.bomb), { maxBytes: 1e6 })).rejects.toThrow(/2000000 bytes in 1 files/)
    await expect(unpack(bytesOf(golden.stored), { maxFiles: 3 })).rejects.toThrow(/in 4 files/)
    expect((await unpack(bytesOf(golden.bomb)))['zeros']).toHaveLength(2e6)
  })

  it('refuses a bomb that lies about its size, and leaves nothing', async () => {
    const archive = bytesOf(golden.bomb)
    const directory = archive.length - 22 - 46 - 5
    const view = new DataView(archive.buffer)
    view.setUint32(directory + 24, 1000, true)
    await expect(unpack(archive)).rejects.toThrow(/"zeros" of a zip archive is whole.*more than 1000 bytes/)
    view.setUint32(directory + 24, 4e9, true)
    await expect(unpack(archive)).rejects.toThrow(
      /unpack to what they can hold; received "zeros" .* for 4000000000/,
    )
    view.setUint32(directory + 24, 2_000_001, true)
    await expect(unpack(archive)).rejects.toThrow(/2000000 of 2000001 bytes/)
  })

  it('refuses entries that share bytes', async () => {
    const archive = bytesOf(golden.stored)
    const end = archive.length - 22
    const view = new DataView(archive.buffer)
    let at = view.getUint32(end + 16, true)
    at += 46 + view.getUint16(at + 28, true)
    const second = view.getUint32(at + 42, true)
    at += 46 + view.getUint16(at + 28, true)
    view.setUint32(at + 42, second + 1, true)
    await expect(unpack(archive)).rejects.toThrow(/lie behind each other/)
  })

  it('stops when told to', async () => {
    const stop = new AbortController()
    stop.abort(new Error('enough'))
    await expect(unpack(bytesOf(golden.bomb), { signal: stop.signal })).rejects.toThrow('enough')
    const later = new AbortController()
    const onProgress = () => {
      later.abort(new Error('enough'))
    }
    const options = { signal: later.signal, onProgress }
    await expect(unpack(bytesOf(golden.bomb), options)).rejects.toThrow(/enough|abort/)
  })

  it('leaves the error of a missing file as the system gives it', async () => {
    await expect(unpackArchive('/nowhere/a.zip', '/nowhere')).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('gives right bytes or a typed error for 3,000 damaged archives', () => {
    const originals = [golden.deflated, golden.stored, golden.zip64Directory].map(bytesOf)
    const wholes = originals.map((archive) => contents(archive))
    const next = seeded(5)
    let refused = 0
    for (let i = 0; i < 3000; i++) {
      try {
        const inflate = i % 2 === 0 ? inflateNode : undefined
        for (const content of contents(mutate(originals[i % 3], next), inflate)) {
          expect(wholes[i % 3].some((whole) => Buffer.compare(whole, content) === 0)).toBe(true)
        }
      } catch (error) {
        refused++
        expect(error).toBeInstanceOf(errors.FormatError)
      }
    }
    expect(refused).toBeGreaterThan(1000)
  })

  it('leaves whole files only, of 100 damaged archives', async () => {
    const original = bytesOf(golden.zip64Directory)
    const wholes = Object.values(await unpack(original))
    const next = seeded(6)
    for (let i = 0; i < 100; i++) {
      await unpack(mutate(original, next)).then(
        (files) => {
          for (const content of Object.values(files)) expect(wholes).toContainEqual(content)
        },
        (error: unknown) => {
          expect(error).toBeInstanceOf(errors.LanewiseError)
        },
      )
    }
  })
})

/** All entries of an archive, unpacked in memory. */
function contents(archive: Uint8Array, inflate?: InflateRaw): Uint8Array[] {
  const source = bytesSource(archive, 'a.zip')
  return listZip(source).map((entry) => unpackEntry(entry, source, inflate))
}
