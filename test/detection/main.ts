/**
 * How much of what must not leave the detectors find, with no schema to help them, and how often they stop what may leave.
 * Run it with `npm run detection`; `-- --rounds 3` for more examples, `-- --misses` for what was missed in half a.
 */
import { parseArgs } from 'node:util'
import { identityCases, undecidableCases } from './identity-cases.ts'
import { peopleOf } from './identity/people.ts'
import { prose, proseLanguages } from './identity/prose.ts'
import { cleanCases, measure, sequenceCases, type Case, type Half, type Measured, type Tally } from './measure.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '1' },
    misses: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})
const rounds = Number(values.rounds)

const share = ({ blocked, of }: Tally): string => `${((100 * blocked) / of).toFixed(2)} %`.padStart(9)

const print = (title: string, { total, families, disguises, languages }: Measured, isExpected: boolean): void => {
  if (values.json) {
    const rates = (tallies: ReadonlyMap<string, Tally>) => Object.fromEntries(tallies)
    process.stdout.write(
      `${JSON.stringify({ title, total, families: rates(families), disguises: rates(disguises), languages: rates(languages) })}\n`,
    )
    return
  }
  process.stdout.write(`${share(total)}  ${title}: ${total.blocked} of ${total.of} blocked\n`)
  for (const [kind, tallies] of [
    ['family', families],
    ['language', languages],
    ['disguise', disguises],
  ] as const)
    for (const [name, tally] of tallies)
      if (isExpected ? tally.blocked < tally.of : tally.blocked > 0)
        process.stdout.write(`    ${share(tally)}  ${kind} ${name}: ${tally.blocked} of ${tally.of}\n`)
}

/** Only of half a: who has seen what is missed in half b has tuned on it. */
const tell =
  (half: Half) =>
  ({ family, disguise, payload }: Case): void => {
    if (values.misses && half === 'a')
      process.stdout.write(`missed: ${family} · ${disguise} · ${JSON.stringify(payload).slice(0, 160)}\n`)
  }

/** A disguise is worn by the sentence around a value: what is found without one says how good the detectors are. */
const isPlain = ({ disguise }: Case): boolean => !disguise.startsWith('disguise ')

const identity = (half: Half): void => {
  const people = peopleOf(half, rounds * 60)
  if (people === null) {
    process.stdout.write('persons, half b: not measured, there is no python3 with faker here (pip install faker)\n')
    return
  }
  const cases = [...identityCases(half, people)]
  print(`persons' data, half ${half}`, measure(cases.filter(isPlain), tell(half)), true)
  print(
    `persons' data in disguise, half ${half}`,
    measure(
      cases.filter(one => !isPlain(one)),
      tell(half),
    ),
    true,
  )
  print(`names that nobody could know, half ${half}`, measure(undecidableCases(half, people)), true)
}

/** Running text without persons, as much of it as this computer has. */
const proseCases = function* (half: Half): Iterable<Case> {
  for (const language of proseLanguages)
    for (const message of prose(language, half, rounds * 2000))
      yield { family: 'prose', disguise: 'none', language, payload: { message } }
}

for (const half of ['a', 'b'] as const) {
  print(`sequencing data, half ${half}`, measure(sequenceCases(half, rounds), tell(half)), true)
  print(`telemetry, half ${half}`, measure(cleanCases(half, rounds * 40)), false)
  identity(half)
  print(`prose, half ${half}`, measure(proseCases(half)), false)
}
