// Tables in chunks: the same rows as in memory, told by a survey, with bounded memory.
import { createWriteStream, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { ArgumentError, DataError } from '../../src/core/errors.js'
import { csvChunks, readCsv, readTable, surveyCsv, type ChunkOptions } from '../../src/data/tables.js'
import { temporaryFolder } from './idx-bytes.js'

function put(content: string): string {
  const path = join(temporaryFolder({}), 'table.csv')
  writeFileSync(path, content)
  return path
}

async function all(path: string, options: ChunkOptions) {
  const rows: number[] = []
  const x: number[] = []
  const y: number[] = []
  for await (const chunk of csvChunks(path, options)) {
    rows.push(chunk.y.length)
    expect(chunk.x.shape).toEqual([chunk.y.length, chunk.x.columns.length])
    x.push(...chunk.x.data)
    y.push(...chunk.y)
  }
  return { rows, x, y }
}

const mixed = `size,kind,flag\n${Array.from({ length: 100 }, (_, i) => `${i % 7 ? String(i / 8) : ''},${['rose', 'aster', '?'][i % 3]!},${String(i % 2)}\n`).join('')}`

describe('chunks', () => {
  it.each([1, 7, 100, 101])('of %d rows are the rows of the table', async (rowsPerChunk) => {
    const path = put(mixed)
    const { x, y, task, classes } = await readCsv(path)
    const chunks = await all(path, { rowsPerChunk })
    expect([task, classes]).toEqual(['classification', ['0', '1']])
    expect(chunks.x).toEqual([...x.data])
    expect(chunks.y).toEqual([...y])
    const whole = Math.floor(100 / rowsPerChunk)
    const rest = 100 % rowsPerChunk
    expect(chunks.rows).toEqual([...Array<number>(whole).fill(rowsPerChunk), ...(rest ? [rest] : [])])
  })

  it('go by a survey, which is plain data', async () => {
    const path = put(mixed)
    const schema = await surveyCsv(path, { target: 'size', features: ['flag', 'kind'] }).catch(String)
    expect(schema).toMatch(/every row has a target; received none in row 1/)
    const options = { target: 'kind', features: ['flag'] }
    await expect(surveyCsv(path, options)).rejects.toThrow(DataError)
    const sound = put(mixed.replaceAll('?', 'iris').replaceAll('\n,', '\n9,'))
    const told = await surveyCsv(sound, options)
    expect(JSON.parse(JSON.stringify(told))).toEqual({
      rows: 100,
      features: [{ name: 'flag' }],
      target: { name: 'kind', categories: ['aster', 'iris', 'rose'] },
      task: 'classification',
      classes: ['aster', 'iris', 'rose'],
      places: [2, 1],
      delimiter: ',',
      header: true,
    })
    const { x, y } = await all(sound, { schema: told, rowsPerChunk: 64 })
    expect(x.slice(0, 4)).toEqual([0, 1, 0, 1])
    expect(y.slice(0, 4)).toEqual([2, 0, 1, 2])
  })

  it('can be gone through again, and left', async () => {
    const chunks = csvChunks(put(mixed), { rowsPerChunk: 30 })
    for (let pass = 0; pass < 3; pass++) {
      for await (const { y } of chunks) {
        expect(y.length).toBe(30)
        break
      }
    }
  })

  it('of a regression hold the numbers of the file', async () => {
    const { y } = await all(put('a,b\n1,2.5\n2,3\n'), {})
    expect(y).toEqual([2.5, 3])
  })

  it('tell where the file does not go by its schema', async () => {
    const path = put('a,b\n1,2\n3,4\n')
    const schema = await surveyCsv(path, { task: 'classification' })
    for (const [text, message] of [
      ['a,b\n1,2\nx,4\n', /words in column "a"/],
      ['a,b\n1,2\n1,5\n', /one of the classes that were found before; received 5/],
      ['b,a\n1,2\n', /received columns b, a/],
      ['a,b\n1,2\n1,\n', /every row has a target/],
    ] as const) {
      await expect(all(put(text), { schema })).rejects.toThrow(message)
      await expect(all(put(text), { schema })).rejects.toThrow(DataError)
    }
    const words = await surveyCsv(put('a,b\nx,2.5\ny,4\n'))
    await expect(all(put('a,b\nz,2\n'), { schema: words })).rejects.toThrow(/"z" in column "a"/)
  })

  it('have a positive number of rows', () => {
    for (const rowsPerChunk of [0, -1, 0.5, NaN]) {
      const iterate = csvChunks('none.csv', { rowsPerChunk })[Symbol.asyncIterator]().next()
      return expect(iterate).rejects.toThrow(ArgumentError)
    }
  })

  it('hold no more memory for a long file than for a short one', async () => {
    const path = join(temporaryFolder({}), 'long.csv')
    const file = createWriteStream(path)
    const block = `${Array.from({ length: 5000 }, (_, i) => `${String(i)}.25,${String(i / 3)},7`).join('\n')}\n`
    for (let i = 0; i < 160; i++) if (!file.write(block)) await once(file, 'drain')
    file.end()
    await once(file, 'finish')
    let rows = 0
    let most = 0
    for await (const { x } of csvChunks(path, { task: 'regression', rowsPerChunk: 1000 })) {
      rows += x.shape[0]!
      if (rows % 100_000 === 0) most = Math.max(most, process.memoryUsage().arrayBuffers)
    }
    expect(rows).toBe(800_000)
    expect(most).toBeLessThan(60e6)
    expect((await readTable(path, { features: [0] })).shape).toEqual([800_000, 1])
  })
})
