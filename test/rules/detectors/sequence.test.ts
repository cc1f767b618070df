import t from 'tap'
import { Buffer } from 'node:buffer'
import type { BytesDetector, Example, Span, Subject, TextDetector } from '../../../rules/detector.ts'
import { reaches } from '../../kit/reaches.ts'
import { sequenceDetectors } from './sequence-detectors.ts'
import { telemetryPayloads, telemetryValues } from './sequence-telemetry.ts'

const textDetectors: readonly TextDetector[] = sequenceDetectors.filter(detector => detector.kind === 'text')
const bytesDetectors: readonly BytesDetector[] = sequenceDetectors.filter(detector => detector.kind === 'bytes')

const subjectOf = (example: Example): Subject =>
  typeof example === 'string' ? { text: example, role: 'value', keys: [] } : { ...example, role: 'value' }

const spansIn = (detector: TextDetector, subject: Subject): Span[] =>
  reaches(detector, subject) ? [...detector.find(subject)] : []

/** Detectors that find something in the text. */
const foundBy = (subject: Subject): string[] =>
  textDetectors.filter(detector => spansIn(detector, subject).length > 0).map(({ id }) => id)

for (const detector of textDetectors)
  t.test(`${detector.id}: finds its match examples and none of the others`, async t => {
    for (const example of detector.examples.match) {
      const subject = subjectOf(example)
      t.ok(reaches(detector, subject), `meets a need: ${JSON.stringify(example)}`)
      const spans = [...detector.find(subject)]
      t.ok(spans.length > 0, `found in: ${JSON.stringify(example)}`)
      t.ok(spans.every(({ start, end }) => start >= 0 && start < end && end <= subject.text.length))
    }
    for (const example of detector.examples.noMatch)
      t.same([...detector.find(subjectOf(example))], [], `not found in: ${JSON.stringify(example)}`)
  })

for (const detector of bytesDetectors)
  t.test(`${detector.id}: finds its match examples and none of the others`, async t => {
    for (const example of detector.examples.match)
      t.ok([...detector.find(Buffer.from(example, 'base64'))].length > 0, `found in: ${example}`)
    for (const example of detector.examples.noMatch)
      t.same([...detector.find(Buffer.from(example, 'base64'))], [], `not found in: ${example}`)
  })

t.test('sequence detectors: identifiers are unique', async t => {
  t.equal(new Set(sequenceDetectors.map(({ id }) => id)).size, sequenceDetectors.length)
})

t.test('sequence detectors: real telemetry values are left alone', async t => {
  for (const { text, keys } of telemetryValues)
    t.same(foundBy({ text, role: 'value', keys }), [], `${keys.join('.')}: ${text}`)
})

t.test('sequence detectors: real telemetry payloads are left alone, whole and as values', async t => {
  for (const payload of telemetryPayloads)
    t.same(foundBy({ text: payload, role: 'value', keys: [] }), [], payload.slice(0, 60))
})

/** One read, one alignment, one variant, each written in the ways in which it may arrive. */
const LEAKS: readonly (readonly [string, string])[] = [
  ['FASTQ in a log message', 'WARN basecaller: stuck at @A1\nGATTACAGATTACAGATT\n+\nFFFFFFFFFFFF:FFF,#\nretry'],
  ['FASTQ with altered names', 'sample x\r\nNNACGTNACG\r\n+\r\n##FFFFFFFF'],
  ['FASTQ on one line', '@r1 ACGTACGT + FFFF:FFF'],
  ['SAM with spaces for tabs', 'r1 163 chr2 1000 60 50M = 1100 150 * *'],
  ['VCF without header', 'chr1\t100\t.\tA\tG\nchr1\t200\t.\tC\tT\nchr1\t300\t.\tG\tA'],
  ['one variant in prose', 'seen at chr7:140453136 A>T in tile'],
  ['short RNA', 'AUGGCUAACGUU'],
  ['grouped bases', 'GAT TAC AGA TTA CAG ATC'],
  ['lower-case bases in tens', '1 gatcctccat atacaacggt'],
  ['dual index', 'ATTACTCG+TATAGCCT'],
  ['consumer genotype', 'rs4477212\t1\t82154\tAA'],
]

t.test('sequence detectors: leaks are found, however they are written', async t => {
  for (const [name, text] of LEAKS) t.ok(foundBy({ text, role: 'value', keys: [] }).length > 0, name)
})
