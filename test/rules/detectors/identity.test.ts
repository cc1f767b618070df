import t from 'tap'
import type { Example, Subject } from '../../../rules/detector.ts'
import { reaches } from '../../kit/reaches.ts'
import { hitsIn, identityDetectors, subjectsOf } from './identity-detectors.ts'
import { telemetryPayloads, telemetryValues } from './telemetry-values.ts'

const subjectOf = (example: Example): Subject =>
  typeof example === 'string' ? { text: example, keys: [], role: 'value' } : { ...example, role: 'value' }
const spansIn = (detector: (typeof identityDetectors)[number], subject: Subject) => [...detector.find(subject)]

for (const detector of identityDetectors)
  t.test(`${detector.id}: its own examples, found and left alone`, async t => {
    for (const example of detector.examples.match) {
      const subject = subjectOf(example)
      const spans = spansIn(detector, subject)
      t.ok(spans.length > 0, `found in ${JSON.stringify(example)}`)
      t.ok(reaches(detector, subject), `meets a need: ${JSON.stringify(example)}`)
      for (const { start, end } of spans)
        t.ok(start >= 0 && start < end && end <= subject.text.length, 'span within the text')
    }
    for (const example of detector.examples.noMatch)
      t.strictSame(spansIn(detector, subjectOf(example)), [], `nothing in ${JSON.stringify(example)}`)
  })

t.test('identity detectors: ids are unique', async t => {
  t.equal(new Set(identityDetectors.map(detector => detector.id)).size, identityDetectors.length)
})

t.test('identity detectors: real telemetry payloads, nothing found', async t => {
  let count = 0
  for (const payload of telemetryPayloads)
    for (const subject of subjectsOf(payload)) {
      count++
      t.strictSame(hitsIn(subject), [], `${subject.keys.join('.')} = ${subject.text}`)
    }
  t.ok(count > 400, 'there were values to look at')
})

t.test('identity detectors: real telemetry values, bare and under other names, nothing found', async t => {
  for (const text of telemetryValues)
    for (const keys of [[], ['instrument', 'value'], ['run', 'serialNumber'], ['consumables', 'lotNumber'], ['name']])
      t.strictSame(hitsIn({ text, keys, role: 'value' }), [], `${keys.join('.')} = ${text}`)
})

t.test('identity detectors: a key path is evidence, never a pass', async t => {
  t.strictSame(hitsIn({ text: 'Jane Doe', keys: ['lotNumber'], role: 'value' }), ['person-name'])
  t.strictSame(hitsIn({ text: 'jane.doe@example.org', keys: ['serialNumber'], role: 'value' }), ['email'])
  t.strictSame(hitsIn({ text: 'Jane Doe', keys: [], role: 'key' }), ['person-name'])
  t.strictSame(hitsIn({ text: 'patientName', keys: [], role: 'key' }), [])
  t.strictSame(hitsIn({ text: 'dateOfBirth', keys: ['patient'], role: 'key' }), [])
})

t.test('identity detectors: numbers under a telling name are found, under another are not', async t => {
  const found = [
    ...subjectsOf({ patient: { ssn: 536904399, dob: 19800304, phone: 2125552368, age: 93, mrn: 4488123 } }),
  ]
  t.strictSame(
    found.filter(({ role }) => role === 'number').map(subject => hitsIn(subject)[0]),
    ['us-ssn', 'date-of-birth', 'phone', 'age-over-89', 'mrn'],
  )
  for (const subject of subjectsOf({ lot: 536904399, part: 19800304, count: 2125552368, cycles: 93, reads: 4488123 }))
    t.strictSame(hitsIn(subject), [], subject.text)
})
