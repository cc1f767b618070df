import { capacityAt } from '../capacity/capacity.ts'
import { overBudget, type Excess } from '../capacity/route-budget.ts'
import { routeCapacity } from '../capacity/route-capacity.ts'
import { openings } from '../closed-schema.ts'
import { childrenOf } from '../schema-positions.ts'
import {
  readDraftPolicy,
  schemasOf,
  type DraftBody,
  type DraftDestination,
  type DraftParameter,
  type DraftPolicy,
  type DraftRoute,
  type DraftSchema,
} from './draft-policy.ts'
import { exceptionHints, exceptionNotes } from './exception-notes.ts'
import { defaultSpoolTerms } from '../delivery.ts'
import type { Path } from '../json-pointer.ts'
import { parsePolicy, type ReadReference } from '../policy/parse-policy.ts'
import { areAlike } from '../policy/route-overlap.ts'
import { patternLanguage, type Lengths, type RunOf } from '../capacity/pattern-language.ts'
import { readPolicyDocument } from '../policy/policy-document.ts'
import { keyOf, type Locate, type Problem } from '../policy/yaml-document.ts'
import { stateOf } from '../exception.ts'
import { instantOf } from '../policy/rfc3339.ts'
import { spliceBitsPerSecond } from '../splice/splice.ts'
import { wideNumbers } from './wide-numbers.ts'

const hints = {
  'invalid-policy': 'correct the policy: no appliance starts with it as it is',
  'open-schema': 'close the schema: what it does not name must not pass',
  'unsatisfiable-schema': 'nothing can ever pass here: correct the bounds, or remove the field',
  'overlapping-routes':
    'a request that two routes match is blocked: tell them apart by path, method, destination or instruments',
  'over-budget':
    'more can be said through the route than it is meant to: narrow its schemas, lower its rate, or raise the budget',
  'no-budget':
    'give the route a "rate", so that the appliance holds back what comes too often, and a "capacity", so that lint says when its schemas become wider than they were meant to be; "sluice rules capacity" has the figures',
  'report-only-route':
    'nothing leaves by it; "sluice status" counts what it would do: remove "mode: report-only" when it has proven itself',
  'spooled-route':
    'the instrument is told 202 before the destination has seen anything, and may delete its data: keep the appliance on a disk that is backed by redundancy, and look after what waits with "sluice spool list"',
  'uninspected-destination':
    'nobody sees what leaves there, and no certificate is checked: keep it only for what cannot be inspected, ask the vendor to trust the authority of the lab instead, and keep its budgets small',
  'unused-destination': 'no route leads there: add one, or remove the destination',
  'unused-instrument': 'no route is open to it: name it in the "instruments" of a route, or remove it',
  'unused-route': 'every instrument that may use it is switched off: enable one, or remove the route',
  'unmarked-credential':
    'by its name it carries a credential, which would be stored with a blocked request: mark a header with "credential: true"; do not send credentials in a query',
  'nucleotide-run':
    'a sequence fits into this string, so only the detectors stand in its way: use an "enum", break the letters up with digits or punctuation, or shorten it below 12 letters',
  'free-text': 'words fit into this string: use an "enum" of the texts that occur, or an identifier without spaces',
  'unenforced-format': 'a "format" is not checked: only "pattern" and "maxLength" are; remove it or say it with them',
  'wide-number':
    'the digits of this number can carry a message: round it in "derive", or add "multipleOf" (0.1 or 0.01 as measured), and narrow the range',
  'complex-pattern': 'the pattern has too many states to be counted: write it with fewer alternatives and repetitions',
  ...exceptionHints,
} as const satisfies Record<string, string>

/** Closed list of what can be found; the names are stable, a lab's checks may rely on them. */
export type LintCode = keyof typeof hints

export type LintFinding = {
  /** `error`: the policy is wrong or fails open. `warning`: it works, and is unwise. */
  readonly severity: 'error' | 'warning'
  readonly code: LintCode
  /** Counted from 1, in the text of the policy. */
  readonly line: number
  readonly column: number
  /** Dotted path of the key in the policy, for example `routes[0].body.schema`. */
  readonly key: string
  /** JSON Pointer into the schema that stands there; `''` is its root, null where it is not about a schema. */
  readonly pointer: string | null
  /** What exactly, in the words of the policy; '' where the code says all. */
  readonly detail: string
  readonly hint: string
}

