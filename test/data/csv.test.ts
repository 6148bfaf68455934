// Tables: what is found by looking, what values come out, and what is refused.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { ArgumentError, DataError, FormatError } from '../../src/core/errors.js'
import { readCsv, readTable, type CsvOptions } from '../../src/data/csv.js'
import { temporaryFolder } from './idx-bytes.js'

function put(content: string | Uint8Array): string {
  const path = join(temporaryFolder({}), 'table.csv')
  writeFileSync(path, content)
  return path
}

const table = (content: string | Uint8Array, options = {}) => readTable(put(content), options)
const namesOf = async (content: string) => (await table(content)).columns.map(({ name }) => name)

describe('a table', () => {
  it('is float32 with names, sorted categories, and NaN for what is missing', async () => {
    const text = 'size,kind,place\n1.5,rose,1\n,Aster,2\n-2e3,äpfel,\n?,rose,NA\nnull,,NaN\n4,N/A,nan\n'
    const { data, shape, columns } = await table(text)
    expect(shape).toEqual([6, 3])
    expect(columns).toEqual([
      { name: 'size' },
      { name: 'kind', categories: ['Aster', 'rose', 'äpfel'] },
      { name: 'place' },
    ])
    expect([...data]).toEqual([
      ...[1.5, 1, 1, NaN, 0, 2, -2000, 2, NaN],
      ...[NaN, 1, NaN, NaN, NaN, NaN, 4, NaN, NaN],
    ])
  })

  it.each([
    ['commas', ','],
    ['semicolons', ';'],
    ['tabs', '\t'],
    ['bars', '|'],
  ])('may have %s, also where others stand in quotes', async (_, delimiter) => {
    const others = [',', ';', '\t', '|'].filter((other) => other !== delimiter).join('')
    const rows = [
      ['a', 'b', 'c'],
      ['1', '2', `"x${others}"`],
      ['3', '', `"y""\n${delimiter}"`],
      ['5', '6', 'z'],
    ]
    const { data, columns } = await table(rows.map((row) => `${row.join(delimiter)}\n`).join(''))
    expect(columns[2]!.categories).toEqual([`x${others}`, `y"\n${delimiter}`, 'z'])
    expect([...data]).toEqual([1, 2, 0, 3, NaN, 1, 5, 6, 2])
  })

  it.each([
    ['CRLF', 'a,b\r\n1,2\r\n3,4\r\n'],
    ['CR', 'a,b\r1,2\r3,4\r'],
    ['no end of the last line', 'a,b\n1,2\n3,4'],
    ['a byte order mark', '\ufeffa,b\n1,2\n3,4\n'],
    ['blank lines', '\n\na,b\n\n1,2\n  \r\n3,4\n\n\n'],
    ['spaces', ' a , b \n 1 ,  2\n3  , 4  \n'],
    ['quotes', '"a","b"\n"1","2"\n"3",4\n'],
    ['a quoted name with a line end', '"a",b\n1,2\n"3",4\n'],
    ['fifteen digits and more', 'a,b\n1.00000000000000000000,2\n3,4.0000000000000000000000001\n'],
  ])('may be written with %s', async (_, text) => {
    for (const content of [text, gzipSync(text)]) {
      const { data, shape, columns } = await table(content)
      expect([columns.map(({ name }) => name), shape, [...data]]).toEqual([
        ['a', 'b'],
        [2, 2],
        [1, 2, 3, 4],
      ])
    }
  })

  it('has names if the first record looks so', async () => {
    expect(await namesOf('1,2\n3,4\n')).toEqual(['column_0', 'column_1'])
    expect(await namesOf('x,1\ny,2\n')).toEqual(['column_0', 'column_1'])
    expect(await namesOf(',b\n1,2\n')).toEqual(['column_0', 'b'])
    expect(await namesOf('a,b,a,a\n1,2,3,4\n')).toEqual(['a', 'b', 'a.1', 'a.2'])
    expect(await namesOf('hat,odour\nflat,none\nflat,foul\n')).toEqual(['hat', 'odour'])
    expect(await namesOf('flat,none\nflat,foul\nround,none\n')).toEqual(['column_0', 'column_1'])
    expect(await namesOf('label,0,1\n1,2,3\n')).toEqual(['label', '0', '1'])
    expect(await namesOf('label,1,2\n1,2,3\n')).toEqual(['label', '1', '2'])
    expect(await namesOf('rose,5,2\n1,2,3\n')).toEqual(['column_0', 'column_1', 'column_2'])
    expect(await namesOf('NA,rose\n1,rose\n')).toEqual(['column_0', 'column_1'])
    expect((await table('1,2\n3,4\n', { header: true })).columns).toEqual([{ name: '1' }, { name: '2' }])
    expect((await table('a,b\n3,4\n', { header: false })).shape).toEqual([2, 2])
  })

  it('has a column of words wherever a word stands, however far below', async () => {
    const lines = Array.from({ length: 30000 }, (_, i) => `${String(i % 3)}.0,${String(i)}`)
    lines[20000] = 'late,5'
    const { data, columns } = await table(`a,b\n${lines.join('\n')}\n`)
    expect(columns).toEqual([{ name: 'a', categories: ['0.0', '1.0', '2.0', 'late'] }, { name: 'b' }])
    expect([...data.subarray(39998, 40004)]).toEqual([1, 19999, 3, 5, 0, 20001])
  })

  it('rounds a decimal number to float64 and that to float32', async () => {
    const texts = [
      '0.1',
      '16777217',
      '1e-45',
      '8.325200000000001',
      '1.00000005960464477539',
      '123456789012345678e-30',
    ]
    const { data } = await table(texts.map((text) => `${text},0\n`).join(''))
    expect([...data].filter((_, i) => i % 2 === 0)).toEqual(texts.map((text) => Math.fround(Number(text))))
  })

  it('gives the chosen columns in the order asked for, by name or place', async () => {
    const text = 'a,b,0\n1,2,3\n4,5,6\n'
    const options = (features: (string | number)[]) => ({ features })
    expect([...(await table(text, options(['b', 'a']))).data]).toEqual([2, 1, 5, 4])
    expect([...(await table(text, options([1]))).data]).toEqual([2, 5])
    expect((await table(text, options([-2, '0']))).columns.map(({ name }) => name)).toEqual(['b', '0'])
  })

  it.each([
    ['c', /its name \(a, b\).*received "c"/],
    [2, /received 2/],
    [-3, /received -3/],
    [0.5, /received 0.5/],
  ])('has no column %j', async (feature, message) => {
    const failed = table('a,b\n1,2\n', { features: [feature] })
    await expect(failed).rejects.toThrow(ArgumentError)
    await expect(failed).rejects.toThrow(message)
  })

  it.each<[string, string | Uint8Array, RegExp]>([
    ['nothing', '', /at least one row; received no line/],
    ['blank lines only', '\n \n', /at least one row/],
    ['names only', 'a,b\n', /received names of columns only/],
    ['a long row', 'a,b\n1,2\n1,2,3\n', /has 2 values, as the first one; received 3 values in line 3/],
    ['a short row', 'a,b\n"x",2\n\n1\n', /received 1 values in line 4/],
    ['an open quote', 'a,b\n"1,2\n3,4\n', /Quote Not Closed/],
    ['a quote within', 'a,b\n1,2\n3,4"5"\n', /Invalid Opening Quote/],
    ['NUL', 'a,b\n1,2\n3,4\0\n', /received NUL bytes/],
    ['no UTF-8', Buffer.from('a,b\n1,2\n\xe4,3\n', 'latin1'), /received bytes that are no UTF-8/],
    ['UTF-16 with a mark', Buffer.from('\ufeffa,b\n1,2\n', 'utf16le'), /received UTF-16/],
    ['UTF-16 without one', Buffer.from('a,b\n1,2\n', 'utf16le'), /received NUL bytes/],
    ['a cut gzip file', gzipSync('a,b\n1,2\n'.repeat(9)).subarray(0, 20), /a gzip file is whole/],
    ['one endless line', new Uint8Array(17 << 20).fill(0x31), /a line of a table has at most 16777216 bytes/],
    [
      'an endless line in gzip',
      gzipSync(new Uint8Array(40 << 20).fill(0x2c)),
      /a line of a table has at most/,
    ],
  ])('is refused with %s', async (_, content, message) => {
    const failed = table(content)
    await expect(failed).rejects.toThrow(message)
    await expect(failed).rejects.toMatchObject({ code: expect.stringMatching(/ERR_(FORMAT|DATA)/) as string })
  })

  it.each(['inf', '-Infinity', '1e39', '-1e400'])('is refused with %s among numbers', async (cell) => {
    const failed = table(`a,b\n1,2\n3,${cell}\n`)
    await expect(failed).rejects.toThrow(DataError)
    await expect(failed).rejects.toThrow(`"${cell}" in line 3, column "b"`)
  })

  it('is refused with more words than categories may be', async () => {
    const words = Array.from({ length: 65537 }, (_, i) => `w${String(i)},1\n`).join('')
    await expect(table(words)).rejects.toThrow(
      /at most 65536 different ones; received more in column "column_0"/,
    )
    expect((await table(words, { features: [1] })).shape).toEqual([65537, 1])
  })

  it('is refused with another delimiter', async () => {
    await expect(table('a b\n1 2\n', { delimiter: ' ' })).rejects.toThrow(ArgumentError)
  })
})

