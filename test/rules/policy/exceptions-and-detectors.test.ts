import t from 'tap'
import { stringify } from 'yaml'
import { instantOf } from '../../../rules/policy/rfc3339.ts'
import { parsePolicy } from '../../../rules/policy/parse-policy.ts'
import { inspect } from '../../../rules/inspect.ts'
import { detectors } from '../../../rules/registry.ts'
import type { Detector } from '../../../rules/detector.ts'
import { messageOf, policyOf } from '../../kit/message.ts'

const text = { type: 'string', pattern: '^.*$', maxLength: 200 }
const body = {
  kind: 'json',
  schema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      note: text,
      isOk: { type: 'boolean' },
      lanes: { type: 'array', maxItems: 8, items: { type: 'array', maxItems: 9, items: { enum: ['a', 1] } } },
      more: {
        type: 'object',
        additionalProperties: false,
        maxProperties: 2,
        propertyNames: { type: 'string', pattern: '^x[0-9]$', maxLength: 2 },
        patternProperties: { '^x[0-9]$': text },
      },
    },
  },
}
const headers = { 'x-note': { schema: text } }
const routes = [
  { id: 'notes', destination: 'vendor', method: 'POST', path: '/notes', headers, body },
  { id: 'ping', destination: 'vendor', method: 'POST', path: '/ping', body: { kind: 'none' } },
]
const base = {
  version: 1,
  instruments: [{ id: 'seq', address: '10.77.1.20' }],
  destinations: [{ id: 'vendor', host: 'vendor.example' }],
  routes,
}

const exception = {
  id: 'names',
  owner: 'sequencing-it',
  expires: '2027-03-31',
  reason: 'kits are named after people',
  detector: 'person-name',
  route: 'notes',
  instrument: 'seq',
  pointer: '/note',
}

/** `key: message` of each problem. */
const problemsOf = (document: object): readonly string[] => {
  const reading = parsePolicy(stringify(document), () => null)
  return reading.ok ? [] : reading.problems.map(({ key, message }) => `${key}: ${message}`)
}
const ofException = (change: object) => problemsOf({ ...base, exceptions: [{ ...exception, ...change }] })
const ofDetectors = (entries: object) => problemsOf({ ...base, detectors: entries })

t.test('exceptions: one in order, read with its defaults', async t => {
  t.same(ofException({}), [])
  const [read] = policyOf(stringify({ ...base, exceptions: [exception] })).exceptions
  t.match(read, { id: 'names', surface: 'body', pattern: ['note'], maxLength: Infinity })
  t.equal(read?.expires, Date.parse('2027-03-31T00:00:00Z'))
  t.same(policyOf(stringify(base)).exceptions, [])
  t.same(ofException({ surface: 'header', pointer: '/x-note' }), [])
  t.same(ofException({ pointer: '/lanes/*/*' }), [])
  t.same(ofException({ pointer: '/lanes/0/3' }), [])
  t.same(ofException({ detector: 'spread-letters', maxLength: 9, pointer: '/lanes/*' }), [])
})