/** Letters in a row from which the detector `nucleotide-run` looks at them. */
export const DETECTION_THRESHOLD = 12

/**
 * What is wrong or unwise in a policy: all that `parsePolicy` refuses, what fails open, what can never happen, and where
 * free content fits. Strings are decided on the automaton of their pattern, never by trying examples.
 * @param text - the policy document, YAML 1.2
 * @param time - milliseconds since the epoch, by which exceptions expire
 * @returns in the order of the text; an empty list means that there is nothing to say
 */
export const lint = (text: string, readReference: ReadReference, time: number): readonly LintFinding[] => {
  const document = readPolicyDocument(text)
  if (!document.ok) return document.problems.map(invalid)
  const found = lintDraft(readDraftPolicy(document.value, readReference), document.locate, time)
  const reading = parsePolicy(text, readReference)
  const further = reading.ok ? [] : reading.problems.filter(problem => !isToldBy(found, problem)).map(invalid)
  return [...found, ...further].toSorted((a, b) => a.line - b.line || a.column - b.column)
}

const invalid = ({ line, column, key, message }: Problem): LintFinding => ({
  severity: 'error',
  code: 'invalid-policy',
  line,
  column,
  key,
  pointer: null,
  detail: message,
  hint: hints['invalid-policy'],
})

/** `parsePolicy` reports openings too, each beginning with its problem. */
const isToldBy = (found: readonly LintFinding[], { key, message }: Problem): boolean =>
  found.some(
    ({ code, detail, key: other, pointer }) =>
      code === 'open-schema' && other === key && message.startsWith(`${detail} at ${pointer || '/'}:`),
  )

/** A finding before it is known where in the text it stands. */
type Note = {
  readonly severity: LintFinding['severity']
  readonly code: LintCode
  readonly path: Path
  readonly pointer?: string
  readonly detail?: string
  readonly hint?: string
}

const error = (code: LintCode, path: Path, more: Partial<Note> = {}): Note => ({
  severity: 'error',
  code,
  path,
  ...more,
})
const warning = (code: LintCode, path: Path, more: Partial<Note> = {}): Note => ({
  severity: 'warning',
  code,
  path,
  ...more,
})

const lintDraft = (policy: DraftPolicy, locate: Locate, time: number): readonly LintFinding[] => {
  const notes: readonly Note[] = [
    ...policy.routes.flatMap(route => [
      ...schemasOf(route).flatMap(schemaNotes),
      ...credentialNotes(route),
      ...budgetNotes(route),
    ]),
    // Of two that are on trial `parsePolicy` speaks; one that is on trial gets in nobody's way.
    ...overlaps(policy.routes.filter(({ mode }) => mode === 'enforce')),
    ...policy.routes
      .filter(({ mode }) => mode === 'report-only')
      .map(({ id, path }) => warning('report-only-route', [...path, 'mode'], { detail: id })),
    ...policy.routes.flatMap(spoolNotes),
    ...unused(policy),
    ...policy.destinations.flatMap(destination => spliceNotes(destination, time)),
    ...exceptionNotes(policy, time),
  ]
  return notes.map(({ severity, code, path, pointer = null, detail = '', hint = hints[code] }) => ({
    severity,
    code,
    ...locate(path),
    key: keyOf(path),
    pointer,
    detail,
    hint,
  }))
}

const schemaNotes = ({ schema, path, derive = [] }: DraftSchema & Pick<DraftBody, 'derive'>): readonly Note[] => {
  if (schema === null) return [] // parsePolicy says that it cannot be read
  const open = openings(schema).map(({ pointer, problem, hint }) =>
    error('open-schema', path, { pointer, detail: problem, hint }),
  )
  const places = assertedPlaces(schema)
  const wide = [...wideNumbers(schema, derive)].map(([pointer, bits]) =>
    warning('wide-number', path, { pointer, detail: `${Math.ceil(bits)} bits` }),
  )
  return [...open, ...unsatisfiable(schema, places, path), ...places.flatMap(place => placeNotes(place, path)), ...wide]
}

type Schema = { readonly [key: string]: unknown }
type Place = { readonly pointer: string; readonly schema: Schema }

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Keywords under which a schema does not say what a value looks like, but only when another one holds. */
const conditions = new Set(['not', 'if'])