describe('a target', () => {
  const read = (text: string, options: CsvOptions = {}) => readCsv(put(text), options)

  it('is the last column, or that called label or target', async () => {
    expect((await read('a,b\n1,2.5\n3,4\n')).targetName).toBe('b')
    expect((await read('Label,b\n1,2.5\n3,4\n')).targetName).toBe('Label')
    expect((await read('a,target,b\n1,2,3\n3,4,5\n')).targetName).toBe('target')
    expect((await read('a,b\n1,2\n', { target: 'a' })).targetName).toBe('a')
    const { x, y } = await read('a,b,c\n1,2,3\n4,5,6\n', { target: 1, features: ['c'] })
    expect([x.shape, [...x.data], [...y]]).toEqual([
      [2, 1],
      [3, 6],
      [2, 5],
    ])
  })

  it('is for classification where it holds words', async () => {
    const { task, y, classes } = await read('1,rose\n2,aster\n3,rose\n')
    expect([task, [...y], classes]).toEqual(['classification', [1, 0, 1], ['aster', 'rose']])
    await expect(read('1,rose\n2,aster\n', { task: 'regression' })).rejects.toThrow(
      /words in column "column_1", such as/,
    )
  })

  it('is for classification where it holds few whole numbers, each often', async () => {
    const few = (different: number, rows: number) =>
      read(Array.from({ length: rows }, (_, i) => `1,${String(2 * (i % different) - 3)}\n`).join(''))
    const { task, y, classes } = await few(3, 15)
    expect(task).toBe('classification')
    expect([...y.subarray(0, 4)]).toEqual([0, 1, 2, 0])
    expect(classes).toEqual(['-3', '-1', '1'])
    expect((await few(3, 14)).task).toBe('regression')
    expect((await few(20, 100)).task).toBe('classification')
    expect((await few(21, 1000)).task).toBe('regression')
    const fractions = await read(`1,2.5\n${'1,3\n'.repeat(20)}`)
    expect([fractions.task, fractions.y[0], fractions.classes]).toEqual(['regression', 2.5, undefined])
  })

  it('is for what the option says', async () => {
    const options = { task: 'classification' } as const
    expect(await read('1,2.5\n2,1\n', options)).toMatchObject({
      classes: ['1', '2.5'],
      y: Int32Array.of(1, 0),
    })
    expect((await read('1,1\n'.repeat(9), { task: 'regression' })).y).toEqual(new Float32Array(9).fill(1))
    await expect(read('1,2\n', { task: 'ranking' as 'regression' })).rejects.toThrow(ArgumentError)
  })

  it('is there in every row, and is no feature', async () => {
    await expect(read('1,2\n3,\n')).rejects.toThrow(/every row has a target; received none in row 2/)
    await expect(read('a,b\n1,2\n', { features: ['a', 'b'] })).rejects.toThrow(/"b" as target too/)
    await expect(read('a,b,c\n1,2,3\n', { features: ['a', 'a'] })).rejects.toThrow(/"a" twice/)
    await expect(read('a\n1\n')).rejects.toThrow(/received none/)
  })

  it('is of the right type of error for what is no file of text', async () => {
    await expect(readCsv(put(Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0)))).rejects.toThrow(FormatError)
  })
})