t.test('P8: exceptions: what is wrong with one, at its key', async t => {
  const cases: readonly (readonly [change: object, problem: string | RegExp])[] = [
    [{ detector: 'no-such' }, 'exceptions[0].detector: there is no detector no-such: docs/detectors.md lists those there are'], // prettier-ignore
    [{ route: 'elsewhere' }, 'exceptions[0].route: no route has the id elsewhere'],
    [{ instrument: 'nobody' }, 'exceptions[0].instrument: no instrument has the id nobody'],
    [{ pointer: '/nota' }, 'exceptions[0].pointer: leads nowhere: no property of the schema can stand there'],
    [{ pointer: '/note/x' }, /leads nowhere/],
    [{ pointer: '/lanes/*' }, 'exceptions[0].pointer: leads to what is neither text nor a number'],
    [{ pointer: '/isOk' }, 'exceptions[0].pointer: leads to what is neither text nor a number'],
    [{ detector: 'spread-letters', maxLength: 9 }, 'exceptions[0].pointer: leads to what is neither an array nor an object'], // prettier-ignore
    [{ pointer: '/more/x1' }, 'exceptions[0].pointer: leads through a name that the schema does not spell'],
    [{ pointer: 'note' }, /^exceptions\[0\]\.pointer: must match pattern/],
    [{ pointer: '' }, /^exceptions\[0\]\.pointer: must match pattern/],
    [{ route: 'ping' }, 'exceptions[0].pointer: leads nowhere: the route has no body'],
    [{ surface: 'query' }, 'exceptions[0].pointer: leads nowhere: the route names no such parameter'],
    [{ surface: 'header' }, 'exceptions[0].pointer: leads nowhere: the route names no such field'],
    [{ surface: 'header', pointer: '/x-note/0' }, /leads nowhere/],
    [{ surface: 'trailer' }, /^exceptions\[0\]\.surface: must be one of path, query, header, body/],
    [{ expires: 'next year' }, 'exceptions[0].expires: must be a date or date-time of RFC 3339, such as 2027-03-31'],
    [{ expires: '2027-02-29' }, /^exceptions\[0\]\.expires: must be a date/],
    [{ owner: '' }, /^exceptions\[0\]\.owner: must match pattern/],
    [{ owner: 'a\nb' }, /^exceptions\[0\]\.owner: must match pattern/],
    [{ reason: '' }, /^exceptions\[0\]\.reason: must NOT have fewer than 1/],
    [{ id: 'Names' }, /^exceptions\[0\]\.id: must match pattern/],
    [{ maxLength: 0 }, 'exceptions[0].maxLength: must be >= 1'],
    [{ detectors: ['phone'] }, 'exceptions[0].detectors: unknown key'],
  ]
  for (const [change, problem] of cases) {
    const found = ofException(change)
    t.equal(found.length, 1, JSON.stringify(change))
    if (typeof problem === 'string') t.equal(found[0], problem)
    else t.match(found[0], problem)
  }
  for (const key of ['id', 'owner', 'expires', 'reason', 'detector', 'route', 'pointer'])
    t.same(ofException({ [key]: undefined }), [`exceptions[0].${key}: is missing`])
  t.same(problemsOf({ ...base, exceptions: [exception, exception] }), [
    'exceptions[1].id: the id names stands here a second time',
  ])
})

t.test('P8: exceptions: a problem has its line and column', async t => {
  const document = `${stringify(base)}exceptions:\n  - { ${Object.entries({ ...exception, route: 'x' })
    .map(([key, value]) => `${key}: ${value}`)
    .join(', ')} }\n`
  const reading = parsePolicy(document, () => null)
  const line = document.split('\n').findIndex(text => text.includes('kits are')) + 1
  t.match(reading, { ok: false, problems: [{ line, key: 'exceptions[0].route' }] })
})

const all: readonly Detector[] = detectors

t.test('P1: exceptions: what goes by structure cannot be excepted or switched off, and says why', async t => {
  const mandatory = all.filter(detector => detector.mandatory)
  t.same(
    mandatory.map(({ id }) => id),
    [
      'fasta',
      'fastq',
      'sam',
      'vcf',
      'genbank-embl',
      'gff',
      'pileup',
      'raw-signal',
      'variant-table',
      'raw-genotypes',
      'str-profile',
      'str-record',
      'crai',
      'sample-sheet',
      'genomics-json',
      'genomic-magic',
      'private-key',
    ],
  )
  for (const { id, onByDefault } of mandatory) {
    t.not(onByDefault, false, `${id} is on`)
    t.match(ofException({ detector: id, maxLength: 1 }), [
      `exceptions[0].detector: what ${id} finds cannot be excepted: it goes by a structure that telemetry does not have`,
    ])
    t.match(ofDetectors({ [id]: { enabled: false, reason: 'in the way' } }), [
      `detectors.${id}.enabled: this detector cannot be switched off: it goes by a structure`,
    ])
  }
})

