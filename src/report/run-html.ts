// The report of a run as an HTML page.
import { drawn, html, pairs, table, words, type Content, type Markup } from './html.js'
import { page, section } from './page.js'
import { dataUrl, firstLayerPng, picturePng } from './pictures.js'
import { confusions, describeTraining, figureRows, furtherRows, headline, partsOf } from './run-figures.js'
import type { Plot } from './run-plots.js'
import { count, duration, figure, percent, several } from './text.js'
import type { Mistake, RunHead, RunRecord } from './run.js'

/** Classes up to which the table of classes is shown unfolded. */
const mostUnfolded = 20

/** The whole page. @param plots as `plotsOf` draws them. */
export function runHtml(run: RunRecord, plots: readonly Plot[]): string {
  const of = (part: Plot['part']) => plots.filter((plot) => plot.part === part)
  return page(
    run.title,
    header(run),
    [
      ...hintsOf(run),
      section('Results', figures(run), gallery(of('results')), ...confusionTable(run), ...classTable(run)),
      ...mistakes(run),
      ...worstRows(run),
      section(
        'Training',
        describeTraining(run).map((sentence) => html`<p>${sentence}</p>`),
        gallery(of('training')),
      ),
      ...optional('Probabilities', of('probabilities')),
      ...startOf(run),
      ...insides(run, of('weights'), of('activations')),
      section('Time and machine', times(run), pairs(run.environment)),
    ],
    html`<p>
      Written ${new Date(run.created).toISOString().slice(0, 16).replace('T', ' ')} UTC by Lanewise. The
      numbers behind this page are in report.json, metrics.json and history.csv beside it.
    </p>`,
  )
}

/** What is known when training begins: model, data, settings. */
export function startOf(run: RunHead): Markup[] {
  return [
    section('Model', model(run)),
    section('Data', data(run)),
    section(
      'Settings',
      pairs(run.settings),
      html`<h3>Run it again</h3>
        <pre>${words(run.command)}</pre>`,
    ),
  ]
}

function header(run: RunRecord): Markup {
  return html`${heading(run)}${tilesOf(headline(run))}`
}

/** Title and a line about the data. */
export function heading({ title, task, data: set }: RunHead): Markup {
  const { name, trainRows, validationRows, testRows } = set
  const validation = validationRows > 0 ? `, ${count(validationRows)} for validation` : ''
  return html`<h1>${title}</h1>
    <p class="quiet">
      ${task === 'classification' ? 'Classification' : 'Regression'} on ${name}: ${count(trainRows)} training
      rows${validation}, ${count(testRows)} test rows.
    </p>`
}

/** A few figures side by side. */
export function tilesOf(tiles: readonly { name: string; value: string; note?: string }[]): Markup {
  return html`<div class="tiles">
    ${tiles.map(
      ({ name, value, note }) =>
        html`<div class="tile"><span>${name}</span><b>${value}</b><span>${note}</span></div>`,
    )}
  </div>`
}

/** @param when under what heading. */
export function hintsOf({ hints: found }: Pick<RunRecord, 'hints'>, when = 'Worth a look'): Markup[] {
  if (found.length === 0) return []
  const told = found.map(
    ({ message, remedy }) =>
      html`<p class="hint">
        ${message}${remedy === undefined ? '' : html`<br /><span class="quiet">${remedy}</span>`}
      </p>`,
  )
  return [section(when, told)]
}

function figures(run: RunRecord): Markup {
  const parts = partsOf(run).map(({ name, rows }) => html`${name}<br />${several(rows, 'row')}`)
  const header = ['', ...parts, ...(run.intervals === undefined ? [] : [html`test<br />95 % interval`])]
  const numbers = header.map((_, i) => i).slice(1)
  const more = furtherRows(run)
  const further =
    more.length === 0
      ? undefined
      : html`<h3>Further figures over the test rows</h3>
          ${pairs(more)}`
  return html`${table(header, figureRows(run), numbers)}${further}`
}

