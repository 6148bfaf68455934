// The report of a run as Markdown, for a pull request or a terminal: the same figures, without pictures in the text.
import { confusions, describeTraining, figureRows, furtherRows, headline, partsOf } from './run-figures.js'
import { count, duration, escapeMarkdown as safe, percent, several } from './text.js'
import type { RunRecord } from './run.js'

/** Classes that the table of classes tells; beyond, the worst. */
const mostClasses = 20

/** The whole text. @param pictures paths of the PNG files, relative to the text, that are linked at its end. */
export function runMarkdown(run: RunRecord, pictures: readonly string[]): string {
  const { data, model } = run
  return (
    [
      `# ${safe(run.title)}`,
      headline(run)
        .map(
          ({ name, value, note }) =>
            `- **${safe(name)}**: ${safe(value)}${note === undefined ? '' : ` (${safe(note)})`}`,
        )
        .join('\n'),
      ...run.hints.map(
        ({ message, remedy }) => `> ${safe(message)}${remedy === undefined ? '' : ` ${safe(remedy)}`}`,
      ),
      '## Results',
      markdownTable(
        [
          '',
          ...partsOf(run).map(({ name, rows }) => `${name} (${several(rows, 'row')})`),
          ...(run.intervals === undefined ? [] : ['95 % interval (test)']),
        ],
        figureRows(run),
      ),
      ...further(run),
      ...classes(run),
      ...mixedUp(run),
      '## Training',
      describeTraining(run).map(safe).join(' '),
      '## Model',
      markdownTable(
        ['layer', 'kind', 'output shape', 'parameters'],
        [
          ...model.layers.map(({ name, kind, outputShape, parameters }) => [
            name,
            kind,
            outputShape.join(' × '),
            count(parameters),
          ]),
          ['total', '', '', count(model.parameters)],
        ],
      ),
      '## Data, settings, machine',
      [
        ['data', `${data.name}, samples of ${data.sampleShape.join(' × ')}`] as const,
        ...run.settings,
        ...run.timing.map(([what, seconds]) => [what, duration(seconds)] as const),
        ...run.environment,
      ]
        .map(([name, value]) => `- ${safe(name)}: ${safe(value)}`)
        .join('\n'),
      'To run it again:',
      run.command
        .split('\n')
        .map((line) => `    ${line}`)
        .join('\n'),
      ...(pictures.length === 0
        ? []
        : [
            pictures
              .map((path) => `![${safe(path.replace(/^.*\/|\.png$/g, '').replaceAll('_', ' '))}](${path})`)
              .join('\n'),
          ]),
    ].join('\n\n') + '\n'
  )
}

function further(run: RunRecord): string[] {
  const more = furtherRows(run)
  return more.length === 0
    ? []
    : [more.map(([name, value]) => `${safe(name)} ${safe(value)}`).join(', ') + '.']
}

function classes({ figures: { test } }: RunRecord): string[] {
  const { perClass = [] } = test
  if (perClass.length === 0) return []
  const few = perClass.length <= mostClasses
  const told = few ? perClass : [...perClass].sort((a, b) => a.f1 - b.f1).slice(0, mostClasses)
  const rows = told.map(({ label, precision, recall, f1, support }) => [
    String(label),
    percent(precision),
    percent(recall),
    percent(f1),
    count(support),
  ])
  return [
    few
      ? '### By class'
      : `### The ${count(mostClasses)} classes with the lowest F1, of ${count(perClass.length)}`,
    markdownTable(['class', 'precision', 'recall', 'F1', 'test rows'], rows),
  ]
}

function mixedUp({ classification }: RunRecord): string[] {
  const most = classification === undefined ? [] : confusions(classification, 5)
  if (most.length === 0) return []
  const rows = most.map(({ actual, predicted, rows: number, share }) => [
    String(actual),
    String(predicted),
    count(number),
    percent(share),
  ])
  return [
    '### Most frequent confusions',
    markdownTable(['true class', 'taken for', 'test rows', 'of the class'], rows),
  ]
}

function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(safe).join(' | ')} |`
  return [
    line(header),
    `| ${header.map((_, i) => (i === 0 ? '---' : '---:')).join(' | ')} |`,
    ...rows.map(line),
  ].join('\n')
}
