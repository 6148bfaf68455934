// The page that holds a report: one file without scripts, fonts, or anything from the network, and a policy that forbids all of
// these to whatever might have got in.
import { createHash } from 'node:crypto'
import { html, Markup, type Content } from './html.js'
import { darkPlotRules, pageColors } from './theme.js'

/** The style rules of all reports. */
export const rules = `
:root{color-scheme:light dark;${pageColors('light')}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
main,header,footer{max-width:1120px;margin:0 auto;padding:0 20px}
header{padding-top:32px}
h1{font-size:1.9rem;line-height:1.2;margin:0;overflow-wrap:anywhere}
h2{font-size:1.25rem;margin:40px 0 12px;padding-bottom:6px;border-bottom:1px solid var(--grid)}
h3{font-size:1rem;margin:20px 0 8px}
p{margin:8px 0;max-width:75ch;overflow-wrap:anywhere}
.quiet,figcaption,dt,footer{color:var(--muted)}
.quiet,figcaption,footer{font-size:.875rem}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:20px 0}
.tile{border:1px solid var(--grid);border-radius:10px;padding:12px 14px}
.tile b{display:block;font-size:1.5rem;line-height:1.25;font-weight:600;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.tile span{color:var(--muted);font-size:.8125rem;display:block}
.plots{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,440px),1fr));gap:20px 28px}
figure{margin:0;min-width:0}
figcaption{margin-top:4px;max-width:75ch;overflow-wrap:anywhere}
figure>svg,.plot>svg{display:block;width:100%;height:auto;max-width:560px}
.big{overflow-x:auto}
.big>svg{display:block;width:100%;height:auto;min-width:620px;max-width:860px}
.scroll{overflow-x:auto;background:linear-gradient(to right,var(--paper) 40%,transparent) left/36px 100% local no-repeat,linear-gradient(to left,var(--paper) 40%,transparent) right/36px 100% local no-repeat,linear-gradient(to right,var(--grid),transparent) left/12px 100% no-repeat,linear-gradient(to left,var(--grid),transparent) right/12px 100% no-repeat}
table{border-collapse:collapse;font-size:.875rem;font-variant-numeric:tabular-nums;min-width:min(100%,420px)}
th,td{text-align:left;padding:5px 18px 5px 0;border-bottom:1px solid var(--grid);vertical-align:top}
th{color:var(--muted);font-weight:500;vertical-align:bottom}
td{overflow-wrap:break-word;max-width:28ch}
.number{text-align:right}td.number{white-space:nowrap}
dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,300px),1fr));gap:6px 28px;margin:8px 0;font-size:.9375rem}
dl>div{display:grid;grid-template-columns:minmax(110px,2fr) 3fr;gap:10px;border-bottom:1px solid var(--grid);padding:3px 0}
dd{margin:0;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}
pre span{display:inline-block;max-width:100%}
pre{background:var(--code);border:1px solid var(--grid);border-radius:8px;padding:10px 14px;margin:8px 0;white-space:pre-wrap;overflow-wrap:anywhere;font:.875rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
.hint{border-left:4px solid var(--orange);padding:4px 14px;margin:12px 0}
.mistakes{display:grid;grid-template-columns:repeat(auto-fill,minmax(96px,1fr));gap:14px 12px;margin:12px 0;padding:0;list-style:none}
.mistakes li{font-size:.8125rem;line-height:1.35;min-width:0;overflow-wrap:anywhere}
.mistakes img{display:block;width:100%;height:auto;max-width:112px;border:1px solid var(--grid);border-radius:4px;image-rendering:pixelated;margin-bottom:4px}
.mistakes .wrong{color:var(--orange)}
.sheet{display:block;width:100%;max-width:640px;height:auto;image-rendering:pixelated;border:1px solid var(--grid);border-radius:6px}
details{margin:14px 0}summary{cursor:pointer;color:var(--muted)}
footer{margin-top:48px;padding-bottom:32px}
:root{--code:#f6f8fa}
@media screen and (prefers-color-scheme:dark){:root{${pageColors('dark')};--code:#1a2029}${darkPlotRules()}}
@media (max-width:480px){th,td{padding-right:10px}table{font-size:.8125rem}td.number{white-space:normal}main,header,footer{padding:0 16px}header{padding-top:20px}h1{font-size:1.5rem}.tiles{grid-template-columns:1fr 1fr}.stacked thead{display:none}.stacked tr{display:block;border-bottom:1px solid var(--grid);padding:6px 0}.stacked td{display:grid;grid-template-columns:minmax(110px,2fr) 3fr;gap:10px;border:0;padding:1px 0;max-width:none;text-align:left}.stacked td:empty{display:none}.stacked td::before{content:attr(data-name);color:var(--muted)}.mistakes{grid-template-columns:repeat(auto-fill,minmax(84px,1fr))}}
@media print{:root{color-scheme:light}body{font-size:11pt}main,header,footer{max-width:none;padding:0}.plots{grid-template-columns:1fr 1fr}figure,tr,.hint,.tile,.mistakes li{break-inside:avoid}h2,h3,section>p{break-after:avoid}thead{display:table-header-group}.scroll,.big{overflow:visible;background:none}.big>svg{min-width:0}}
`.replace(/\n/g, '')

/** The page as the text of an HTML file. @param title of the document. */
export function page(title: string, header: Content, sections: readonly Content[], footer: Content): string {
  const digest = createHash('sha256').update(rules).digest('base64')
  const policy = `default-src 'none'; style-src 'sha256-${digest}'; img-src data:; base-uri 'none'; form-action 'none'`
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${new Markup(policy)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <title>${title}</title>
        ${new Markup(`<style>${rules}</style>`)}
      </head>
      <body>
        <header>${header}</header>
        <main>${sections}</main>
        <footer>${footer}</footer>
      </body>
    </html> `.text
}

/** A part of the report under a heading. */
export function section(heading: string, ...content: Content[]): Markup {
  return html`<section>
    <h2>${heading}</h2>
    ${content}
  </section> `
}
