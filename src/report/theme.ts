// The colours of plots and pages. Series colours are those of Okabe and Ito (Color Universal Design, 2008), which people with
// any kind of colour vision tell apart. Plots are drawn in the light colours; style rules turn them into the dark ones where
// a reader prefers those, so that one drawing serves both, and PNG files too.

/** Light and dark form of each colour. No light colour is used for two purposes: the rules find them by their value. */
const colors = {
  ink: ['#1f2328', '#e8edf2'],
  muted: ['#59636e', '#9aa5b1'],
  line: ['#8c959f', '#6b7684'],
  grid: ['#e4e8ec', '#2b333d'],
  paper: ['#ffffff', '#12161c'],
  blue: ['#0072b2', '#5bb3f0'],
  orange: ['#d55e00', '#ff9147'],
  green: ['#009e73', '#34c79b'],
  purple: ['#b8578f', '#e7a3c8'],
  yellow: ['#c98a00', '#f2b93b'],
  sky: ['#3a9bd0', '#8fd0f5'],
} as const

export type ColorName = keyof typeof colors

/** A colour as it is drawn, on paper. */
export function color(name: ColorName): string {
  return colors[name][0]
}

/** Colours for several series, in the order in which they are given out. */
export const seriesColors: readonly ColorName[] = ['blue', 'orange', 'green', 'purple', 'yellow', 'sky']

/** Style rules that give plots within `svg` elements their dark colours. */
export function darkPlotRules(): string {
  return Object.values(colors)
    .flatMap(([light, dark]) => [
      `svg [fill="${light}"]{fill:${dark}}`,
      `svg [stroke="${light}"]{stroke:${dark}}`,
    ])
    .join('')
}

/** Declarations of the page's own colours, `--ink:#1f2328;…`. */
export function pageColors(mode: 'light' | 'dark'): string {
  const index = mode === 'light' ? 0 : 1
  return Object.entries(colors)
    .map(([name, pair]) => `--${name}:${pair[index]}`)
    .join(';')
}

/**
 * A plot that changes to dark colours by itself where its reader prefers them, for a page of your own.
 * @param svg as the plotting functions give it, in light colours.
 */
export function adaptive(svg: string): string {
  const style = `<style>@media screen and (prefers-color-scheme: dark){${darkPlotRules()}}</style>`
  return svg.replace(/<svg[^>]*>/, (tag) => tag + style)
}
