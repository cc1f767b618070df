import t from 'tap'
import type { JsonValue } from '../../../rules/canonical.ts'
import type { Exception } from '../../../rules/exception.ts'
import { Panel } from '../../../rules/panel.ts'
import { defaultLimits } from '../../../rules/policy.ts'
import { detectors } from '../../../rules/registry.ts'
import { scan, type Scanned } from '../../../rules/scan.ts'
import { genome } from '../../detection/genome.ts'
import { cpuTime } from '../../kit/cpu-time.ts'
import { seeded } from '../../kit/random.ts'

const scanned = (value: JsonValue, more: Partial<Scanned> = {}) =>
  scan([{ surface: 'body', value, names: null, ...more }], defaultLimits)

/** `detector pointer` of each finding. */
const found = (value: JsonValue, more: Partial<Scanned> = {}): readonly string[] =>
  scanned(value, more).findings.map(({ detector, pointer }) => `${detector} ${pointer}`)

const foundBy = (value: JsonValue): readonly string[] => scanned(value).findings.map(({ detector }) => detector)

const bases = Array.from('GATTACACCGTAGGTCAATGCCAT')
const hot = (base: string): number[] => Array.from('ACGT', one => Number(one === base))

/** Ways to spread sequence over a document, each with the detector that finds it. */
const LEAKS: readonly (readonly [name: string, value: JsonValue, detector: string])[] = [
  ['letters, with numbers in between', bases.flatMap((base, at) => [base, at]), 'spread-letters'],
  ['letters in a column of records', bases.map((call, at) => ({ at, call, state: 'ok' })), 'spread-letters'],
  ['letters in a column of rows', bases.map((call, at) => [at, call]), 'spread-letters'],
  ['letters under names, after other fields', { run: 7, unit: 'kPa', ...Object.fromEntries(bases.map((base, at) => [`c${at}`, base])) }, 'spread-letters'], // prettier-ignore
  ['codons', ['gat', 'tac', 'acc', 'gta', 'ggt', 'caa'], 'spread-letters'],
  ['RNA', bases.map(base => (base === 'T' ? 'U' : base)), 'spread-letters'],
  ['one-hot rows with a column for N', bases.map(base => [...hot(base), 0]), 'spread-composition'],
  ['one-hot, flat', bases.flatMap(hot), 'spread-composition'],
  ['one-hot, a track for each base', Object.fromEntries(Array.from('ACGT', one => [one, bases.map(base => Number(one === base))])), 'spread-composition'], // prettier-ignore
  ['one-hot under the number of the cycle', Object.fromEntries(bases.map((base, at) => [`cycle${at}`, hot(base)])), 'spread-composition'], // prettier-ignore
  ['composition with named shares', bases.map(base => Object.fromEntries(Array.from('ACGT', one => [`percent${one}`, one === base ? 97.1 : 0.9]))), 'spread-composition'], // prettier-ignore
  ['composition one step further in', bases.map((base, cycle) => ({ cycle, calls: hot(base).map(one => 950 * one + 7) })), 'spread-composition'], // prettier-ignore
  ['genotypes in records of one map', { markers: { rs4477212: { gt: '0/1' } } }, 'genotype-record'],
  ['genotypes as pairs', [['rs4477212', 'AG']], 'genotype-record'],
  ['dosages', { rs4477212: 0, rs3094315: 2, rs3131972: 1, rs12124819: 0, rs11240777: 1 }, 'genotype-record'],
  ['a variant as ANNOVAR names it', { Chr: 'chr7', Start: 140753336, Ref: 'A', Alt: 'T' }, 'variant-record'],
  ['a variant as Beacon names it', { variantType: 'SNP', referenceBases: 'A', alternateBases: 'T', start: 140753335 }, 'variant-record'], // prettier-ignore
  ['a variant by its gene', { gene: 'BRAF', ref: 'A', alt: 'T' }, 'variant-record'],
  ['a variant in a row', { rows: [['chr7', 140753336, 'A', 'T']] }, 'variant-record'],
  ['STR alleles under names', { TH01: { a: 6, b: 9.3 }, FGA: { a: 21, b: 24 }, vWA: { a: 16, b: 18 } }, 'str-record'],
  ['two indexes', { Lane: 1, Index: 'ATTACTCG', Index2: 'TATAGCCT' }, 'index-pair'],
]

for (const [name, value, detector] of LEAKS)
  t.test(`P1: ${name}: found at any depth, and in JSON in a string`, async t => {
    t.ok(foundBy(value).includes(detector), 'alone')
    t.ok(foundBy({ data: [{ lane: 1 }, { metrics: value }] }).includes(detector), 'within other telemetry')
    const [inner] = scanned({ message: JSON.stringify({ value }) }).findings.filter(one => one.detector === detector)
    t.match(inner, { pointer: '/message', chain: ['json'] })
  })

t.test('P1: an htsget answer: found by its name, in JSON and in text', async t => {
  const answer = { htsget: { format: 'BAM', urls: [] } }
  t.same(found(answer), ['genomics-json /#0'])
  t.ok(foundBy({ message: JSON.stringify(answer) }).includes('genomics-json'))
})

