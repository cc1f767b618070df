import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { openMetrics } from '../../proxy/watch/metrics.ts'

const docs = join(import.meta.dirname, '..', '..', 'docs')
const alerts = join(docs, 'alerts.yaml')
const page = readFileSync(join(docs, 'observability.md'), 'utf8')
const metrics = openMetrics()
metrics.close()
const names = new Set(metrics.described().map(({ name }) => name))

type Rules = {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string; readonly expr: string }[] }[]
}
const { rules } = (parse(readFileSync(alerts, 'utf8')) as Rules).groups[0]!

t.test('alerts: each asks for metrics that there are, and the page says what to do', async t => {
  t.equal(rules.length, 12)
  for (const { alert, expr } of rules) {
    for (const [name] of expr.matchAll(/\bsluice_[a-z_]+/g)) t.ok(names.has(name), `${alert}: ${name}`)
    t.match(page, `| \`${alert}\``)
  }
  for (const [, name = ''] of page.matchAll(/`(sluice_[a-z_]+)/g)) t.ok(names.has(name), name)
})

const hasPromtool = spawnSync('promtool', ['--version']).status === 0

t.test('alerts: promtool takes them', { skip: !hasPromtool && 'promtool is not installed' }, async t => {
  const { status, stdout } = spawnSync('promtool', ['check', 'rules', alerts], { encoding: 'utf8' })
  t.equal(status, 0)
  t.match(stdout, '12 rules found')
})
