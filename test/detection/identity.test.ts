import t, { type Test } from 'tap'
import { identityCases } from './identity-cases.ts'
import { peopleOf } from './identity/people.ts'
import { prose, proseLanguages } from './identity/prose.ts'
import { cleanCases, measure, type Case, type Half, type Tally } from './measure.ts'

/** Persons for each language: enough for the bars, few enough for a test. `npm run detection` takes more. */
const COUNT = 14

const barLanguages: ReadonlySet<string | undefined> = new Set(['en', 'fr', 'de', 'es'])
const isMeasured = ({ disguise, language }: Case): boolean =>
  !disguise.startsWith('disguise ') && barLanguages.has(language)

const share = (tally: Tally | undefined): number => (tally === undefined ? 0 : (100 * tally.blocked) / tally.of)

/** Least percentages of clear leaks that are blocked, in English, French, German and Spanish. */
const bars = {
  name: 88,
  phone: 93,
  address: 85,
  'national-id': 95,
  email: 100,
  iban: 100,
  mrn: 100,
} as const

const holdTheBars = (t: Test, half: Half): void => {
  const people = peopleOf(half, COUNT)
  if (people === null) {
    t.pass('not measured: there is no python3 with faker here')
    t.comment('pip install faker')
    return
  }
  const { total, families } = measure([...identityCases(half, people)].filter(isMeasured))
  t.ok(share(total) >= 95, `${share(total).toFixed(1)} % of ${total.of} clear leaks are blocked`)
  for (const [family, least] of Object.entries(bars)) {
    const found = share(families.get(family))
    t.ok(found >= least, `${family}: ${found.toFixed(1)} % of ${families.get(family)?.of} blocked, at least ${least}`)
  }
}

t.test("detection: persons' data of half a, on which detectors are tuned, blocked as often as promised", async t =>
  holdTheBars(t, 'a'),
)

t.test("detection: persons' data of half b, made by another generator, blocked as often as promised", async t =>
  holdTheBars(t, 'b'),
)

t.test('detection: telemetry, left alone', async t => {
  for (const half of ['a', 'b'] as const) {
    const { total } = measure(cleanCases(half, 6))
    t.ok(share(total) <= 0.5, `half ${half}: ${total.blocked} of ${total.of} blocked`)
  }
})

t.test('detection: ordinary prose, left alone', async t => {
  for (const half of ['a', 'b'] as const) {
    const cases = proseLanguages.flatMap(language =>
      prose(language, half, 150, 24).map(message => ({
        family: 'prose',
        disguise: 'none',
        language,
        payload: { message },
      })),
    )
    const { total } = measure(cases)
    t.ok(total.of === 0 || share(total) <= 3, `half ${half}: ${total.blocked} of ${total.of} sentences blocked`)
  }
})
