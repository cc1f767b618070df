import t from 'tap'
import { spellingPlace } from '../../../rules/body/composition.ts'
import { lacking } from '../../../rules/body/consent.ts'
import type { JsonValue } from '../../../rules/canonical.ts'

const diverse = { A: 30_000, C: 20_000, G: 22_000, T: 28_000 }
const spelled = (at: number): { [base: string]: number } => ({ A: 10, C: 10, G: 10, T: 10, ['ACGT'[at % 4]!]: 100_000 })
const cycles = (count: number, of: (at: number) => JsonValue): JsonValue =>
  Array.from({ length: count }, (_, at) => of(at))
const look = (list: JsonValue, minimumClusters?: number) => {
  const found = spellingPlace({ lanes: [{ list }] }, [
    { at: '/lanes/*/list', ...(minimumClusters && { minimumClusters }) },
  ])
  return found && `${found.rule} /${found.path.join('/')}`
}

t.test('composition: a diverse library passes, as records and as lists', async t => {
  t.equal(look(cycles(151, () => diverse)), null)
  t.equal(look(cycles(151, () => ({ ...diverse, N: 12 }))), null)
  t.equal(look(cycles(151, () => [30_000, 20_000, 22_000, 28_000])), null)
  t.equal(look(cycles(151, () => [30_000, 20_000, 22_000, 28_000, 5])), null)
  t.equal(look([]), null)
  t.equal(spellingPlace({ lanes: [{}] }, [{ at: '/lanes/*/list' }]), null, 'what is not there spells nothing')
})

t.test('P1: composition: an amplicon, and counts over few clusters, are found in each array by itself', async t => {
  t.equal(look(cycles(40, spelled)), 'base-composition /lanes/0/list/19')
  t.equal(look(cycles(40, at => (at % 3 === 0 ? spelled(at) : diverse))), null, 'a third of the cycles')
  t.equal(look(cycles(2, () => [2_500, 2_500, 2_500, 2_499])), 'base-composition /lanes/0/list/0')
  t.equal(look(cycles(2, () => [2_500, 2_500, 2_500, 2_499, 1])), null)
  t.equal(
    look(
      cycles(2, () => diverse),
      100_001,
    ),
    'base-composition /lanes/0/list/0',
  )
  const shuffled = cycles(40, at => ({
    cycle: (at * 7) % 40,
    ...((at * 7) % 40 < 20 ? spelled(at) : diverse),
  }))
  t.match(look(shuffled), /^base-composition /, 'sorted by cycle')
  const two = { lanes: [{ list: cycles(5, () => diverse) }, { list: cycles(5, spelled) }] }
  t.match(spellingPlace(two, [{ at: '/lanes/*/list' }]), { rule: 'base-composition', path: ['lanes', 1, 'list', 4] })
})

t.test('P8: composition: what is no count of bases is refused', async t => {
  const strange: readonly JsonValue[] = [
    { A: 25.1, C: 24.9, G: 25, T: 25 },
    { A: 30_000, C: 20_000, G: 22_000 },
    { A: -1, C: 20_000, G: 22_000, T: 30_000 },
    { ...diverse, N: 'none' },
    { ...diverse, cycle: '1' },
    [30_000, 20_000, 22_000],
    [30_000, 20_000, 22_000, 1, 2, 3],
    'ACGT',
    30_000,
    null,
  ]
  for (const one of strange) t.equal(look([diverse, one]), 'composition-form /lanes/0/list/1', JSON.stringify(one))
  t.equal(look({ A: [1], C: [1] }), 'composition-form /lanes/0/list')
})

t.test('consent: a value that is missing or different is named by its place', async t => {
  const required = [
    { at: '/sendHealthData', equals: true },
    { at: '/runs/*/mode', equals: 'Proactive' },
  ]
  const runs = [{ mode: 'Proactive' }, { mode: 'Proactive' }]
  const where = (value: JsonValue) => lacking(value, required)
  t.equal(where({ sendHealthData: true, runs }), null)
  t.strictSame(where({ runs }), ['sendHealthData'])
  for (const sendHealthData of [false, 'true', 1, null, [true]])
    t.strictSame(where({ sendHealthData, runs }), ['sendHealthData'], JSON.stringify(sendHealthData))
  t.strictSame(where({ sendHealthData: true, runs: [runs[0]!, { mode: 'All' }] }), ['runs', 1, 'mode'])
  t.strictSame(where({ sendHealthData: true, runs: [runs[0]!, {}] }), ['runs'])
  t.strictSame(where({ sendHealthData: true, runs: [] }), ['runs'])
  t.strictSame(where({ sendHealthData: true, runs: 'Proactive' }), ['runs'])
  t.strictSame(where('nothing'), ['sendHealthData'])
})
