import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { RE2JS } from 're2js'
import t from 'tap'
import { parse } from 'yaml'
import { packsFolder } from '../../../proxy/policy/policy-file.ts'
import type { JsonValue } from '../../../rules/canonical.ts'
import { wordsOf } from '../../../rules/detectors/parts/context.ts'
import { compileSchema } from '../../../rules/schema.ts'
import { placesOf, replacedAt } from '../../kit/mutants.ts'

// What all packs promise is in test/rules/packs.test.ts; this is what this pack promises besides.

type Schema = { readonly [key: string]: unknown }
type Pack = { readonly kinds: readonly { readonly id: string; readonly schema: string; readonly samples: string }[] }

const folder = join(packsFolder, 'illumina-proactive')
const text = (path: string): string => readFileSync(join(folder, path), 'utf8')
const pack = parse(text('pack.yaml')) as Pack

const kinds = pack.kinds.map(({ id, schema, samples }) => ({
  id,
  schema: JSON.parse(text(schema)) as Schema,
  samples: readdirSync(join(folder, samples)).map(file => JSON.parse(text(join(samples, file))) as JsonValue),
}))

void t.test('illumina-proactive: the five kinds of the vendor, each with several samples', async t => {
  t.same(kinds.map(kind => kind.id).toSorted(), [
    'instrument-configuration',
    'instrument-performance',
    'run-configuration',
    'run-performance',
    'run-status',
  ])
  for (const { id, samples } of kinds) t.ok(samples.length >= 3, id)
})

void t.test('P1: illumina-proactive: a thousand million, or null, for any number blocks the sample', async t => {
  for (const { id, schema, samples } of kinds) {
    const validate = compileSchema(schema)
    for (const sample of samples)
      for (const { at, value } of placesOf(sample)) {
        if (typeof value !== 'number') continue
        const passed = [1e9, null].filter(by => validate(replacedAt(sample, at, by)).ok)
        if (passed.length > 0) t.fail(`${id} ${at.join('/')}`)
      }
  }
})

/** Every subschema that has a keyword; `properties` maps of the pack hold no property of that name. */
const holding = (schema: unknown, keyword: string): readonly Schema[] => {
  if (typeof schema !== 'object' || schema === null) return []
  const inner = Object.values(schema).flatMap(value => holding(value, keyword))
  return Object.hasOwn(schema, keyword) ? [schema as Schema, ...inner] : inner
}

void t.test('illumina-proactive: definitions of one name read the same in every schema', async t => {
  const seen = new Map<string, unknown>()
  for (const { id, schema } of kinds)
    for (const [name, definition] of Object.entries(schema.$defs as Schema)) {
      if (seen.has(name)) t.same(definition, seen.get(name), `${id} ${name}`)
      else seen.set(name, definition)
    }
  t.ok(seen.has('runId'))
})

void t.test('illumina-proactive: no property is named like one of those that are left out', async t => {
  const harmful = new RegExp(
    '\\b(?:user|username|operator|experiment|sample|project|folder|path|file|host|computer|investigator|created|description|' +
      'adapter(?! plate)|sequence|barcode|called counts|corrected|message|password|node|address|comment|note|patient)\\b',
  )
  t.match(wordsOf('baseSpaceUserName'), harmful)
  for (const { id, schema } of kinds) {
    const names = holding(schema, 'properties').flatMap(({ properties }) => Object.keys(properties as Schema))
    t.same(
      names.filter(name => harmful.test(wordsOf(name))),
      [],
      id,
    )
  }
})

// What a pattern can match is read off its RE2 program, so the two answers below are exact, not tried on examples.
const FAIL = 5
const MATCH = 6
const RUNES = new Set([8, 9, 10, 11])
type Instruction = {
  op: number
  out: number
  arg: number
  runes: ArrayLike<number>
  matchRune: (rune: number) => boolean
}
type Program = { inst: readonly Instruction[]; start: number }

const programOf = (pattern: string): Program =>
  (RE2JS.compile(pattern) as unknown as { re2Input: { prog: Program } }).re2Input.prog

const nextOf = ({ op, out, arg }: Instruction): readonly number[] =>
  op === FAIL || op === MATCH ? [] : op === 1 || op === 2 ? [out, arg] : [out]

/** Most characters in a row, from any place in the program, of which each can be one of `alphabet`; a loop is Infinity. */
const longestRun = ({ inst, start }: Program, alphabet: string | undefined, from: 'start' | 'anywhere'): number => {
  const letters = alphabet === undefined ? undefined : Array.from(alphabet, letter => letter.codePointAt(0)!)
  const known = new Map<number, number>()
  const open = new Set<number>()
  const run = (at: number): number => {
    if (open.has(at)) return Infinity
    const before = known.get(at)
    if (before !== undefined) return before
    const here = inst[at]!
    const consumes = RUNES.has(here.op)
    const fits = !consumes || letters === undefined || letters.some(letter => here.matchRune(letter))
    open.add(at)
    const longest = fits ? (consumes ? 1 : 0) + Math.max(0, ...nextOf(here).map(run)) : 0
    open.delete(at)
    known.set(at, longest)
    return longest
  }
  return from === 'start' ? run(start) : Math.max(...inst.keys().map(run))
}

void t.test('illumina-proactive: the automaton reading is right on patterns whose answer is known', async t => {
  const bases = 'ACGTUNacgtun'
  t.equal(longestRun(programOf('^[A-Z0-9]{9}$'), bases, 'anywhere'), 9)
  t.equal(longestRun(programOf('^(?:AC-?GT|\\d{5}[ACGT]{7})$'), bases, 'anywhere'), 7)
  t.equal(longestRun(programOf('^AC-?GT$'), bases, 'anywhere'), 4)
  t.equal(longestRun(programOf('^A-C*$'), bases, 'anywhere'), Infinity)
  t.equal(longestRun(programOf('^(?:abc|d{2,4})$'), undefined, 'start'), 4)
})

void t.test(
  'P1: illumina-proactive: no pattern admits twelve nucleotide letters in a row, and maxLength is its exact length',
  async t => {
    const strings = kinds.flatMap(({ schema }) => holding(schema, 'pattern'))
    t.ok(strings.length > 15)
    for (const { pattern, maxLength } of strings) {
      const program = programOf(pattern as string)
      t.ok(longestRun(program, 'ACGTUNacgtun', 'anywhere') < 12, `nucleotides in ${pattern as string}`)
      t.equal(maxLength, longestRun(program, undefined, 'start'), `length of ${pattern as string}`)
    }
  },
)

void t.test(
  'illumina-proactive: patterns mean the same to RE2 as to ECMAScript on every string of the samples',
  async t => {
    for (const { pattern } of kinds.flatMap(({ schema }) => holding(schema, 'pattern'))) {
      const linear = RE2JS.compile(pattern as string)
      const native = new RegExp(pattern as string, 'u')
      for (const { value } of kinds.flatMap(({ samples }) => samples.flatMap(sample => placesOf(sample))))
        if (typeof value === 'string' && native.test(value) !== linear.matcher(value).find())
          t.fail(`${pattern as string} ${value}`)
    }
  },
)
