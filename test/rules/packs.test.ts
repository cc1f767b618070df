import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { loadPolicy, packsFolder, readPolicySource } from '../../proxy/policy/policy-file.ts'
import type { JsonValue } from '../../rules/canonical.ts'
import { patternLanguage } from '../../rules/capacity/pattern-language.ts'
import { bitsPerDay } from '../../rules/capacity/route-budget.ts'
import { routeCapacity } from '../../rules/capacity/route-capacity.ts'
import { openings, propertyNames } from '../../rules/closed-schema.ts'
import { inspect } from '../../rules/inspect.ts'
import { referenceToken } from '../../rules/json-pointer.ts'
import type { Caller } from '../../rules/message.ts'
import { compileSchema, type Validator } from '../../rules/schema.ts'
import type { Verdict } from '../../rules/verdict.ts'
import { readDraftPolicy } from '../../rules/workbench/draft-policy.ts'
import { lint } from '../../rules/workbench/lint.ts'
import { readPolicyDocument } from '../../rules/policy/policy-document.ts'
import { capacitySection, writtenSection } from '../docs/pack-capacity.ts'
import { arrivalTime, messageOf } from '../kit/message.ts'
import { memberAdded, placesOf, replacedAt } from '../kit/mutants.ts'

type Schema = { readonly [key: string]: unknown }
type Sample = { readonly file: string; readonly value: JsonValue }
type Kind = {
  readonly id: string
  readonly schema: Schema
  readonly validate: Validator
  readonly samples: readonly Sample[]
}
type Case = { readonly file: string; readonly kind: string; readonly why: string; readonly pointer: string }

/** More than this is more than anybody should be able to say through instrument telemetry. */
const MOST_BITS_PER_SECOND = 100
const SECONDS_PER_DAY = 86_400

const readPack = (name: string) => {
  const folder = join(packsFolder, name)
  const json = (path: string): JsonValue => JSON.parse(readFileSync(join(folder, path), 'utf8')) as JsonValue
  const document = parse(readFileSync(join(folder, 'pack.yaml'), 'utf8')) as {
    readonly name: string
    readonly kinds: readonly { readonly id: string; readonly schema: string; readonly samples: string }[]
    readonly blocked: string
  }
  const kinds: readonly Kind[] = document.kinds.map(({ id, schema, samples }) => {
    const read = json(schema) as Schema
    const files = readdirSync(join(folder, samples)).map(file => ({ file, value: json(join(samples, file)) }))
    return { id, schema: read, validate: compileSchema(read), samples: files }
  })
  const policy = loadPolicy(join(folder, 'policy.yaml'))
  return { name, folder, document, kinds, policy, json, cases: json(document.blocked) as unknown as readonly Case[] }
}

const packs = readdirSync(packsFolder).toSorted().map(readPack)
/** Begun at once, because each is a process of its own. */
const sections = new Map(packs.map(({ name }) => [name, capacitySection(name)]))
type Pack = (typeof packs)[number]

/** On the appliance itself, as the policies of the packs have it. */
const local: Caller = { client: '127.0.0.1', ingress: { kind: 'gateway', names: ['sluice.lab'], port: 8443 } }

/** What the policy of a pack makes of a payload on the route of a kind. */
const send = ({ policy }: Pack, kind: string, payload: JsonValue): Verdict => {
  const route = policy.routes.find(({ id }) => id === kind)!
  const target = `/${route.path.segments.map(segment => ('literal' in segment ? segment.literal : '')).join('/')}`
  return inspect(messageOf({ arrival: local, target, body: JSON.stringify(payload) }), policy)
}

/** Runs every mutant of every sample past the schema alone, and gathers those that pass: there must be none. */
const survivors = (
  { kinds }: Pack,
  mutants: (sample: JsonValue) => Iterable<{ readonly name: string; readonly value: JsonValue }>,
): { readonly ran: number; readonly passed: readonly string[] } => {
  const passed: string[] = []
  let ran = 0
  for (const { validate, samples } of kinds)
    for (const { file, value } of samples)
      for (const mutant of mutants(value)) {
        ran++
        if (validate(mutant.value).ok) passed.push(`${file} ${mutant.name}`)
      }
  return { ran, passed }
}