t.test('P1: exceptions: of sequencing data, 40 letters at the most', async t => {
  const problem = 'exceptions[0].maxLength: has to be 40 at the most, because nucleotide-run finds sequencing data'
  t.same(ofException({ detector: 'nucleotide-run' }), [problem])
  t.same(ofException({ detector: 'nucleotide-run', maxLength: 41 }), [problem])
  t.same(ofException({ detector: 'nucleotide-run', maxLength: 40 }), [])
  for (const { id, category, mandatory, kind } of all)
    if (category === 'sequence' && !mandatory)
      t.equal(ofException({ detector: id, pointer: kind === 'value' ? '/lanes' : '/note' }).length, 1, id)
})

t.test('P8: detectors: what is wrong with an entry, at its key', async t => {
  t.same(ofDetectors({}), [])
  t.same(ofDetectors({ phone: {} }), [])
  t.same(ofDetectors({ phone: { enabled: true, regions: ['CH', 'AT'] } }), [])
  t.same(ofDetectors({ phone: { enabled: false, reason: 'lot numbers' } }), [])
  const cases: readonly (readonly [entries: object, problem: string | RegExp])[] = [
    [{ 'no-such': { enabled: true } }, 'detectors.no-such: there is no such detector: docs/detectors.md lists those there are'], // prettier-ignore
    [{ phone: { enabled: false } }, 'detectors.phone.reason: is missing'],
    [{ phone: { enabled: 'no' } }, 'detectors.phone.enabled: must be boolean'],
    [{ phone: { region: ['CH'] } }, 'detectors.phone.region: unknown key'],
    [{ phone: { regions: [] } }, 'detectors.phone.regions: must NOT have fewer than 1 items'],
    [{ phone: { regions: 'CH' } }, 'detectors.phone.regions: must be array'],
    [{ phone: { regions: ['XX'] } }, /^detectors\.phone\.regions\[0\]: must be one of AC, AD,/],
    [{ email: { regions: ['CH'] } }, 'detectors.email.regions: unknown key'],
    [{ 'ip-address': { privateAddresses: 1 } }, 'detectors.ip-address.privateAddresses: must be boolean'],
    [{ phone: false }, 'detectors.phone: must be object'],
    [{ __proto__x: { enabled: true } }, 'detectors.__proto__x: is not a name that can stand here'],
  ]
  for (const [entries, problem] of cases) {
    const found = ofDetectors(entries)
    t.equal(found.length, 1, `${JSON.stringify(entries)}: ${found.join(' | ')}`)
    if (typeof problem === 'string') t.equal(found[0], problem)
    else t.match(found[0], problem)
  }
})

const foundIn = (note: string, entries?: object): string => {
  const policy = policyOf(stringify({ ...base, ...(entries && { detectors: entries }) }))
  const verdict = inspect(messageOf({ target: '/notes', body: JSON.stringify({ note }) }), policy)
  return verdict.kind === 'forward' ? 'forward' : verdict.findings.map(({ detector }) => detector).join(' ')
}

t.test('P1: detectors: switched off, it is not asked, and all others are', async t => {
  const note = 'Jane Doe, +44 20 7946 0958'
  const off = { phone: { enabled: false, reason: 'lot numbers look like them' } }
  t.equal(foundIn(note), 'person-name phone')
  t.equal(foundIn(note, off), 'person-name')
  t.equal(foundIn('+44 20 7946 0958', off), 'forward')
  t.equal(foundIn('+44 20 7946 0958'), 'phone', 'what one panel found clean, another looks for')
  t.equal(foundIn('+44 20 7946 0958', off), 'forward')
})

