// HTML out of template literals: everything that is put in is escaped, except what is markup already.
import { escapeHtml } from './text.js'

/** Text that is markup, and safe. */
export class Markup {
  constructor(readonly text: string) {}
}

export type Content = Markup | string | number | undefined | readonly Content[]

/** Markup with values put in: text and numbers are escaped, markup and lists of it stay, undefined is nothing. */
export function html(parts: TemplateStringsArray, ...values: Content[]): Markup {
  return new Markup(parts.reduce((text, part, i) => text + render(values[i - 1]) + part))
}

/** Plots and pictures that this room has drawn itself. */
export function drawn(svg: string): Markup {
  return new Markup(svg)
}

function render(content: Content): string {
  if (content === undefined) return ''
  if (content instanceof Markup) return content.text
  if (typeof content === 'string' || typeof content === 'number') return escapeHtml(content)
  return content.map(render).join('')
}

/**
 * A table.
 * @param numbers columns, from 0, that are set flush right.
 * @param stacked where the page is narrow, a row becomes a block with a line for each cell: for tables of many columns.
 */
export function table(
  header: readonly Content[],
  rows: readonly (readonly Content[])[],
  numbers: readonly number[] = [],
  stacked = false,
): Markup {
  const cells = (row: readonly Content[], name: 'td' | 'th') =>
    row.map((cell, i) => {
      const scope = name === 'th' ? ' scope="col"' : ''
      const side = numbers.includes(i) ? ' class="number"' : ''
      const told = stacked && name === 'td' ? ` data-name="${render(header[i])}"` : ''
      return new Markup(`<${name}${scope}${side}${told}>${render(cell)}</${name}>`)
    })
  return html`<div class="scroll">
    <table${new Markup(stacked ? ' class="stacked"' : '')}>
      <thead>
        <tr>
          ${cells(header, 'th')}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${cells(row, 'td')}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`
}

/** Names with their values. */
export function pairs(entries: readonly (readonly [string, Content])[]): Markup {
  return html`<dl>
    ${entries.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`
}

/** Words that lines do not break within. */
export function words(text: string): Markup[] {
  return text.split(' ').map((word, i) => html`${i === 0 ? '' : ' '}<span>${word}</span>`)
}
