/**
 * How much of what must not leave the detectors find, with no schema to help them, and how often they stop what may leave.
 * Run it with `npm run detection`; `-- --rounds 3` for more examples, `-- --misses` for what was missed in half a.
 */
import { parseArgs } from 'node:util'
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

const print = (title: string, { total, families, disguises }: Measured, isExpected: boolean): void => {
  if (values.json) {
    const rates = (tallies: ReadonlyMap<string, Tally>) => Object.fromEntries(tallies)
    process.stdout.write(
      `${JSON.stringify({ title, total, families: rates(families), disguises: rates(disguises) })}\n`,
    )
    return
  }
  process.stdout.write(`${share(total)}  ${title}: ${total.blocked} of ${total.of} blocked\n`)
  for (const [kind, tallies] of [
    ['family', families],
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

for (const half of ['a', 'b'] as const) {
  print(`sequencing data, half ${half}`, measure(sequenceCases(half, rounds), tell(half)), true)
  print(`telemetry, half ${half}`, measure(cleanCases(half, rounds * 10)), false)
}
