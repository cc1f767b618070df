import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { packsFolder } from '../../../proxy/policy/policy-file.ts'
import type { JsonValue } from '../../../rules/canonical.ts'
import { compileSchema } from '../../../rules/schema.ts'
import { placesOf, replacedAt } from '../../kit/mutants.ts'

// What all packs promise is in test/rules/packs.test.ts; this is what the JSON mapping of OTLP asks for besides.

const folder = join(packsFolder, 'otlp')
const json = (path: string): JsonValue => JSON.parse(readFileSync(join(folder, path), 'utf8')) as JsonValue
const schemaOf = (kind: string) => compileSchema(json(`${kind}.schema.json`) as object)
const metrics = schemaOf('metrics')
const performance = json('samples/metrics/run-performance.json')

const integers = new Set(['asInt', 'intValue', 'count', '0', '1', '2'])

t.test('otlp: a 64-bit integer passes as a number as well as as a decimal string, except for times', async t => {
  let spelled = performance
  let changed = 0
  for (const { at, value } of placesOf(performance)) {
    if (typeof value !== 'string' || !/^\d{1,9}$/.test(value) || !integers.has(String(at.at(-1)))) continue
    spelled = replacedAt(spelled, at, Number(value))
    changed++
  }
  t.ok(changed >= 7, `${changed} integers`)
  t.ok(metrics(spelled).ok)
  for (const { at, value } of placesOf(performance).filter(({ at }) => String(at.at(-1)).endsWith('UnixNano')))
    t.notOk(metrics(replacedAt(performance, at, Number(value))).ok, at.join('/'))
})

t.test('otlp: a number spelled otherwise than in decimal does not pass', async t => {
  const { at } = placesOf(performance).find(({ at }) => at.at(-1) === 'count')!
  for (const spelling of ['03', '+3', '-3', '3.0', '3e0', '0x3', ' 3', '3 ', '', 3.5, -3, true, null])
    t.notOk(metrics(replacedAt(performance, at, spelling)).ok, JSON.stringify(spelling))
  t.ok(metrics(replacedAt(performance, at, '0')).ok)
})

t.test('P1: otlp: a value passes under its own key only', async t => {
  const attributes = [
    { key: 'service.version', value: { stringValue: '1.8.1' } },
    { key: 'hw.serial_number', value: { stringValue: 'A00187' } },
    { key: 'device.model.name', value: { stringValue: 'NovaSeq 6000' } },
    { key: 'os.type', value: { stringValue: 'windows' } },
    { key: 'sequencing.run.id', value: { stringValue: '230912_A00187_1009_AHK33MDRX3' } },
  ]
  const at = ['resourceMetrics', 0, 'resource', 'attributes'] as const
  for (const [index, { key }] of attributes.entries())
    for (const [other, { value }] of attributes.entries())
      t.equal(metrics(replacedAt(performance, at, [{ key, value }])).ok, index === other, `${key} ${other}`)
})

t.test('P1: otlp: the body of a log record is the name of an event, whatever else it is spelled as', async t => {
  const logs = schemaOf('logs')
  const run = json('samples/logs/run.json')
  const at = ['resourceLogs', 0, 'scopeLogs', 0, 'logRecords', 0, 'body'] as const
  t.ok(logs(run).ok)
  for (const body of [
    { stringValue: 'run started' },
    { bytesValue: 'cnVuLnN0YXJ0ZWQ=' },
    { intValue: '7' },
    { stringValue: 'run.started', intValue: '7' },
    { arrayValue: { values: [{ stringValue: 'run.started' }] } },
    'run.started',
    {},
  ])
    t.notOk(logs(replacedAt(run, at, body)).ok, JSON.stringify(body))
})
