import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium } from 'playwright-core'
import t from 'tap'
import { reportPage } from '../../cli/report/page.ts'
import { figuresOf, type Figures } from '../../log/figures/figures.ts'
import { busyLog } from '../kit/busy-appliance.ts'
import { hostileName, monthLog } from '../kit/month-log.ts'

const DAY = 86_400_000
const end = Date.UTC(2026, 10, 23, 12)
const folder = t.testdir({ month: {} })
const decisions = await monthLog(join(folder, 'month'), end)
const times = { since: new Date(end - 30 * DAY).toISOString(), until: new Date(end).toISOString() }
const month = figuresOf(join(folder, 'month'), times)
const made = { time: times.until, version: '0.1.0' }

const requestsOf = (ranking: Figures['routes']): number =>
  ranking.groups.reduce((all, { tally }) => all + tally.requests, 0)

t.test('figures: every decision of the time is counted once in each ranking, and in its day', async t => {
  t.equal(month.total.requests, decisions)
  t.equal(month.total.letOut + month.total.stopped, decisions)
  for (const ranking of [month.instruments, month.destinations, month.routes]) t.equal(requestsOf(ranking), decisions)
  t.equal(requestsOf(month.reasons), month.total.stopped)
  t.equal(month.period.unit, 'day')
  t.equal(month.overTime.length, 31, 'days without a gap')
  t.equal(
    month.overTime.reduce((all, { requests }) => all + requests, 0),
    decisions,
  )
  t.ok(month.fields.some(({ field, what }) => field === 'body /lanes/*/note' && what === 'nucleotide-run'))
  t.ok(month.fields.some(({ field, category }) => field === 'body /run/#*' && category === null))
  t.match(month.policies, [{ number: 2, until: null }, { number: 1 }])
  t.match(month.gaps, [{ refused: 4 }])
  const one = figuresOf(join(folder, 'month'), { ...times, instrument: 'miseq-07', verdict: 'block' })
  t.same(
    one.instruments.groups.map(({ name }) => name),
    ['miseq-07'],
  )
  t.equal(one.total.letOut, 0)
  const short = figuresOf(join(folder, 'month'), { since: new Date(end - 2 * DAY).toISOString(), until: times.until })
  t.same([short.period.unit, short.overTime.length], ['hour', 48])
})

t.test('report: text of the log is text, whatever it looks like', async t => {
  const page = reportPage(month, made)
  t.notOk(page.includes('<img'))
  t.notOk(/<script/i.test(page))
  t.ok(page.includes('&lt;img src=x'), 'and it is there')
  t.ok(month.fields.some(({ field }) => field.includes(hostileName)))
})

const browser = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome'].find(
  name => spawnSync(name, ['--version']).status === 0,
)

type Shown = {
  readonly width: number
  readonly styled: string
  readonly headings: readonly string[]
  readonly nameless: number
  readonly bars: number
}

/** Runs in the page. A table is announced by its caption, a plot by its label, a row by its first cell. */
const look = `(() => {
  const all = selector => [...document.querySelectorAll(selector)]
  return {
    width: document.documentElement.scrollWidth,
    styled: getComputedStyle(document.querySelector('table')).borderCollapse,
    headings: all('h2').map(heading => heading.textContent),
    nameless:
      all('table').filter(table => !table.caption?.textContent.trim()).length +
      all('svg[role=img]').filter(plot => !plot.getAttribute('aria-label')).length +
      all('tbody tr').filter(row => !row.querySelector('th[scope=row]')).length,
    bars: all('.plot g').length,
  }
})()`

t.test(
  'report: a browser shows it without an error, a request or a line too wide',
  {
    skip: browser === undefined && 'no chromium here (Debian: chromium-headless-shell)',
  },
  async t => {
    const path = spawnSync('sh', ['-c', `command -v ${browser}`], { encoding: 'utf8' }).stdout.trim()
    const launched = await chromium.launch({ executablePath: path, args: ['--no-sandbox'] })
    t.teardown(() => launched.close())
    const file = join(folder, 'report.html')
    writeFileSync(file, reportPage(month, made))
    for (const [name, width, colorScheme] of [
      ['wide-light', 1200, 'light'],
      ['wide-dark', 1200, 'dark'],
      ['narrow-light', 400, 'light'],
    ] as const) {
      const page = await launched.newPage({ viewport: { width, height: 900 }, colorScheme })
      const trouble: string[] = []
      const requests: string[] = []
      page.on('console', message => trouble.push(message.text()))
      page.on('pageerror', error => trouble.push(error.message))
      page.on('request', request => requests.push(request.url()))
      await page.goto(pathToFileURL(file).href)
      t.same(trouble, [], `${name}: the console is silent`)
      t.same(requests, [pathToFileURL(file).href], `${name}: nothing else is loaded`)
      const shown = await page.evaluate<Shown>(look)
      t.ok(shown.width <= width, `${name}: ${shown.width} pixels wide`)
      t.match(shown, { styled: 'collapse', nameless: 0, bars: 62 })
      t.same(shown.headings.slice(0, 4), ['Over time', 'Instruments', 'Destinations', 'Routes'])
      if (process.env.SLUICE_SCREENSHOTS !== undefined)
        await page.screenshot({ path: join(process.env.SLUICE_SCREENSHOTS, `${name}.png`), fullPage: true })
      await page.close()
    }
  },
)

t.test('log report: of what a real appliance logged; nothing of a payload is in it', async t => {
  const log = await busyLog(t)
  const file = join(folder, 'busy.html')
  const { code, stdout, stderr } = await log.run('log', 'report', '--since', '1d', '-o', file)
  t.same([code, stdout, stderr], [0, '', ''])
  const page = readFileSync(file, 'utf8')
  for (const text of [log.vendor, log.dead, 'novaseq-01', 'nucleotide-run', 'body /lanes/*/note', 'kit-names'])
    t.ok(page.includes(text), text)
  for (const canary of log.canaries) t.notOk(page.includes(canary), `no ${canary}`)
  t.notMatch(page, /https?:\/\/|src=|href=|url\(/, 'it refers to nothing outside itself')
})
