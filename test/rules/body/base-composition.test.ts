import t from 'tap'
import { spellingRecord } from '../../../rules/body/base-composition.ts'
import type { InteropValue } from '../../../rules/body/interop.ts'

/** A made-up amplicon. */
const AMPLICON = 'ACGTTGCATGCCATGGCTAACGTTAGCCATTGACCGATGC'

type Counts = { NC: number; A: number; C: number; G: number; T: number }
const diverse: Counts = { NC: 300, A: 140_000, C: 120_000, G: 110_000, T: 130_000 }
const mostly = (base: string, clusters: number, others = 0): Counts => ({
  NC: 0,
  A: others,
  C: others,
  G: others,
  T: others,
  [base]: clusters,
})

const fileOf = (counts: readonly Counts[], tile = 1101): InteropValue => ({
  kind: 'CorrectedIntMetrics',
  version: 4,
  records: counts.map((calledCounts, index) => ({ lane: 1, tile, cycle: index + 1, calledCounts })),
})
const cycles = (length: number, of: (cycle: number) => Counts): Counts[] => Array.from({ length }, (_, at) => of(at))
const amplicon = (cycle: number): Counts => mostly(AMPLICON[cycle % AMPLICON.length]!, 400_000, 2_000)

t.test('base composition: a diverse library spells nothing', async t => {
  t.equal(spellingRecord(fileOf(cycles(151, () => diverse))), null)
  t.equal(spellingRecord(fileOf([])), null)
  t.equal(
    spellingRecord({ kind: 'ErrorMetrics', version: 4, records: [{ lane: 1, tile: 1101, cycle: 1, errorRate: 1 }] }),
    null,
  )
})

t.test('P1: base composition: a lane of one amplicon spells its consensus', async t => {
  t.equal(spellingRecord(fileOf(cycles(40, amplicon))), 19)
  const behindDiverse = cycles(60, cycle => (cycle < 40 ? diverse : amplicon(cycle)))
  t.equal(spellingRecord(fileOf(behindDiverse)), 49, 'as soon as half of 20 cycles are spelled')
  t.equal(spellingRecord(fileOf(behindDiverse.slice(0, 49))), null)
})

t.test('P1: base composition: neither the order of the records nor other tiles between them hide it', async t => {
  const { records } = fileOf(cycles(40, amplicon))
  const shuffled = records.toSorted((a, b) => ((Number(a.cycle) * 7) % 41) - ((Number(b.cycle) * 7) % 41))
  t.not(spellingRecord({ ...fileOf([]), records: shuffled }), null)
  const between = fileOf(
    cycles(40, () => diverse),
    1102,
  ).records
  t.not(spellingRecord({ ...fileOf([]), records: records.flatMap((record, at) => [between[at]!, record]) }), null)
})

t.test('P1: base composition: a file of few cycles spells what it has', async t => {
  t.equal(spellingRecord(fileOf([amplicon(0)])), 0)
  t.equal(spellingRecord(fileOf([diverse, amplicon(1), diverse])), null)
})

t.test('P1: base composition: few clusters are reads', async t => {
  t.equal(spellingRecord(fileOf([diverse, { NC: 0, A: 2_500, C: 2_500, G: 2_500, T: 2_499 }])), 1)
  t.equal(spellingRecord(fileOf([{ NC: 0, A: 2_500, C: 2_500, G: 2_500, T: 2_500 }])), null)
})