t.test('detectors: off by default, asked where the policy says so', async t => {
  const on = { 'ip-address': { enabled: true }, 'mac-address': { enabled: true } }
  t.equal(foundIn('10.77.1.20'), 'forward')
  t.equal(foundIn('10.77.1.20', on), 'ip-address')
  t.equal(foundIn('10.77.1.20'), 'forward')
  t.equal(foundIn(Buffer.from('from 10.77.1.20').toString('base64'), on), 'ip-address')
  t.equal(foundIn('00:1b:44:11:3a:b7', on), 'mac-address')
  t.equal(foundIn('1.18.54.4', on), 'forward')
  const outside = { 'ip-address': { enabled: true, privateAddresses: false } }
  t.equal(foundIn('10.77.1.20', outside), 'forward')
  t.equal(foundIn('81.2.69.142', outside), 'ip-address')
})

t.test('detectors: the regions of phone numbers', async t => {
  const swiss = { phone: { regions: ['CH'] } }
  t.equal(foundIn('06 12 34 56 78'), 'phone')
  t.equal(foundIn('06 12 34 56 78', swiss), 'forward', 'a French form')
  t.equal(foundIn('tel 2123 4567'), 'phone')
  t.equal(foundIn('tel 2123 4567', swiss), 'forward', 'no Swiss one, though the word says phone')
  t.equal(foundIn('tel 044 668 18 00', swiss), 'phone', 'a Swiss one')
  t.equal(foundIn('+33 6 12 34 56 78', swiss), 'phone', 'with a country code')
})

t.test('P1: detectors: property names are held to those that the policy asks', async t => {
  const named = (entries: object) => {
    const schema = { type: 'object', additionalProperties: false, properties: { '10.77.1.20': text } }
    return problemsOf({ ...base, detectors: entries, routes: [{ ...routes[0], body: { kind: 'json', schema } }] })
  }
  t.same(named({}), [])
  t.match(named({ 'ip-address': { enabled: true } }), [/holds what the detector ip-address looks for$/])
})

t.test('registry: the settings of detectors have a default that fits their schema, and a description', async t => {
  for (const detector of all) {
    const settings = detector.kind === 'text' ? detector.settings : undefined
    if (!settings) continue
    const defaults = Object.entries(settings.schema.properties).map(([name, property]) => [name, property.default])
    t.same(ofDetectors({ [detector.id]: Object.fromEntries(defaults) as object }), [], detector.id)
    for (const { description } of Object.values(settings.schema.properties)) t.ok(description.length > 20)
    const find = settings.find(Object.fromEntries(defaults) as never)
    if (detector.kind !== 'text') continue
    for (const example of detector.examples.match) {
      const subject = typeof example === 'string' ? { text: example, keys: [] } : example
      t.ok([...find({ ...subject, role: 'value' })].length > 0, `${detector.id}: ${subject.text}`)
    }
  }
})

t.test('RFC 3339: dates and date-times, and what is none', async t => {
  t.equal(instantOf('2027-03-31'), Date.UTC(2027, 2, 31))
  t.equal(instantOf('2028-02-29'), Date.UTC(2028, 1, 29))
  t.equal(instantOf('2027-03-31T10:00:00+02:00'), Date.UTC(2027, 2, 31, 8))
  t.equal(instantOf('2027-03-31T10:00:00.25Z'), Date.UTC(2027, 2, 31, 10, 0, 0, 250))
  for (const text of [
    '',
    '2027',
    '2027-3-31',
    '2027-02-29',
    '2027-13-01',
    '2027-00-10',
    '2027-01-00',
    '2027-03-31T24:00:00Z',
    '2027-03-31T10:00:00',
    '2027-03-31 10:00:00Z',
    '2027-03-31T10:00:60Z',
    ' 2027-03-31',
    '2027-03-31\n',
  ])
    // prettier-ignore
    t.equal(instantOf(text), null, JSON.stringify(text))
})
