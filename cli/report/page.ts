import { hash } from 'node:crypto'
import type { Figures, Ranking, StoppedField } from '../../log/figures/figures.ts'
import { none, sum, type Ranked } from '../../log/figures/tally.ts'
import { blockReasons } from '../../rules/verdict.ts'
import { barChart, shareBar, sparkline } from './chart.ts'
import { fixed, html, type Html } from '../../proxy/html.ts'
import { spellCount, spellOctets, spellShare, spellTime } from './spell.ts'
import { style } from './style.ts'

/** How many rows a table shows; the others are summed up in one. */
const MOST_ROWS = 25

/** Loads nothing, runs nothing: the one style sheet is named by its hash. */
const policy = `default-src 'none'; style-src 'sha256-${hash('sha256', style, 'base64')}'; base-uri 'none'; form-action 'none'`

/** Not in a template, whose layout is the formatter's: the hash is over what stands between the tags. */
const styleElement = fixed(`<style>${style}</style>`)

/**
 * The report as one page that stands alone.
 * @param made - when it was made and by which version of sluice
 */
export const reportPage = (figures: Figures, made: { readonly time: string; readonly version: string }): string =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <title>What left, and what was stopped: ${figures.log.origin}</title>
        ${styleElement}
      </head>
      <body>
        ${head(figures)}
        <main>
          ${tiles(figures)} ${overTime(figures)} ${instruments(figures)}
          ${ranking('Destinations', 'Where requests were to go.', 'destination', figures.destinations)}
          ${ranking('Routes', 'The routes of the policy that requests took.', 'route', figures.routes)}
          ${reasons(figures)} ${fields(figures)} ${excepted(figures)} ${policies(figures)} ${reviews(figures)}
          ${gaps(figures)}
        </main>
        ${foot(figures, made)}
      </body>
    </html>`.markup

const head = ({ period, filter, log }: Figures): Html => {
  const { since: _since, until: _until, ...rest } = filter
  const only = Object.entries(rest).map(([name, value]) => `${name} ${value}`)
  return html`<header>
    <h1>What left, and what was stopped</h1>
    <p class="soft">
      ${log.origin} · ${spellTime(period.since)} to
      ${spellTime(period.until)}${only.length > 0 ? html` · only ${only.join(', ')}` : html``}
    </p>
  </header>`
}

const tiles = ({ total }: Figures): Html => {
  const tile = (className: string, figure: string, text: string): Html =>
    html`<li class="${className}"><b>${figure}</b><span>${text}</span></li>`
  const { requests, letOut, answered, stopped, sensitive, octetsOut } = total
  return html`<ul class="tiles">
    ${tile('', spellCount(requests), 'requests were decided')}
    ${tile('out', spellCount(letOut), `were let out (${spellShare(letOut, requests)})`)}
    ${tile('out', spellOctets(octetsOut), 'in their bodies')}
    ${tile('out', spellCount(letOut - answered), 'of them got no answer')}
    ${tile('stopped', spellCount(stopped), `were stopped (${spellShare(stopped, requests)})`)}
    ${tile('sensitive', spellCount(sensitive), 'of them for sensitive content')}
  </ul>`
}

const overTime = ({ period: { parts, unit }, overTime }: Figures): Html => {
  const out = { name: 'let out', className: 'out' }
  const stopped = { name: 'stopped', className: 'stopped' }
  const names = parts.map(spellPart)
  return html`<section>
    <h2>Over time</h2>
    ${barChart(`Requests per ${unit}`, names, [
      { ...out, values: overTime.map(({ letOut }) => letOut) },
      { ...stopped, values: overTime.map(tally => tally.stopped) },
    ])}
    ${barChart(
      `Let out per ${unit}, octets of bodies`,
      names,
      [{ ...out, values: overTime.map(({ octetsOut }) => octetsOut) }],
      spellOctets,
    )}
    <details>
      <summary>The numbers</summary>
      ${table(
        `Requests and octets per ${unit}, in UTC`,
        [unit, '#let out', '#stopped', '#sensitive', '#octets let out'],
        parts.map((part, index) => {
          const tally = overTime[index] ?? none
          return [
            spellPart(part),
            spellCount(tally.letOut),
            spellCount(tally.stopped),
            spellCount(tally.sensitive),
            spellCount(tally.octetsOut),
          ]
        }),
      )}
    </details>
  </section>`
}

const spellPart = (part: string): string => (part.length === 13 ? `${part.replace('T', ' ')}:00` : part)

const instruments = ({ instruments, period }: Figures): Html => {
  const { shown, beyond } = cutOff(instruments)
  const rows = shown.map(({ name, tally }, index) => [
    name ?? 'not known to the policy',
    html`${sparkline(
      `let out and stopped per ${period.unit}: ${spellCount(tally.letOut)} and ${spellCount(tally.stopped)} in all`,
      instruments.courses[index] ?? [],
    )}`,
    spellCount(tally.letOut),
    spellCount(tally.stopped),
    spellCount(tally.sensitive),
    spellShare(tally.stopped, tally.requests),
    spellOctets(tally.octetsOut),
  ])
  return html`<section>
    <h2>Instruments</h2>
    <p class="soft">
      Above the line what was let out per ${period.unit}, below it what was stopped; each row on a scale of its own.
    </p>
    ${table(
      'Requests by instrument, the most first',
      ['instrument', '|over time', '#let out', '#stopped', '#sensitive', '#share stopped', '#let out, octets'],
      [...rows, ...(beyond === null ? [] : [restRow(beyond, 7)])],
    )}
  </section>`
}

const ranking = (title: string, what: string, name: string, given: Ranking): Html => {
  const { shown, beyond } = cutOff(given)
  const largest = Math.max(...shown.map(({ tally }) => tally.requests), 1)
  const rows = shown.map(({ name, tally }) => [
    name ?? 'none of the policy',
    shareBar(tally.letOut, tally.stopped, largest),
    spellCount(tally.letOut),
    spellCount(tally.stopped),
    spellCount(tally.sensitive),
    spellCount(tally.letOut - tally.answered),
    spellOctets(tally.octetsOut),
  ])
  return html`<section>
    <h2>${title}</h2>
    <p class="soft">${what}</p>
    ${table(
      `Requests by ${name}, the most first`,
      [name, '|let out, stopped', '#let out', '#stopped', '#sensitive', '#without answer', '#let out, octets'],
      [...rows, ...(beyond === null ? [] : [restRow(beyond, 7)])],
    )}
  </section>`
}

/** The rows that are shown, and the sum of all others. */
const cutOff = ({ groups, rest }: Ranking): { readonly shown: readonly Ranked[]; readonly beyond: Ranked | null } => {
  const others = groups.slice(MOST_ROWS).reduce((total, { tally }) => sum(total, tally), rest)
  const name = `all others (${spellCount(Math.max(0, groups.length - MOST_ROWS))} and more)`
  return {
    shown: groups.slice(0, MOST_ROWS),
    beyond: others.requests === 0 ? null : { name, tally: others },
  }
}

const restRow = ({ name, tally }: Ranked, width: number): Row => {
  const numbers = [spellCount(tally.letOut), spellCount(tally.stopped), spellCount(tally.sensitive)]
  return [name ?? '', '', ...numbers, ...Array.from({ length: width - 6 }, () => ''), spellOctets(tally.octetsOut)]
}

const reasons = ({ reasons, total }: Figures): Html => {
  const { shown } = cutOff(reasons)
  const largest = Math.max(...shown.map(({ tally }) => tally.requests), 1)
  return html`<section>
    <h2>Why requests were stopped</h2>
    ${table(
      'Requests by reason, the most first',
      ['reason', '|requests', '#requests', '#share'],
      shown.map(({ name, tally }) => [
        html`${name ?? ''} <small>${meaningOf(name)}</small>`,
        shareBar(0, tally.stopped, largest),
        spellCount(tally.stopped),
        spellShare(tally.stopped, total.stopped),
      ]),
    )}
  </section>`
}

const meaningOf = (reason: string | null): string =>
  reason !== null && Object.hasOwn(blockReasons, reason) ? blockReasons[reason as keyof typeof blockReasons] : ''

const fields = ({ fields, fieldsBeyond }: Figures): Html => {
  const shown = fields.slice(0, 2 * MOST_ROWS)
  const left = fields.length - shown.length + fieldsBeyond
  return html`<section>
    <h2>Fields that requests were stopped for</h2>
    <p class="soft">
      What a detector found in them, or which rule they broke. The asterisk stands for any index. What was found is
      nowhere in the log, and so not here.${left > 0 ? html` ${spellCount(left)} more are left out.` : html``}
    </p>
    ${table(
      'Stopped requests by field, the most first',
      ['!field', 'route', 'found or broken', 'category', '#requests', '#instruments'],
      shown.map(fieldRow),
    )}
  </section>`
}

const fieldRow = ({ field, route, what, category, requests, instruments }: StoppedField): Row => [
  field,
  route ?? '–',
  what,
  category ?? 'rule',
  spellCount(requests),
  spellCount(instruments),
]

const excepted = ({ excepted }: Figures): Html =>
  html`<section>
    <h2>Let out by exceptions of the policy</h2>
    <p class="soft">A detector found something, and an exception says that it may pass there.</p>
    ${table(
      'Requests by exception, the most first',
      ['exception', 'found', 'category', 'route', '#requests', '#instruments'],
      excepted.map(({ exception, detector, category, route, requests, instruments }) => [
        exception,
        detector,
        category,
        route ?? '–',
        spellCount(requests),
        spellCount(instruments),
      ]),
    )}
  </section>`

const policies = ({ policies }: Figures): Html =>
  html`<section>
    <h2>Policies in force</h2>
    ${table(
      'Policies that were in force in this time, the last first',
      ['number', 'from', 'until', 'how', 'who', '!SHA-256'],
      policies.map(({ number, time, until, cause, actor, policy }) => [
        String(number),
        spellTime(time),
        until === null ? 'now' : spellTime(until),
        cause,
        actor,
        policy.replace('sha256:', ''),
      ]),
    )}
  </section>`

const reviews = ({ reviews }: Figures): Html =>
  html`<section>
    <h2>Reviews of stopped payloads</h2>
    ${table(
      'What people did with held payloads',
      ['who', 'what', '#times'],
      reviews.map(({ actor, action, times }) => [actor, action, spellCount(times)]),
    )}
  </section>`

const gaps = ({ gaps }: Figures): Html =>
  html`<section>
    <h2>Times in which the log could not be written</h2>
    <p class="soft">Nothing is let out then: requests are refused.</p>
    ${table(
      'Gaps, the last first',
      ['from', 'to', 'why', '#refused'],
      gaps.map(({ since, time, cause, refused }) => [
        spellTime(since),
        spellTime(time),
        cause,
        refused === null ? 'not known' : spellCount(refused),
      ]),
    )}
  </section>`

const foot = ({ log }: Figures, { time, version }: { readonly time: string; readonly version: string }): Html =>
  html`<footer>
    <p>
      Made ${spellTime(time)} by sluice ${version} from ${spellCount(log.size)} records, which this signed checkpoint
      names. Whether they are whole is what “sluice log verify” tells; keep the checkpoint, and the log can be verified
      against it later.
    </p>
    <pre>${preserved(log.checkpoint)}</pre>
  </footer>`

/** Lines stay lines: everything else in them is escaped. */
const preserved = (text: string): readonly Html[] => text.split('\n').map(line => html`${line}${fixed('\n')}`)

type Row = readonly (string | Html)[]

const kinds = { '#': 'number', '|': 'wide', '!': 'code' } as const

/** @param headings - one that begins with `#` has numbers under it, with `|` a plot, with `!` code; the first column names the row */
const table = (caption: string, headings: readonly string[], rows: readonly Row[]): Html => {
  if (rows.length === 0) return html`<p class="soft">None in this time.</p>`
  const columns = headings.map(heading => {
    const kind = kinds[heading[0] as keyof typeof kinds]
    return kind === undefined ? { name: heading, kind: 'text' } : { name: heading.slice(1), kind }
  })
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0">
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${columns.map(({ name, kind }) => html`<th scope="col" class="${kind}">${name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          row =>
            html`<tr>
              ${row.map((cell, index) =>
                index === 0
                  ? html`<th scope="row" class="${columns[0]?.kind ?? 'text'}">${cell}</th>`
                  : html`<td class="${columns[index]?.kind ?? 'text'}">${cell}</td>`,
              )}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`
}