/** Plots side by side, large ones over the whole width. */
export function gallery(plots: readonly Plot[]): Markup | undefined {
  if (plots.length === 0) return undefined
  const small = plots
    .filter(({ big }) => big !== true)
    .map(
      ({ svg, caption }) =>
        html`<figure>
          ${drawn(svg)}
          <figcaption>${caption}</figcaption>
        </figure>`,
    )
  const big = plots
    .filter(({ big: isBig }) => isBig)
    .map(
      ({ svg, caption }) =>
        html`<figure>
          <div class="big">${drawn(svg)}</div>
          <figcaption>${caption}</figcaption>
        </figure>`,
    )
  return html`${big}
    <div class="plots">${small}</div>`
}

function optional(heading: string, plots: readonly Plot[]): Markup[] {
  return plots.length === 0 ? [] : [section(heading, gallery(plots))]
}

function confusionTable({ classification }: RunRecord): Markup[] {
  if (classification === undefined) return []
  const most = confusions(classification)
  if (most.length === 0) return []
  const rows = most.map(({ actual, predicted, rows: number, share }) => [
    actual,
    predicted,
    count(number),
    percent(share),
  ])
  return [
    html`<h3>Most frequent confusions</h3>`,
    table(['true class', 'taken for', 'test rows', 'of the class'], rows, [2, 3]),
  ]
}

function classTable({ figures: { test } }: RunRecord): Markup[] {
  const { perClass = [] } = test
  if (perClass.length === 0) return []
  const rows = perClass.map(({ label, precision, recall, f1, support }) => [
    label,
    percent(precision),
    percent(recall),
    percent(f1),
    count(support),
  ])
  const content = table(['class', 'precision', 'recall', 'F1', 'test rows'], rows, [1, 2, 3, 4])
  const open = perClass.length <= mostUnfolded
  return open
    ? [html`<h3>By class</h3>`, content]
    : [
        html`<details>
          <summary>All ${count(perClass.length)} classes</summary>
          ${content}
        </details>`,
      ]
}

function mistakes({ classification, data: { testRows } }: RunRecord): Markup[] {
  if (classification === undefined || classification.mistakes.length === 0) return []
  const { mistakes: shown, mistakeCount } = classification
  const about = html`<p>
    The model is wrong in ${several(mistakeCount, 'test row')} of ${count(testRows)}
    (${percent(mistakeCount / testRows)}). Here are the ${count(shown.length)} worst: those to whose true
    class it gave the least probability. Rows count from 0.
  </p>`
  const pictured = shown.every(({ picture }) => picture !== undefined)
  return [
    section(
      'Worst mistakes',
      about,
      pictured
        ? html`<ol class="mistakes">
            ${shown.map(tile)}
          </ol>`
        : mistakeTable(shown),
    ),
  ]
}

function tile({ row, actual, predicted, confidence, picture }: Mistake): Markup {
  const { width, height } = picture!
  return html`<li>
    <img
      src="${dataUrl(picturePng(picture!))}"
      width="${width}"
      height="${height}"
      alt="test row ${row}"
    />true <b>${actual}</b><br /><span class="wrong">taken for <b>${predicted}</b></span
    ><br /><span class="quiet">${percent(confidence, 0)} sure<br />row ${row}</span>
  </li>`
}

function mistakeTable(shown: readonly Mistake[]): Markup {
  const rows = shown.map(({ row, actual, predicted, confidence, actualProbability }) => [
    count(row),
    actual,
    predicted,
    percent(confidence),
    percent(actualProbability),
  ])
  return table(
    ['test row', 'true class', 'taken for', 'probability of that', 'of the true class'],
    rows,
    [0, 3, 4],
  )
}

