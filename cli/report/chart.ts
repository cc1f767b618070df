import { html, type Html } from '../../proxy/html.ts'
import { spellCount } from './spell.ts'

/** A value for each part of a period, one colour (a class of the style sheet) each; they are stacked in this order. */
export type Series = { readonly name: string; readonly className: string; readonly values: readonly number[] }

/** Width of one part in the plot's own units: the plot is stretched to the page. */
const WIDTH = 10
const HEIGHT = 100

/** The end of a scale: a round number that is not below `value` and whose half is round as well. */
export const roundUp = (value: number): number => {
  if (value <= 10) return Math.max(2, 2 * Math.ceil(value / 2))
  const power = 10 ** Math.floor(Math.log10(value))
  return [1, 2, 3, 4, 5, 6, 8, 10].map(factor => factor * power).find(candidate => candidate >= value)!
}

/** Stacked bars over time. The labels are text of the page, so that they keep their size on a small screen. */
export const barChart = (
  title: string,
  parts: readonly string[],
  series: readonly Series[],
  spell: (value: number) => string = spellCount,
): Html => {
  const totals = parts.map((_, index) => series.reduce((sum, { values }) => sum + values[index]!, 0))
  const top = roundUp(Math.max(...totals, 0))
  return html`<figure>
    <figcaption>
      ${title}
      <span class="legend"
        >${series.map(({ name, className }) => html`<span><i class="${className}"></i>${name}</span> `)}</span
      >
    </figcaption>
    <div class="plot">
      <div class="scale" aria-hidden="true"><span>${spell(top)}</span><span>${spell(top / 2)}</span><span>0</span></div>
      <svg
        role="img"
        aria-label="${title}: ${describe(parts, totals, spell)}"
        viewBox="0 0 ${parts.length * WIDTH} ${HEIGHT}"
        preserveAspectRatio="none"
      >
        ${[0.5, 50, 99.5].map(y => html`<line class="grid" x1="0" x2="${parts.length * WIDTH}" y1="${y}" y2="${y}" />`)}
        ${parts.map((part, index) => column(part, index, series, top, spell))}
      </svg>
      <div class="axis" aria-hidden="true">${axisLabels(parts).map(label => html`<span>${label}</span>`)}</div>
    </div>
  </figure>`
}

/** What the plot says to who cannot see it; the table of the numbers follows it. */
const describe = (parts: readonly string[], totals: readonly number[], spell: (value: number) => string): string => {
  const most = Math.max(...totals, 0)
  if (most === 0) return 'nothing in this time'
  return `at most ${spell(most)}, at ${parts[totals.indexOf(most)]}`
}

const column = (
  part: string,
  index: number,
  series: readonly Series[],
  top: number,
  spell: (value: number) => string,
): Html => {
  let y = HEIGHT
  const bars = series.map(({ className, values }) => {
    const height = (values[index]! / top) * HEIGHT
    y -= height
    return height === 0
      ? html``
      : html`<rect class="${className}" x="${index * WIDTH + 1}" y="${cut(y)}" width="8" height="${cut(height)}" />`
  })
  const told = series.map(({ name, values }) => `${name} ${spell(values[index]!)}`).join(', ')
  return html`<g>
    <title>${part}: ${told}</title>
    <rect class="hit" x="${index * WIDTH}" y="0" width="${WIDTH}" height="${HEIGHT}" />${bars}
  </g>`
}

const cut = (value: number): string => value.toFixed(2)

/** The first part, the last one, and some evenly between. */
const axisLabels = (parts: readonly string[]): readonly string[] => {
  const count = Math.min(parts.length, 4)
  if (count < 2) return parts
  return Array.from({ length: count }, (_, index) => parts[Math.round((index * (parts.length - 1)) / (count - 1))]!)
}

/** A line of small bars: what was let out above, what was stopped below the middle. */
export const sparkline = (label: string, course: readonly (readonly [number, number])[]): Html => {
  const top = Math.max(...course.flat(), 1)
  const bar = (value: number, index: number, className: string, y: number): Html =>
    value === 0
      ? html``
      : html`<rect
          class="${className}"
          x="${index * 4}"
          y="${cut(y)}"
          width="3"
          height="${cut(barHeight(value, top))}"
        />`
  return html`<svg
    class="spark"
    role="img"
    aria-label="${label}"
    viewBox="0 0 ${course.length * 4} 32"
    preserveAspectRatio="none"
  >
    <line class="grid" x1="0" x2="${course.length * 4}" y1="16" y2="16" />
    ${course.map(
      ([letOut, stopped], index) =>
        html`${bar(letOut, index, 'out', 16 - barHeight(letOut, top))}${bar(stopped, index, 'stopped', 16)}`,
    )}
  </svg>`
}

/** Of 15 units; the smallest value is still to be seen. */
const barHeight = (value: number, top: number): number => Math.max(1, (15 * value) / top)

/** One bar from the left: two shares of the largest row. */
export const shareBar = (letOut: number, stopped: number, largest: number): Html => {
  const scale = 100 / Math.max(largest, 1)
  return html`<svg class="share" aria-hidden="true" viewBox="0 0 100 10" preserveAspectRatio="none">
    <rect class="out" x="0" y="0" width="${cut(letOut * scale)}" height="10" />
    <rect class="stopped" x="${cut(letOut * scale)}" y="0" width="${cut(stopped * scale)}" height="10" />
  </svg>`
}
