// The summary as Markdown tables that are readable as they stand: for the terminal and for RESULTS.md.

/** @param details what was run: `summary`, `data` (lines), `machine`, `versions`, `slowSeconds`, `epochs` (texts), `rounds`. */
export function tables({ summary, data, machine, versions, slowSeconds, epochs, rounds, missing }) {
  const training = summary.filter(({ row }) => row !== 'inference' && row !== 'product')
  const product = summary.filter(({ row }) => row === 'product')
  const inference = summary.filter(({ row }) => row === 'inference')
  const parts = []
  if (training.length > 0) {
    parts.push(
      `Training, samples per second, and accuracy (or root mean squared error, in 100,000 $) on the test rows after ` +
        `so many epochs: ${epochs.join(', ')}. The best epoch counts; ${rounds === 1 ? 'one round' : `medians of ${String(rounds)} rounds`}.`,
      grid(training),
    )
    if (training.some(({ cells }) => cells.some(({ limited }) => limited))) {
      parts.push(
        `\\* Ended after ${String(slowSeconds)} s, before it had done its epochs: its speed is that of those seconds, the ` +
          'score what it had then.',
      )
    }
    if (training.some(({ cells }) => cells.some(({ contender }) => contender.startsWith('brain.js')))) {
      parts.push(
        'brain.js trains as it can: one sample at a time, gradient descent with momentum on the squared error; its score is ' +
          'that of 1,000 test rows.',
      )
    }
  }
  if (inference.length > 0) {
    parts.push(
      'Inference of 784-128-10 with the same trained weights, on one thread. Lanewise reads bytes and scales them, the ' +
        'others get float32 rows that are scaled already.',
      grid(inference),
    )
  }
  if (product.length > 0) {
    parts.push(
      'A bare product of square matrices of float32 on one thread; of Lanewise the forward product of a dense layer, as a plan runs it.',
      grid(product),
    )
  }
  const failures = summary.flatMap(({ row, cells }) =>
    cells
      .filter(({ failed }) => failed > 0)
      .map(
        ({ contender, failed, runs, error }) =>
          `${contender} failed on ${row} in ${failed} of ${runs} runs: ${error}`,
      ),
  )
  const lists = [
    ['Data', data],
    ['Machine', machine],
    ['Versions', versions],
    ['Failures', [...new Set(failures)]],
    ['Not installed', missing],
  ]
  for (const [title, lines] of lists)
    if (lines.length > 0) parts.push(`${title}:\n\n${lines.map((line) => `- ${line}`).join('\n')}`)
  return parts.join('\n\n')
}

function grid(columns) {
  const labels = [...new Set(columns.flatMap(({ cells }) => cells.map(({ contender }) => contender)))]
  const lines = labels.map((label) => [
    label,
    ...columns.map((column) =>
      textOf(
        column.cells.find(({ contender }) => contender === label),
        column,
      ),
    ),
  ])
  const ratios = [
    ['Lanewise / best peer, 1 thread', 'oneThread'],
    ['Lanewise / best peer, any threads', 'anyThreads'],
    ['Lanewise revectorized / best peer, any threads', 'revectorized'],
  ]
    .filter(([, kind]) => columns.some((column) => column.ratios[kind] !== undefined))
    .map(([title, kind]) => [title, ...columns.map(({ ratios: all }) => ratioText(all[kind]))])
  return markdown([['', ...columns.map(({ title }) => title)], ...lines, ...ratios])
}

function textOf(cell, { inMicroseconds }) {
  if (cell === undefined) return ''
  if (cell.speed === undefined) return 'failed'
  const speed = inMicroseconds ? (1e6 / cell.speed).toPrecision(3) : thousands(cell.speed)
  const score =
    cell.accuracy !== undefined
      ? ` · ${(cell.accuracy * 100).toFixed(1)} %`
      : cell.rmse !== undefined
        ? ` · ${cell.rmse.toFixed(3)}`
        : ''
  return `${speed}${cell.limited ? '\\*' : ''}${score}`
}

function ratioText(ratio) {
  return ratio === undefined ? '' : `${ratio.ratio.toFixed(2)} (${ratio.peers.join('; ')})`
}

/** Three digits count. */
function thousands(value) {
  return Number(value.toPrecision(3)).toLocaleString('en-US')
}

function markdown(lines) {
  const widths = lines[0].map((_, c) => Math.max(...lines.map((line) => line[c].length)))
  const row = (line) => `| ${line.map((text, c) => text.padEnd(widths[c])).join(' | ')} |`
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`
  return [row(lines[0]), rule, ...lines.slice(1).map(row)].join('\n')
}