/** Every subschema that values are held to, in document order. */
const assertedPlaces = (root: unknown, pointer = ''): readonly Place[] => [
  ...(isSchema(root) ? [{ pointer, schema: root }] : []),
  ...childrenOf(pointer, root)
    .filter(({ keyword }) => !conditions.has(keyword))
    .flatMap(child => assertedPlaces(child.schema, child.pointer)),
]

/** Where nothing can pass; of nested places the innermost, where the reason stands. */
const unsatisfiable = (root: unknown, places: readonly Place[], path: Path): readonly Note[] => {
  const capacity = capacityAt(root)
  const impossible = places.filter(({ pointer }) => capacity(pointer).bits === -Infinity)
  return impossible
    .filter(
      ({ pointer, schema }) =>
        !Object.hasOwn(schema, '$ref') && !impossible.some(inner => inner.pointer.startsWith(`${pointer}/`)),
    )
    .map(({ pointer, schema }) => error('unsatisfiable-schema', path, { pointer, detail: causeOf(schema) }))
}

const pairs = [
  ['minimum', 'maximum'],
  ['exclusiveMinimum', 'maximum'],
  ['minimum', 'exclusiveMaximum'],
  ['exclusiveMinimum', 'exclusiveMaximum'],
  ['minLength', 'maxLength'],
  ['minItems', 'maxItems'],
  ['minProperties', 'maxProperties'],
] as const

const causeOf = (schema: Schema): string => {
  for (const [low, high] of pairs)
    if (Number(schema[low] ?? -Infinity) > Number(schema[high] ?? Infinity)) return `${low} is above ${high}`
  const { properties, required, pattern } = schema
  const missing = (Array.isArray(required) ? required : []).find(
    name => !isSchema(properties) || !Object.hasOwn(properties, name as string),
  )
  if (Array.isArray(schema.enum)) return 'no value of the enum is of its type'
  if (missing !== undefined) return `the required property ${String(missing)} is not listed`
  if (typeof pattern === 'string') return 'the pattern admits no string of the allowed length'
  return 'no value satisfies it'
}

const placeNotes = ({ pointer, schema }: Place, path: Path): readonly Note[] => {
  const notes: Note[] = []
  const note = (code: LintCode, detail: string): number => notes.push(warning(code, path, { pointer, detail }))
  // What is written out one by one holds nothing that its author has not read.
  if (Object.hasOwn(schema, 'enum') || Object.hasOwn(schema, 'const')) return notes
  const types = Array.isArray(schema.type) ? (schema.type as readonly unknown[]) : [schema.type]
  if (typeof schema.format === 'string') note('unenforced-format', schema.format)
  if (types.includes('string')) for (const [code, detail] of stringNotes(schema)) note(code, detail)
  return notes
}

/** As the detector has it: A C G T U N in either case, at least three different bases, T and U being one. */
const nucleotides: RunOf = { letters: 'ACGTUNacgtun', kinds: ['Aa', 'Cc', 'Gg', 'TtUu'], distinct: 3 }

const alphabet = 'abcdefghijklmnopqrstuvwxyz'
const words: RunOf = { letters: `${alphabet}${alphabet.toUpperCase()} `, kinds: [' ', alphabet], distinct: 2 }
/** Room for a given and a family name. */
const WORDS_LENGTH = 12
/** More than any list of texts that somebody wrote out as alternatives. */
const FREE_TEXT_BITS = 40

function* stringNotes({ pattern, minLength, maxLength }: Schema): Generator<readonly [LintCode, string]> {
  if (typeof pattern !== 'string') return // open, and reported as that
  const language = patternLanguage(pattern)
  if (!language) return void (yield ['complex-pattern', ''] as const)
  const lengths: Lengths = {
    ...(typeof minLength === 'number' && { minLength }),
    ...(typeof maxLength === 'number' && { maxLength }),
  }
  const run = language.longestRun(nucleotides, lengths)
  if (run >= DETECTION_THRESHOLD) yield ['nucleotide-run', `${run === Infinity ? 'endless' : run} letters in a row`]
  const bits = language.bits(lengths)
  if (bits > FREE_TEXT_BITS && language.longestRun(words, lengths) >= WORDS_LENGTH)
    yield ['free-text', `${Math.ceil(bits)} bits`]
}

