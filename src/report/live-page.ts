// The page that shows a run while it goes on. What it consists of comes from live.ts; its script, watch-page.ts of src/web, puts
// changed parts in place.
import { html, Markup } from './html.js'
import { rules } from './page.js'

/** Style rules of the page, for `/report.css`. */
export const liveRules = `${rules}
progress{width:100%;height:8px;accent-color:var(--blue)}
#lost{color:var(--orange)}#lost[hidden]{display:none}`

/** The page with the parts as they are; later ones arrive as events. @param parts HTML by name. */
export function livePage(title: string, parts: ReadonlyMap<string, string>): string {
  const places = Array.from(parts, ([name, text]) => html`<div data-part="${name}">${new Markup(text)}</div>`)
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <link rel="stylesheet" href="/report.css" />
        <link rel="icon" href="data:," />
        <script type="module" src="/watch.js"></script>
      </head>
      <body>
        <header>
          <p id="lost" hidden>
            The run cannot be reached: it has ended, or was ended. What stands here is what was last known.
          </p>
        </header>
        <main>${places}</main>
      </body>
    </html> `.text
}

/** The body of a report's page. */
export function bodyOf(report: string): string {
  const start = report.indexOf('<body>') + '<body>'.length
  return report.slice(start, report.lastIndexOf('</body>'))
}