function worstRows({ regression }: RunRecord): Markup[] {
  if (regression === undefined || regression.worst.length === 0) return []
  const rows = regression.worst.map(({ row, actual, predicted }) => [
    count(row),
    ...alike(actual, predicted, predicted - actual),
  ])
  const about = html`<p>The test rows with the largest errors in ${regression.target}. Rows count from 0.</p>`
  return [
    section('Largest errors', about, table(['test row', 'true', 'predicted', 'error'], rows, [0, 1, 2, 3])),
  ]
}

/** Numbers of a row with as many digits behind the point; whole ones have none. */
function alike(...values: number[]): string[] {
  return values.map((value) => figure(value, !values.every(Number.isInteger)))
}

function model({ model: { name, layers, parameters, inputShape } }: RunHead): Content {
  const rows: Content[][] = layers.map((layer) => [
    layer.name,
    layer.kind,
    shape(layer.outputShape),
    count(layer.parameters),
  ])
  return [
    html`<p>
      ${name}: ${several(layers.length, 'layer')}, ${several(parameters, 'parameter')}; each sample has shape
      ${shape(inputShape)}.
    </p>`,
    table(
      ['layer', 'kind', 'output shape', 'parameters'],
      [...rows, ['total', '', '', count(parameters)]],
      [3],
    ),
  ]
}

function shape(dimensions: readonly number[]): string {
  return dimensions.join(' × ')
}

function data({ data: set }: RunHead): Content {
  const { name, source, trainRows, validationRows, testRows, sampleShape, classCounts } = set
  const facts: [string, Content][] = [
    ['Name', name],
    ...(source === undefined ? [] : [['Source', source] as [string, Content]]),
    ['Training rows', count(trainRows)],
    ...(validationRows > 0 ? [['Validation rows', count(validationRows)] as [string, Content]] : []),
    ['Test rows', count(testRows)],
    ['One sample', shape(sampleShape)],
    ...(classCounts === undefined ? [] : [['Classes', count(classCounts.length)] as [string, Content]]),
  ]
  if (classCounts === undefined || classCounts.length === 0) return pairs(facts)
  const rows = classCounts.map(({ label, rows: number }) => [
    label,
    count(number),
    percent(number / trainRows),
  ])
  const counts = table(['class', 'training rows', 'share'], rows, [1, 2])
  return [
    pairs(facts),
    html`<details>
      <summary>Training rows by class</summary>
      ${counts}
    </details>`,
  ]
}

function insides(
  { firstLayer }: RunRecord,
  weights: readonly Plot[],
  activations: readonly Plot[],
): Markup[] {
  const pictures =
    firstLayer === undefined || firstLayer.pictures.length === 0
      ? []
      : [
          html`<h3>First-layer weights</h3>
            <figure>
              <img
                class="sheet"
                src="${dataUrl(firstLayerPng(firstLayer, { transparent: true, scale: 1 }))}"
                alt="Incoming weights of ${firstLayer.pictures.length} units"
              />
              <figcaption>
                What
                ${firstLayer.pictures.length < firstLayer.units ? `${count(firstLayer.pictures.length)} of the ${count(firstLayer.units)} units` : 'each unit'}
                of the first layer look${firstLayer.pictures.length < firstLayer.units ? '' : 's'} for: blue
                pixels raise its value, orange ones lower it. Each picture has its own scale; the units with
                the largest weights come first.
              </figcaption>
            </figure>`,
        ]
  if (pictures.length + weights.length + activations.length === 0) return []
  return [
    section(
      'Inside the model',
      pictures,
      weights.length === 0
        ? undefined
        : html`<h3>Weights</h3>
            ${gallery(weights)}`,
      activations.length === 0
        ? undefined
        : html`<h3>Activations over test rows</h3>
            ${gallery(activations)}`,
    ),
  ]
}

function times({ timing }: RunRecord): Markup {
  return table(
    ['phase', 'time'],
    timing.map(([what, seconds]) => [what, duration(seconds)]),
    [1],
  )
}