/** Containers of telemetry that come close. */
const CLEAN: readonly (readonly [name: string, value: JsonValue])[] = [
  ['the heading of a table of bases', { columns: ['Lane', 'A', 'C', 'G', 'T', 'N'] }],
  ['bases cycle after cycle', Array.from({ length: 60 }, (_, at) => ({ cycle: at >> 2, base: 'ACGT'[at & 3]!, percent: 25 }))], // prettier-ignore
  ['bases by their share', Array.from('TACGGATCCATGACGT', base => ({ base }))],
  ['sides and plate rows', { sides: Array.from('ABABABABABABABABAB'), rows: Array.from('ABCDEFGHABCDEFGH') }],
  ['months, units and missing values', ['Aug', 'Aug', 'Aug', 'Aug', 'Aug', 'Aug', 'Aug', 'NA', 'NA', 'NaN']],
  ['answers', Array.from('YNNYNNYNYYNNYNYNYNNNYY')],
  ['a poly-G run of two-colour chemistry', Array.from({ length: 40 }, (_, cycle) => ({ cycle, A: 1.1, C: 0.7, G: 97.6, T: 0.6 }))], // prettier-ignore
  ['four bins of quality', Array.from({ length: 40 }, (_, cycle) => [120 + cycle, 90, 400, 2_900_000])],
  ['the chambers of a valve in turn', Array.from({ length: 40 }, (_, at) => Array.from({ length: 4 }, (_, one) => Number(one === at % 4)))], // prettier-ignore
  ['a unit matrix', [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]], // prettier-ignore
  ['serial ports', { rs232: { value: 'A' }, rs485: 'on', rs422: 'D' }],
  ['versions', { ref: 'release-4', alt: 'main', build: 7 }],
  ['ports of a valve', { from: 'A', to: 'C', position: 12 }],
  ['rows of tiles', [['1', 1101, 'A', 'C'], [2, 21101, 'A', 'T']]], // prettier-ignore
  ['reads of a run', { reads: [{ name: 'Index1', cycles: 10 }, { name: 'Index2', cycles: 10 }] }], // prettier-ignore
  ['kit indexes by name', { index1: 'UDP0001', index2: 'UDP0002' }],
  ['one index', { index: 'ATTACTCG', lane: 1 }],
]

for (const [name, value] of CLEAN) t.test(`${name}: nothing is found`, async t => t.same(found(value), []))

t.test('P1: spread sequence: random genome of 24 letters is found nearly always, any shape', async t => {
  const random = seeded(41)
  let missed = 0
  for (let round = 0; round < 1_000; round++) {
    const letters = Array.from(genome(random, 24))
    if (!foundBy(letters).includes('spread-letters') || !foundBy(letters.map(hot)).includes('spread-composition'))
      missed++
  }
  t.ok(missed <= 5, `${missed} of 1,000 missed`)
})

t.test('P1: spread sequence: a panel without the detector does not ask it', async t => {
  const without = new Panel(detectors.filter(({ id }) => id !== 'spread-letters'))
  t.same(found({ calls: bases }, { panel: without }), [])
  t.same(found({ calls: bases }), ['spread-letters /calls'])
})

t.test('P7: spread sequence: the place is told, and names that say something are not', async t => {
  t.same(found({ lanes: [{ ok: 1 }, { rs4477212: 'AG' }] }), ['genotype-record /lanes/1'])
  t.same(found({ GATTACAGATTACA: bases }), ['nucleotide-run /#0', 'spread-letters /#0'])
  t.match(scanned({ calls: bases }).findings, [{ length: bases.length, category: 'sequence' }])
})

t.test('P1: spread sequence: an exception holds for one detector at one place, and for so many members', async t => {
  const exception: Exception = {
    id: 'kit',
    owner: 'lab',
    reason: 'a control of the kit',
    expires: Infinity,
    detector: 'spread-letters',
    route: 'run',
    instrument: null,
    surface: 'body',
    pointer: '/calls',
    pattern: ['calls'],
    maxLength: bases.length,
  }
  const names = new Set(['calls', 'other'])
  const under = (value: JsonValue, maxLength = bases.length) =>
    found(value, { names, exceptions: [{ ...exception, maxLength }] })
  t.same(under({ calls: bases }), [])
  t.match(scanned({ calls: bases }, { names, exceptions: [exception] }).excepted, [{ exception: 'kit' }])
  t.same(under({ other: bases }), ['spread-letters /other'])
  t.same(under({ calls: { a: bases } }), ['spread-letters /calls/#0'])
  t.same(under({ calls: bases }, bases.length - 1), ['spread-letters /calls'])
  t.same(under({ calls: bases.map(hot) }), ['spread-composition /calls'])
})

/** Members that, repeated, keep every detector at work without ever being enough. */
const HOSTILE: readonly (readonly [name: string, member: JsonValue])[] = [
  ['letters', 'A'],
  ['codons', 'CAN'],
  ['rsIDs', 'rs4477212'],
  ['loci', 'FGA'],
  ['one-hot rows', [1, 0, 0, 0]],
  ['compositions', { A: 990, C: 2, G: 1, T: 4 }],
  ['records', { base: 'A', rsid: 'rs1', genotype: 'AA', ref: 'A', alt: 'Q', pos: 1 }],
  ['indexes', 'ACACACAC'],
]

for (const [name, member] of HOSTILE)
  t.test(`spread sequence: many ${name} take linear time`, async t => {
    const time = (count: number): number => {
      const value = { index: Array.from({ length: count }, () => member) }
      return cpuTime(() => void scanned(value))
    }
    time(2_000)
    const before = time(20_000)
    let growth = time(160_000) / before
    for (let tries = 1; tries < 3 && growth > 10; tries++) growth = Math.min(growth, time(160_000) / time(20_000))
    t.ok(before < 20 || growth <= 10, `8 times the members take ${growth.toFixed(1)} times as long`)
  })
