/** What lint says about runs of nucleotides, against writing out every string that a pattern admits and reading them all. */
import t from 'tap'
import { stringify } from 'yaml'
import { compileSchema } from '../../../rules/schema.ts'
import { DETECTION_THRESHOLD, lint } from '../../../rules/workbench/lint.ts'
import { arrivalTime } from '../../kit/message.ts'
import { seeded, type Random } from '../../kit/random.ts'

/** A pattern, and all strings that it admits, made side by side. */
type Made = { readonly pattern: string; readonly strings: ReadonlySet<string> }

/** A pattern that admits more strings is not made: all of them are written out. */
const MOST = 600

const blocks = ['GATTACA', 'acgtn', 'TTTTTTT', 'CG', 'ACU', 'N', 'run', '_', '-', '7', 'CCGGTTAACC', 'uuuu', 'lane']
const characterClasses = ['AC', 'GT', 'C-', 'Nn', 'G7', 'TU']

const joined = (parts: readonly Made[]): Made => ({
  pattern: parts.map(({ pattern }) => pattern).join(''),
  strings: parts.reduce<ReadonlySet<string>>(
    (all, { strings }) =>
      new Set([...all].flatMap(before => [...strings].map(next => before + next)).slice(0, 2 * MOST)),
    new Set(['']),
  ),
})

const repeated = (inner: Made, least: number, most: number): Made => {
  const times = Array.from({ length: most - least + 1 }, (_, index) => joined(Array(least + index).fill(inner)))
  return {
    pattern: `(?:${inner.pattern}){${least},${most}}`,
    strings: new Set(times.flatMap(({ strings }) => [...strings])),
  }
}

const either = (branches: readonly Made[]): Made => ({
  pattern: `(?:${branches.map(({ pattern }) => pattern).join('|')})`,
  strings: new Set(branches.flatMap(({ strings }) => [...strings])),
})

const make = (random: Random, depth: number): Made => {
  const several = () => Array.from({ length: 1 + random.below(3) }, () => make(random, depth - 1))
  if (depth > 0 && random.chance(0.5)) return joined(several())
  if (depth > 0 && random.chance(0.4)) return either(several())
  if (depth > 0 && random.chance(0.6)) {
    const least = random.below(3)
    return repeated(make(random, depth - 1), least, least + random.below(3))
  }
  if (random.chance(0.3)) {
    const letters = random.pick(characterClasses)
    return { pattern: `[${letters}]`, strings: new Set(letters) }
  }
  const block = random.pick(blocks)
  return { pattern: block, strings: new Set([block]) }
}

/** The longest run of letters of bases that has three different ones in it, T and U being one. */
const longestIn = (text: string): number =>
  Math.max(
    0,
    ...[...text.matchAll(/[ACGTUN]+/gi)]
      .map(([run]) => run)
      .filter(run => new Set(run.toUpperCase().replaceAll('N', '').replaceAll('U', 'T')).size >= 3)
      .map(run => run.length),
  )

const text = (pattern: string, maxLength: number) => ({ type: 'string', pattern: `^(?:${pattern})$`, maxLength })

type Trial = { readonly schema: ReturnType<typeof text>; readonly admitted: readonly string[] }

const trials = (count: number, random: Random): readonly Trial[] => {
  const made: Trial[] = []
  while (made.length < count) {
    const { pattern, strings } = make(random, 4)
    if (strings.size > MOST || strings.size < 2) continue
    const lengths = [...strings].map(({ length }) => length)
    const maxLength = random.chance(0.3) ? Math.min(...lengths) + random.below(12) : Math.max(...lengths)
    made.push({ schema: text(pattern, maxLength), admitted: [...strings].filter(one => one.length <= maxLength) })
  }
  return made
}

/** Letters in a row that lint finds, by the name of the field. */
const foundIn = (properties: object): ReadonlyMap<string, number> => {
  const schema = { type: 'object', additionalProperties: false, properties }
  const policy = {
    version: 1,
    instruments: [{ id: 'one', address: '10.0.0.1' }],
    destinations: [{ id: 'vendor', host: 'vendor.example' }],
    routes: [{ id: 'one', destination: 'vendor', method: 'POST', path: '/one', body: { kind: 'json', schema } }],
  }
  const found = lint(stringify(policy), () => null, arrivalTime).filter(({ code }) => code === 'nucleotide-run')
  return new Map(found.map(({ pointer, detail }) => [pointer!.split('/').at(-1)!, Number.parseInt(detail, 10)]))
}

t.test(
  'P1: lint: whether nucleotides fit, and how many, is what all strings of 240 generated patterns say',
  async t => {
    const all = trials(240, seeded(20))
    const found = foundIn(Object.fromEntries(all.map(({ schema }, index) => [`f${index}`, schema])))
    const tally = { none: 0, few: 0, detected: 0, twenty: 0 }
    for (const [index, { schema, admitted }] of all.entries()) {
      const truth = Math.max(...admitted.map(longestIn))
      const expected = truth >= DETECTION_THRESHOLD ? truth : undefined
      if (found.get(`f${index}`) !== expected) t.equal(found.get(`f${index}`), expected, JSON.stringify(schema))
      tally[truth === 0 ? 'none' : truth < DETECTION_THRESHOLD ? 'few' : truth < 20 ? 'detected' : 'twenty']++
    }
    for (const [kind, count] of Object.entries(tally)) t.ok(count >= 20, `${count} ${kind}`)
  },
)

t.test('lint: the strings that are written out are those that the validator admits', async t => {
  for (const { schema, admitted } of trials(20, seeded(21))) {
    const validate = compileSchema(schema)
    t.ok(
      admitted.every(one => validate(one).ok),
      schema.pattern,
    )
  }
})
