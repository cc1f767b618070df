import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { readdirSync, readFileSync } from 'node:fs'
import { RE2JS } from 're2js'
import t from 'tap'
import { parse } from 'yaml'
import { openings } from '../../../rules/closed-schema.ts'
import { wordsOf } from '../../../rules/detectors/parts/context.ts'

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
type Pack = { name: string; kinds: readonly { id: string; schema: string; samples: string }[]; blocked: string }
type Case = { file: string; kind: string; why: string; pointer: string }
type Schema = { readonly [key: string]: unknown }

const folder = new URL('../../../rules/packs/illumina-proactive', import.meta.url)
const text = (path: string): string => readFileSync(new URL(path, folder), 'utf8')
const json = (path: string): Json => JSON.parse(text(path)) as Json
const pack = parse(text('pack.yaml')) as Pack

const compile = (schema: Schema): ValidateFunction =>
  new Ajv2020({
    strict: true,
    ownProperties: true,
    allErrors: false,
    multipleOfPrecision: 6,
  }).compile(schema)

const kinds = pack.kinds.map(({ id, schema, samples }) => {
  const document = json(schema) as Schema
  const files = readdirSync(new URL(samples, folder)).map(file => `${samples}/${file}`)
  return {
    id,
    schema: document,
    validate: compile(document),
    samples: files.map(file => ({ file, value: json(file) })),
  }
})

type Place = readonly (string | number)[]

/** Every value inside a value, with the way to it. */
const places = (value: Json, at: Place = []): readonly { at: Place; value: Json }[] => [
  { at, value },
  ...(typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, inner]) => places(inner, [...at, Array.isArray(value) ? Number(key) : key]))
    : []),
]

/** A copy of a value with another one at a place. */
const replaced = (value: Json, at: Place, by: Json): Json => {
  const [first, ...rest] = at
  if (first === undefined) return by
  if (Array.isArray(value))
    return value.map((inner: Json, index) => (index === first ? replaced(inner, rest, by) : inner))
  const object = value as { [key: string]: Json }
  return { ...object, [first]: replaced(object[first]!, rest, by) }
}

/** A copy with one more member; spelled as JSON, so that `__proto__` is a member like any other. */
const planted = (value: Json, at: Place, name: string, member: Json): Json => {
  const target = places(value).find(place => place.at.join('/') === at.join('/'))!.value
  const members = JSON.stringify(target).slice(1, -1)
  const object = `{${members}${members === '' ? '' : ','}${JSON.stringify(name)}:${JSON.stringify(member)}}`
  return replaced(value, at, JSON.parse(object) as Json)
}

void t.test('illumina-proactive: pack.yaml names the five kinds, each with several samples', async t => {
  t.equal(pack.name, 'illumina-proactive')
  t.same(kinds.map(kind => kind.id).toSorted(), [
    'instrument-configuration',
    'instrument-performance',
    'run-configuration',
    'run-performance',
    'run-status',
  ])
  for (const kind of kinds) {
    t.ok(kind.samples.length >= 3, `${kind.id} has samples`)
    t.equal(kind.schema.$id, `urn:sluice:pack:illumina-proactive:${kind.id}`)
  }
})

void t.test('P1: illumina-proactive: no schema has an opening', async t => {
  for (const kind of kinds) t.same(openings(kind.schema), [], kind.id)
})

void t.test('illumina-proactive: every sample passes its own schema and no other', async t => {
  for (const kind of kinds)
    for (const { file, value } of kind.samples)
      t.same(
        kinds.filter(({ validate }) => validate(value)).map(({ id }) => id),
        [kind.id],
        file,
      )
})

