import { spawnSync } from 'node:child_process'
import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { EcsFlat, EcsVersion } from '@elastic/ecs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import t from 'tap'
import { csv } from '../../../log/export/csv.ts'
import { ECS_VERSION, ecs } from '../../../log/export/ecs.ts'
import { jsonl } from '../../../log/export/jsonl.ts'
import { ocsf } from '../../../log/export/ocsf.ts'
import { block, entries, sampleLines, sender } from './sample-log.ts'

const lines = await sampleLines(t.testdir())

t.test('jsonl: each line is the record byte for byte, and hashes to its leaf', async t => {
  for (const line of lines) {
    const [text = ''] = jsonl.lines(line, sender)
    t.same(hash('sha256', Buffer.concat([Buffer.of(0), Buffer.from(text)]), 'buffer'), line.leaf)
  }
})

const reader = `
import csv, json, sys
sys.stdin.reconfigure(newline='')
print(json.dumps([row for row in csv.DictReader(sys.stdin, strict=True)]))`
const hasPython = spawnSync('python3', ['--version']).status === 0

t.test('csv: another reader finds every cell, and no formula', { skip: !hasPython && 'no python3 here' }, async t => {
  const text = [csv.heading, ...lines.flatMap(line => csv.lines(line, sender))].map(line => `${line}\n`).join('')
  const { stdout } = spawnSync('python3', ['-c', reader], { input: text, encoding: 'utf8' })
  const rows = JSON.parse(stdout) as Record<string, string>[]
  t.equal(rows.length, entries.length)
  t.match(rows[6], {
    kind: 'decision',
    id: block.id,
    findings: 'nucleotide-run (sequence) in body /lanes/0/note',
    place: 'body /lanes/0/note',
    held: 'true',
    bytesOut: '',
    other: '',
    leaf_hash: /^[0-9a-f]{64}$/,
  })
  t.equal(rows[8]?.destination, "'-cmd.example:443", 'an apostrophe in front makes it text')
  t.match(
    JSON.parse(rows.find(({ kind }) => kind === 'gap')?.other ?? ''),
    { since: /^2026/, refused: 3 },
    'what has no column is not lost',
  )
  for (const row of rows) for (const cell of Object.values(row)) t.notMatch(cell, /^[=+\-@\t\r]/)
})

t.test('ocsf: every event is one of OCSF 1.7.0', async t => {
  const schema = JSON.parse(readFileSync(join(import.meta.dirname, 'ocsf.schema.json'), 'utf8')) as object
  const validate = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false }).compile(schema)
  const events = lines.flatMap(line => ocsf.lines(line, sender)).map(text => JSON.parse(text) as OcsfEvent)
  for (const event of events) t.ok(validate(event), `${event.metadata.uid} ${JSON.stringify(validate.errors)}`)
  for (const { class_uid, activity_id, type_uid } of events) t.equal(type_uid, class_uid * 100 + activity_id)
  t.same(
    events.map(({ class_uid }) => class_uid),
    [
      0,
      0,
      4002,
      4002,
      4002,
      4002,
      4002,
      2006,
      4002,
      4002,
      4002,
      2006,
      4002,
      2006,
      ...Array.from({ length: 30 }, () => 0),
      0,
    ],
  )
  t.equal(new Set(events.map(({ metadata }) => metadata.uid)).size, events.length, 'each has a uid of its own')
  t.match(events[3], {
    status: 'Success',
    http_response: { code: 200, body_length: 17, latency: 118 },
    src_endpoint: { ip: '192.0.2.10', name: 'novaseq-1' },
    metadata: { correlation_uid: events[2]!.http_request!.uid },
  })
  t.match(events[5], {
    activity_id: 99,
    dst_endpoint: { ip: '2001:db8::1', port: 8443 },
    status_code: 'connection_refused',
  })
  t.match(events[7], { data_security: { category: 'Personal', detection_pattern: 'nucleotide-run' }, is_alert: true })
  t.match(events[11], { status: 'Suppressed', action: 'Allowed', unmapped: { exception: 'kit-names' } })
  t.notOk(validate({ ...events[2], http_request: undefined, extra: 1 }), 'the schema can say no')
  const { src_endpoint: _, dst_endpoint: __, ...nowhere } = events[2]!
  t.notOk(validate(nowhere))
})

type OcsfEvent = {
  readonly class_uid: number
  readonly activity_id: number
  readonly type_uid: number
  readonly metadata: { readonly uid: string; readonly correlation_uid?: string }
  readonly http_request?: { readonly uid: string }
  readonly src_endpoint?: object
  readonly dst_endpoint?: object
}

/** What the published schema says of a field. */
type EcsField = {
  readonly type: string
  readonly normalize: readonly string[]
  readonly allowed_values?: readonly { readonly name: string; readonly expected_event_types?: readonly string[] }[]
}

const forms: Readonly<Record<string, (value: unknown) => boolean>> = {
  keyword: value => typeof value === 'string',
  wildcard: value => typeof value === 'string',
  match_only_text: value => typeof value === 'string',
  long: Number.isSafeInteger,
  ip: value => typeof value === 'string' && /^[0-9a-f.:]+$/.test(value),
  date: value => typeof value === 'string' && !Number.isNaN(new Date(value).getTime()),
}

const faultsOf = (document: object, path = ''): readonly string[] =>
  Object.entries(document).flatMap(([name, value]: [string, unknown]) => {
    const key = path === '' ? name : `${path}.${name}`
    if (key === 'sluice') return []
    const field = (EcsFlat as Readonly<Record<string, EcsField>>)[key]
    if (field === undefined)
      return typeof value === 'object' && value !== null && !Array.isArray(value) ? faultsOf(value, key) : [key]
    if (field.normalize.includes('array') !== Array.isArray(value)) return [`${key}: array or not`]
    const values = Array.isArray(value) ? (value as unknown[]) : [value]
    const allowed = field.allowed_values?.map(({ name }) => name)
    const isGood = (one: unknown) => forms[field.type]!(one) && (allowed?.includes(one as string) ?? true)
    return values.every(isGood) ? [] : [`${key}: ${field.type}`]
  })

t.test('ecs: every field is one of the published schema, of its type and with an allowed value', async t => {
  t.equal(EcsVersion, ECS_VERSION)
  const documents = lines.flatMap(line => ecs.lines(line, sender)).map(text => JSON.parse(text) as EcsDocument)
  t.equal(documents.length, entries.length)
  for (const document of documents) t.same(faultsOf(document), [], JSON.stringify(document))
  const categories = (EcsFlat['event.category'] as EcsField).allowed_values ?? []
  for (const { event } of documents)
    for (const category of event.category ?? [])
      for (const type of event.type ?? [])
        t.ok(
          categories.find(({ name }) => name === category)?.expected_event_types?.includes(type),
          `${category}: ${type}`,
        )
  t.match(documents[3], {
    '@timestamp': '2026-03-01T09:30:00.120Z',
    event: { outcome: 'success', duration: 118_000_000, sequence: 3 },
    http: { request: { method: 'POST' }, response: { status_code: 200 } },
    sluice: { instrument: 'novaseq-1' },
  })
  t.match(documents[6], { event: { kind: 'alert', type: ['connection', 'denied'] }, sluice: { findings: [{}] } })
  t.match(documents[11], { user: { name: 'os:ada' }, http: { request: { id: block.id } } })
  t.same(faultsOf({ event: { kind: 'nonsense' }, nobody: 1 }), ['event.kind: keyword', 'nobody'], 'it can say no')
})

type EcsDocument = { readonly event: { readonly category?: readonly string[]; readonly type?: readonly string[] } }