/** As a verdict spells a place: a name that no schema names is given by its position. */
const shown = (pointer: string, { schema }: Kind, payload: JsonValue): string => {
  const names = propertyNames(schema)
  let here: unknown = payload
  return pointer
    .split('/')
    .slice(1)
    .map(step => {
      const keys = typeof here === 'object' && here !== null ? Object.keys(here) : []
      const isNamed = Array.isArray(here) || names.has(step)
      here = (here as Record<string, unknown>)[step]
      return isNamed ? `/${step}` : `/#${keys.indexOf(step)}`
    })
    .join('')
}

/** Every subschema that has a keyword; no `properties` map of the packs holds a property of that name. */
const holding = (schema: unknown, keyword: string): readonly Schema[] => {
  if (typeof schema !== 'object' || schema === null) return []
  const inner = Object.values(schema).flatMap(value => holding(value, keyword))
  return Object.hasOwn(schema, keyword) ? [schema as Schema, ...inner] : inner
}

t.test('packs: the shipped ones', async t => {
  t.same(
    packs.map(({ name }) => name),
    ['element-aviti', 'illumina-proactive', 'nanopore-minknow', 'otlp', 'pacbio'],
  )
})

for (const pack of packs) {
  const { name, kinds, folder, document, policy, cases } = pack

  t.test(
    `${name}: pack.yaml names the kinds; each has samples, a route of the policy and a part of the README`,
    async t => {
      t.equal(document.name, name)
      const readme = readFileSync(join(folder, 'README.md'), 'utf8')
      const schemas = readdirSync(folder).filter(file => file.endsWith('.schema.json'))
      t.same(schemas.toSorted(), document.kinds.map(({ schema }) => schema).toSorted(), 'no schema is left over')
      for (const { id, schema, samples } of kinds) {
        t.ok(samples.length >= 2, `${id}: samples`)
        t.equal(schema.$id, `urn:sluice:pack:${name}:${id}`)
        t.ok(existsSync(join(folder, `${id}.schema.json`)), `${id}: where a policy looks for it`)
        t.ok(
          policy.routes.some(route => route.id === id),
          `${id}: route`,
        )
        t.ok(readme.includes(`\`${id}\``), `${id}: README`)
        t.ok(
          cases.some(({ kind }) => kind === id),
          `${id}: blocked cases`,
        )
      }
    },
  )

  t.test(`P1: ${name}: no schema has an opening`, async t => {
    for (const { id, schema } of kinds) t.same(openings(schema), [], id)
  })

  t.test(`${name}: lint has nothing to say of the policy, and the destination is a placeholder`, async t => {
    const { text, readReference } = readPolicySource(join(folder, 'policy.yaml'))
    t.same(lint(text, readReference, arrivalTime), [])
    for (const { destination } of policy.routes) t.match(destination.host, /\.example$/)
  })

  t.test(`${name}: every sample passes the policy of the pack, detectors included, and no other kind`, async t => {
    for (const { id, samples } of kinds)
      for (const { file, value } of samples) {
        const verdict = send(pack, id, value)
        t.equal(verdict.kind, 'forward', `${file} ${verdict.kind === 'block' ? JSON.stringify(verdict) : ''}`)
        const fitting = kinds.filter(({ validate }) => validate(value).ok)
        t.same(
          fitting.map(({ id }) => id),
          [id],
          file,
        )
      }
  })

  t.test(`P1: ${name}: every listed payload is blocked, at the place that is listed`, async t => {
    const listed = [...cases.map(({ file }) => file), 'cases.json']
    t.same(listed.toSorted(), readdirSync(join(folder, 'samples/blocked')).toSorted(), 'all are listed')
    for (const { file, kind, why, pointer } of cases) {
      const payload = pack.json(`samples/blocked/${file}`)
      const of = kinds.find(({ id }) => id === kind)!
      const valid = of.validate(payload)
      t.equal(valid.ok ? 'passes' : valid.path.map(referenceToken).join(''), pointer, `${file}: ${why}`)
      const verdict = send(pack, kind, payload)
      if (verdict.kind !== 'block') t.fail(`${file}: ${why}: forwarded`)
      else t.equal(verdict.place?.pointer, shown(pointer, of, payload), `${file}: place in the verdict`)
    }
  })

  t.test(`P1: ${name}: one unknown field at any level of any sample blocks it`, async t => {
    const names = ['note', 'sampleName', '__proto__', 'constructor', 'toString', 'Category', '']
    const { ran, passed } = survivors(pack, function* (sample) {
      for (const { at, value } of placesOf(sample)) {
        if (typeof value !== 'object' || value === null || Array.isArray(value)) continue
        for (const added of names)
          yield { name: `${at.join('/')} + ${added}`, value: memberAdded(sample, at, added, 1) }
      }
    })
    t.ok(ran > 50, `${ran} mutants`)
    t.same(passed, [])
  })

  t.test(`P1: ${name}: a read, a name, an address, a path or free text in any string blocks the sample`, async t => {
    const read = 'GTCAAGTCCATTGACGTTAGCCAT'
    const texts = [read, read.toLowerCase(), 'Jane Doe', 'j.doe@lab.example', 'C:\\Users\\jdoe', '', 'ok\n']
    const { ran, passed } = survivors(pack, function* (sample) {
      for (const { at, value } of placesOf(sample)) {
        if (typeof value !== 'string') continue
        const appended = [`${value}\n`, `${value} ${read}`, `Jane Doe ${value}`, `${value}9999999999999999`]
        for (const by of [...texts, ...appended])
          yield { name: `${at.join('/')} = ${by}`, value: replacedAt(sample, at, by) }
      }
    })
    t.ok(ran > 50, `${ran} mutants`)
    t.same(passed, [])
  })

  t.test(`P1: ${name}: a number out of range, with free digits, or as a string blocks the sample`, async t => {
    const { ran, passed } = survivors(pack, function* (sample) {
      for (const { at, value } of placesOf(sample)) {
        if (typeof value !== 'number') continue
        for (const by of [1e14, -1e9, 1e300, value + 0.000123, String(value), [value]])
          yield { name: `${at.join('/')} = ${JSON.stringify(by)}`, value: replacedAt(sample, at, by) }
      }
    })
    t.ok(ran > 50, `${ran} mutants`)
    t.same(passed, [])
  })

  t.test(`P1: ${name}: no pattern admits twelve nucleotide letters in a row`, async t => {
    for (const { pattern, minLength, maxLength } of kinds.flatMap(({ schema }) => holding(schema, 'pattern'))) {
      const lengths = { minLength: (minLength as number | undefined) ?? 0, maxLength: maxLength as number }
      const longest = patternLanguage(pattern as string)!.longestRun({ letters: 'ACGTUNacgtun' }, lengths)
      t.ok(longest < 12, `${longest} in ${pattern as string}`)
    }
  })

  t.test(`${name}: every number that is no integer has a step, and every array has an end`, async t => {
    for (const { schema } of kinds) {
      for (const one of holding(schema, 'type')) {
        if ([one.type].flat().includes('number')) t.type(one.multipleOf, 'number', JSON.stringify(one))
        if (one.type === 'array') t.type(one.maxItems, 'number')
      }
    }
  })

  t.test(
    `${name}: each route carries less than ${MOST_BITS_PER_SECOND} bit/s at its rate, and keeps a budget`,
    async t => {
      const { text, readReference } = readPolicySource(join(folder, 'policy.yaml'))
      const written = readPolicyDocument(text)
      if (!written.ok) throw new Error('the policy cannot be read')
      for (const route of readDraftPolicy(written.value, readReference).routes) {
        const { bits } = routeCapacity(route)
        t.ok(bitsPerDay(bits, route.rate) / SECONDS_PER_DAY < MOST_BITS_PER_SECOND, `${route.id}: ${bits} bits`)
        t.same(Object.keys(route.capacity ?? {}), ['perMessage', 'perDay'], route.id)
      }
    },
  )

  t.test(`${name}: the capacity report in its README is what the command prints`, async t => {
    t.equal(writtenSection(name), await sections.get(name))
  })
}