void t.test('P1: illumina-proactive: every listed payload is refused, at the place that is listed', async t => {
  const cases = json(pack.blocked) as unknown as readonly Case[]
  const listed = cases.map(({ file }) => file)
  t.same(
    [...listed, 'cases.json'].toSorted(),
    readdirSync(new URL('samples/blocked', folder)).toSorted(),
    'all are listed',
  )
  for (const { file, kind, why, pointer } of cases) {
    const { validate } = kinds.find(({ id }) => id === kind)!
    if (!t.notOk(validate(json(`samples/blocked/${file}`)), `${file}: ${why}`)) continue
    const [error] = validate.errors!
    const member = error!.keyword === 'additionalProperties' ? `/${error!.params.additionalProperty}` : ''
    t.equal(error!.instancePath + member, pointer, `${file}: place`)
  }
})

/** Runs every mutant of every sample, and gathers those that pass: there must be none. */
const survivors = (
  mutants: (sample: Json) => Iterable<{ name: string; value: Json }>,
): { ran: number; passed: string[] } => {
  const passed: string[] = []
  let ran = 0
  for (const { validate, samples } of kinds)
    for (const { file, value } of samples)
      for (const mutant of mutants(value)) {
        ran++
        if (validate(mutant.value)) passed.push(`${file} ${mutant.name}`)
      }
  return { ran, passed }
}

void t.test('P1: illumina-proactive: one unknown field at any level of any sample blocks it', async t => {
  const names = ['note', 'sampleName', '__proto__', 'constructor', 'toString', 'Category', '']
  const { ran, passed } = survivors(function* (sample) {
    for (const { at, value } of places(sample)) {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) continue
      for (const name of names) yield { name: `${at.join('/')} + ${name}`, value: planted(sample, at, name, 1) }
    }
  })
  t.ok(ran > 500, `${ran} mutants`)
  t.same(passed, [])
})

void t.test(
  'P1: illumina-proactive: a read, a name, an address, a path or free text in any string blocks the sample',
  async t => {
    const texts = [
      'GTCAAGTCCATTGACGTTAGCCAT',
      'gtcaagtccattgacgttagccat',
      'Jane Doe',
      'j.doe@lab.example',
      'C:\\Users\\jdoe',
      '',
      'ok\n',
    ]
    const { ran, passed } = survivors(function* (sample) {
      for (const { at, value } of places(sample)) {
        if (typeof value !== 'string') continue
        const appended = [`${value}\n`, `${value} GTCAAGTCCATTGACGTTAGCCAT`, `Jane Doe ${value}`]
        for (const by of [...texts, ...appended])
          yield { name: `${at.join('/')} = ${by}`, value: replaced(sample, at, by) }
      }
    })
    t.ok(ran > 2000, `${ran} mutants`)
    t.same(passed, [])
  },
)

void t.test(
  'P1: illumina-proactive: a number out of range, with free digits, or as a string blocks the sample',
  async t => {
    const { ran, passed } = survivors(function* (sample) {
      for (const { at, value } of places(sample)) {
        if (typeof value !== 'number') continue
        for (const by of [1e9, -1e9, 1e300, value + 0.000123, String(value), [value], null])
          yield { name: `${at.join('/')} = ${JSON.stringify(by)}`, value: replaced(sample, at, by) }
      }
    })
    t.ok(ran > 2000, `${ran} mutants`)
    t.same(passed, [])
  },
)

/** Every subschema that has a keyword; `properties` maps of the pack hold no property of that name. */
const holding = (schema: unknown, keyword: string): readonly Schema[] => {
  if (typeof schema !== 'object' || schema === null) return []
  const inner = Object.values(schema).flatMap(value => holding(value, keyword))
  return Object.hasOwn(schema, keyword) ? [schema as Schema, ...inner] : inner
}

void t.test('illumina-proactive: every number that is no integer has a step', async t => {
  const numbers = kinds.flatMap(({ schema }) => holding(schema, 'type')).filter(({ type }) => type === 'number')
  t.ok(numbers.length > 20)
  for (const number of numbers) t.type(number.multipleOf, 'number', JSON.stringify(number.description))
})

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
      for (const { value } of kinds.flatMap(({ samples }) => samples.flatMap(({ value }) => places(value))))
        if (typeof value === 'string' && native.test(value) !== linear.matcher(value).find())
          t.fail(`${pattern as string} ${value}`)
    }
  },
)