const secretName =
  /(?:^|[-_.])(?:auth|authorization|bearer|cookie|credentials?|csrf|jwt|apikey|(?:access|account|api|auth|private|secret|subscription)[-_]key|passw(?:or)?d|pwd|secret|session|sig|signature|token)(?:$|[-_.])/i

const credentialNotes = ({ headers, query }: DraftRoute): readonly Note[] =>
  [...headers, ...query]
    .filter(({ name, credential }) => !credential && secretName.test(name))
    .map(({ name, path }: DraftParameter) => warning('unmarked-credential', path.slice(0, -1), { detail: name }))

/** What a route lets through, held to what it is meant to let through. */
const budgetNotes = (route: DraftRoute): readonly Note[] => {
  const { rate, capacity, path } = route
  const missing = (['rate', 'capacity'] as const).filter(key => route[key] === null)
  const none = missing.length > 0 ? [warning('no-budget', path, { detail: `no ${missing.join(', no ')}` })] : []
  const excesses = capacity ? overBudget(capacity, routeCapacity(route).bits, rate) : []
  return [...none, ...excesses.flatMap(excess => excessNote(excess, route))]
}

const excessNote = ({ key, bits, budget }: Excess, { path, rate }: DraftRoute): readonly Note[] => {
  const note = (detail: string): readonly Note[] => [error('over-budget', [...path, 'capacity', key], { detail })]
  if (key === 'perDay' && rate === null) return note('no rate bounds how many messages there are')
  // A schema without a bound is an open one, and reported as that.
  return bits === Infinity ? [] : note(`${spellBits(bits)} bits, and the budget is ${spellBits(budget)}`)
}

const spellBits = (bits: number): string => Math.ceil(bits).toLocaleString('en')

/** Says which promise holds, also where the policy leaves it to the default. */
const spoolNotes = ({ path, spool }: DraftRoute): readonly Note[] => {
  if (spool === null) return []
  const { promise = defaultSpoolTerms.promise, expires = `${defaultSpoolTerms.expires / 3_600_000}h` } = spool
  return [warning('spooled-route', [...path, 'delivery'], { detail: `${promise}, given up after ${expires}` })]
}

/** Said of every policy with one, however good its reasons are. */
const spliceNotes = ({ id, path, splice }: DraftDestination, time: number): readonly Note[] => {
  if (splice === null) return []
  const bits = spellBits(spliceBitsPerSecond(splice))
  const state = stateOf({ expires: instantOf(splice.expires) ?? -Infinity }, time)
  const isOver = state === 'expired' || state === 'too-long' ? ' (nothing for now: see "expires")' : ''
  const detail = `${id}: up to ${splice.bytesPerDay.toLocaleString('en')} octets a day, ${bits} bits a second, leave uninspected${isOver}`
  return [warning('uninspected-destination', [...path, 'splice'], { detail })]
}

const overlaps = (routes: readonly DraftRoute[]): readonly Note[] =>
  routes.flatMap((route, index) =>
    routes
      .slice(0, index)
      .filter(earlier => areAlike(earlier, route))
      .map(earlier =>
        earlier.destination === route.destination
          ? error('overlapping-routes', [...route.path, 'path'], { detail: `matches what ${earlier.id} matches` })
          : warning('overlapping-routes', [...route.path, 'path'], {
              detail: `for clients of the gateway, which name no destination: matches what ${earlier.id} matches`,
            }),
      ),
  )

const unused = ({ instruments, destinations, routes }: DraftPolicy): readonly Note[] => {
  const isOpenTo = ({ instruments }: DraftRoute, id: string): boolean => instruments?.includes(id) ?? true
  const isSpliced = (id: string): boolean =>
    destinations.some(({ splice }) => splice?.instruments.includes(id) ?? false)
  return [
    ...destinations
      .filter(({ id, splice }) => splice === null && !routes.some(({ destination }) => destination === id))
      .map(({ id, path }) => warning('unused-destination', path, { detail: id })),
    ...instruments
      .filter(({ id }) => !routes.some(route => isOpenTo(route, id)) && !isSpliced(id))
      .map(({ id, path }) => warning('unused-instrument', path, { detail: id })),
    ...routes
      .filter(route => !instruments.some(({ id, enabled }) => enabled && isOpenTo(route, id)))
      .map(({ id, path }) => warning('unused-route', path, { detail: id })),
  ]
}
