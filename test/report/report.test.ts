import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { buildReport, ReportError, type ReportFiles } from '../../src/report/index.js'
import { inspectPng } from './png.js'
import { classifierRecord, nastyNames, regressionRecord } from './record.js'

const textOf = (files: ReportFiles, path: string) => files.get(path) as string
const classifier = await buildReport(classifierRecord())
const regression = await buildReport(regressionRecord())

describe('the files of a report', () => {
  it('have the names that are promised', () => {
    const pictures = (files: ReportFiles) =>
      [...files.keys()].filter((path) => path.startsWith('performance/')).sort()
    expect(pictures(classifier)).toEqual([
      'performance/accuracy_plot.png',
      'performance/confusion_matrix.png',
      'performance/first_layer_weights.png',
      'performance/loss_curve.png',
      'performance/roc_curve.png',
      'performance/worst_mistakes.png',
    ])
    expect(pictures(regression)).toEqual([
      'performance/loss_curve.png',
      'performance/predicted_vs_true.png',
      'performance/residuals.png',
    ])
    for (const files of [classifier, regression])
      expect([...files.keys()]).toEqual(expect.arrayContaining(['report.html', 'report.md']))
  })

  it('are the same bytes for the same record, also after it was JSON', async () => {
    for (const [record, files] of [
      [classifierRecord(), classifier],
      [regressionRecord(), regression],
    ] as const) {
      const again = await buildReport(JSON.parse(JSON.stringify(record)) as typeof record)
      expect([...again.keys()]).toEqual([...files.keys()])
      for (const [path, content] of files) expect(again.get(path), path).toEqual(content)
    }
  })

  it('hold pictures of a fair size that are not blank', () => {
    for (const files of [classifier, regression]) {
      for (const [path, content] of files) {
        if (typeof content === 'string') continue
        const { width, height, colors, inked } = inspectPng(content)
        const least = path.includes('first_layer') ? 60 : 400
        expect(Math.min(width, height), path).toBeGreaterThan(least)
        expect(Math.max(width, height), path).toBeLessThan(2000)
        expect(colors, path).toBeGreaterThan(20)
        expect(inked, path).toBeGreaterThan(0.01)
      }
    }
  })
})

describe('report.html', () => {
  const page = textOf(classifier, 'report.html')

  it('lets nothing of the user through as markup', () => {
    expect(page).not.toMatch(/<script/i)
    expect(page).not.toMatch(/<img src=x/i)
    expect(page).not.toContain('<b>x</b>')
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
    // Control characters are spelled out, as are those that turn the direction of the text.
    expect(page).not.toMatch(/[\u0000\u001b\u202e]/)
    expect(page).toContain('${7*7} {{7*7}}')
  })

  it('fetches nothing and allows nothing, but for its own style', () => {
    expect(page).not.toMatch(/<(?:link|script|iframe|object|embed|form|base)\b/i)
    expect(page).not.toMatch(/\s(?:href|src|srcset|xlink:href)="(?!data:image\/png;base64,)/i)
    expect(page).not.toMatch(/\sstyle="|\son[a-z]+="/i)
    expect(page).not.toMatch(/url\(|@import/)
    const policy = /http-equiv="Content-Security-Policy"\s+content="([^"]+)"/.exec(page)![1]
    const style = /<style>([^]*?)<\/style>/.exec(page)![1]
    const digest = createHash('sha256').update(style).digest('base64')
    expect(policy).toBe(
      `default-src 'none'; style-src 'sha256-${digest}'; img-src data:; base-uri 'none'; form-action 'none'`,
    )
  })

  it('tells figures with their intervals, the model, the command and the machine', () => {
    for (const heading of [
      'Results',
      'Worst mistakes',
      'Training',
      'Probabilities',
      'Model',
      'Data',
      'Settings',
    ])
      expect(page).toContain(`<h2>${heading}</h2>`)
    expect(page).toMatch(/test accuracy<\/span>\s*<b>70\.00 %<\/b>/)
    expect(page).toMatch(/95 % interval 6\d\.\d\d to 7\d\.\d\d %/)
    expect(page).toContain('dense, 8 units, relu')
    expect(page).toContain('<span>--dataset</span>')
    expect(page).toContain('12,346')
    expect(page).toContain('Weigh it more.')
  })

  it('describes every plot for those who do not see it', () => {
    const plots = page.match(/<svg [^>]*>/g)!
    expect(plots.length).toBeGreaterThanOrEqual(9)
    for (const tag of plots) expect(tag).toMatch(/role="img" aria-label="[^"]{10,}"/)
    for (const tag of page.match(/<img\s[^>]*>/g)!) expect(tag).toMatch(/alt="[^"]+"/)
  })

  it('shows residuals and the largest errors of a regression', () => {
    const other = textOf(regression, 'report.html')
    expect(other).toContain('<h2>Largest errors</h2>')
    expect(other).toContain('predicted house value (100,000 $)')
    expect(other).not.toContain('Worst mistakes')
  })
})

describe('report.md', () => {
  const text = textOf(classifier, 'report.md')

  it('keeps tables whole whatever classes are called', () => {
    const rows = text.split('\n').filter((line) => line.startsWith('|'))
    const bars = (line: string) => line.replaceAll('\\|', '').split('|').length
    const tables = text.split('\n\n').filter((block) => block.startsWith('|'))
    expect(rows.length).toBeGreaterThan(15)
    for (const table of tables) expect(new Set(table.split('\n').map(bars)).size).toBe(1)
    expect(text.replace(/^ {4}.*$/gm, '')).not.toContain('<')
    expect(text).not.toContain('](javascript')
  })

  it('links the pictures', () => {
    expect(text).toContain('![confusion matrix](performance/confusion_matrix.png)')
  })
})

describe('a record', () => {
  it('of another kind or version, or with a part of another form, is refused by name', async () => {
    const record = classifierRecord(['a', 'b'])
    const refused = async (changed: object, message: RegExp) => {
      const attempt = buildReport({ ...record, ...changed })
      await expect(attempt).rejects.toThrow(ReportError)
      await expect(attempt).rejects.toThrow(message)
    }
    await refused({ kind: '__proto__' }, /kind __proto__/)
    await refused({ version: 2 }, /version 2/)
    await refused(
      { history: { ...record.history, epochs: [{ epoch: 1 }] } },
      /record\.history\.epochs\[0\]\.loss is a finite number; received nothing/,
    )
    await refused({ created: 'yesterday' }, /record\.created is a date/)
    await refused({ firstLayer: { ...record.firstLayer, width: 1e6 } }, /a picture has sides of 1 to 1024/)
    await refused({ classification: { ...record.classification, confusion: [[1]] } }, /square/)
  })

  it('with 62 classes has a matrix without numbers, and folds the table of classes', async () => {
    const names = Array.from({ length: 62 }, (_, i) => String.fromCodePoint(65 + i))
    const page = textOf(await buildReport(classifierRecord(names)), 'report.html')
    expect(page).toContain('<summary>All 62 classes</summary>')
    expect(page).toContain('class="big"')
  })

  it('names classes as they are', () => {
    expect(classifierRecord().classification!.classes).toEqual(nastyNames)
  })
})
