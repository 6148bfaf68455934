// Results as aligned columns for people. A table is
//   { id, title, note?, records, rows: [[label, field or function]…], across?: field or function, cells: [[label, function]…] }
// `records` are flat objects, and are all that the JSON form keeps. Without `across` each record is a line; with it, records that
// have the same row labels share a line, side by side under what `across` gives.

/** The table as text. */
export function formatTable({ title, note, records, rows, across, cells }) {
  const read = (field, record) => String(typeof field === 'function' ? field(record) : (record[field] ?? ''))
  const groups = across === undefined ? [''] : [...new Set(records.map((record) => read(across, record)))]
  const lines = new Map()
  records.forEach((record, i) => {
    const labels = rows.map(([, field]) => read(field, record))
    const key = across === undefined ? String(i) : labels.join('\t')
    if (!lines.has(key)) lines.set(key, { labels, places: groups.map(() => undefined) })
    lines.get(key).places[across === undefined ? 0 : groups.indexOf(read(across, record))] = record
  })
  const heads = groups.flatMap((group) => cells.map(([label]) => [group, label].filter(Boolean).join(' ')))
  const body = [...lines.values()].map(({ labels, places }) => [
    ...labels,
    ...places.flatMap((record) =>
      cells.map(([, cell]) => (record === undefined ? '' : String(cell(record)))),
    ),
  ])
  const header = [...rows.map(([label]) => label), ...heads]
  const widths = header.map((head, c) => Math.max(...[head, ...body.map((line) => line[c])].map(width)))
  const align = (line) =>
    line
      .map((text, c) => {
        const space = ' '.repeat(widths[c] - width(text))
        return c < rows.length ? text + space : space + text
      })
      .join('  ')
      .trimEnd()
  const rule = widths.map((size) => '─'.repeat(size)).join('  ')
  return [title, ...(note === undefined ? [] : [note]), '', align(header), rule, ...body.map(align)].join(
    '\n',
  )
}

/** Characters as they are counted on a terminal. */
function width(text) {
  return [...text].length
}

/** Three significant digits, thousands grouped: `38.2`, `1.05`, `152,000`. */
export function number(value) {
  if (value === undefined || Number.isNaN(value)) return '–'
  if (Math.abs(value) >= 1000) {
    const unit = 10 ** (Math.floor(Math.log10(Math.abs(value))) - 2)
    return (Math.round(value / unit) * unit).toLocaleString('en-US')
  }
  return value.toPrecision(3)
}

/** Median and quartiles: `38.2 (37.9–38.4)`. */
export function spread({ median, p25, p75 }, show = number) {
  return `${show(median)} (${show(p25)}–${show(p75)})`
}

/** `82 %` */
export function percent(share) {
  return share === undefined ? '–' : `${(100 * share).toFixed(0)} %`
}
