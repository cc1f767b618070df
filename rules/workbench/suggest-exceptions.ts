import { isReleasable, isNeverReleased } from '../releasable.ts'
import type { Policy } from '../policy.ts'
import { MAX_SEQUENCE } from '../policy/read-exceptions.ts'
import type { RawException } from '../policy/raw-policy.ts'
import { detectors } from '../registry.ts'
import { isInForce } from '../exception.ts'

/** Why no exception is suggested for a false alarm, and what to do instead. Codes are stable. */
export const exceptionObstacles = {
  'schema-miss': {
    what: 'no detector found anything: the schema does not admit what was sent',
    hint: 'widen the schema: "sluice rules learn --blocked --route ROUTE" proposes one that does, and "sluice rules diff" shows what it would let out',
  },
  'not-content': {
    what: 'it was blocked for something else than its content, which no exception can change',
    hint: 'run "sluice rules explain" with its id: it says what the policy allows there; change the policy or the instrument',
  },
  'never-release': {
    what: 'what was found is a direct identifier, a credential, or marked as never released: such an exception is written by a person, not suggested',
    hint: 'say in the schema which values there are (an enum), or write the exception by hand: docs/policy.md, "From a false alarm to an exception"',
  },
  mandatory: {
    what: 'what the detector goes by does not occur in telemetry, so it cannot be excepted',
    hint: 'look at the payload again with somebody else; if it is a false alarm all the same, report it to the authors of sluice',
  },
  encoded: {
    what: 'it was found in an encoding, into which no exception leads',
    hint: 'declare the encoding in the schema (contentEncoding, contentMediaType), or have the instrument leave the field out',
  },
  'place-unnamed': {
    what: 'the place where it was found is not one that the policy names',
    hint: 'name it in the schema first, as narrowly as it can be',
  },
  'too-long': {
    what: `more than ${MAX_SEQUENCE} characters of sequencing data were found, and no exception lets pass so many`,
    hint: 'bound the field in the schema (pattern, maxLength), or leave it out',
  },
  'too-many': {
    what: 'there are findings at more places than somebody would answer for one by one',
    hint: 'leave the fields out of the schema, or think about a setting of the detector: docs/policy.md, "detectors"',
  },
  'policy-moved': {
    what: 'the policy file does not admit such an exception: the route, the instrument or the place is not in it any more',
    hint: 'run "sluice rules explain" with its id: it says what the policy has there now',
  },
  'already-there': {
    what: 'the policy file has such an exception already',
    hint: 'activate it ("sluice rules activate"), then run "sluice blocked replay"',
  },
} as const satisfies Record<string, { readonly what: string; readonly hint: string }>

export type ExceptionObstacle = keyof typeof exceptionObstacles

/** What the log says of a blocked request, as far as it matters here. */
export type FalseAlarm = {
  readonly id: string
  readonly instrument: string | null
  readonly route: string | null
  readonly reason: string | null
  readonly findings: readonly {
    readonly detector: string
    readonly category: string
    readonly surface: string
    readonly pointer: string
    readonly chain: readonly string[]
    readonly length: number
  }[]
}

/** What a person answers for in an exception. `expires`: a date of RFC 3339. */
export type Answerable = { readonly owner: string; readonly reason: string; readonly expires: string }

/** As the policy spells it, with all that can narrow it. */
export type SuggestedException = Required<Pick<RawException, 'instrument' | 'maxLength'>> & RawException

export type ExceptionSuggestion =
  | { readonly kind: 'exceptions'; readonly exceptions: readonly SuggestedException[] }
  | { readonly kind: 'obstacle'; readonly obstacle: ExceptionObstacle }

/** Nobody answers for more places than that at once. */
const MOST = 10

/**
 * The narrowest exceptions that would have let a false alarm pass: one for each finding, of its detector, at its place, as long as it was,
 * from that instrument by that route. None for a part of them: that would not let it pass, and only leave a hole.
 * @param time - milliseconds since the epoch
 */
export const suggestExceptions = (
  alarm: FalseAlarm,
  policy: Pick<Policy, 'neverRelease' | 'exceptions' | 'routes'>,
  answerable: Answerable,
  time: number,
): ExceptionSuggestion => {
  const obstacle = obstacleOf(alarm, policy)
  if (obstacle) return { kind: 'obstacle', obstacle }
  const lines = new Set(policy.routes.filter(({ body }) => body.kind === 'ndjson').map(({ id }) => id))
  const exceptions = alarm.findings.map((finding, index) => exceptionFor(alarm, finding, index, answerable, lines))
  const isThere = (one: SuggestedException): boolean =>
    policy.exceptions.some(known => isInForce(known, time) && covers(known, one))
  if (exceptions.every(isThere)) return { kind: 'obstacle', obstacle: 'already-there' }
  return { kind: 'exceptions', exceptions: exceptions.filter(one => !isThere(one)) }
}

type Finding = FalseAlarm['findings'][number]

const obstacleOf = (
  { instrument, route, reason, findings }: FalseAlarm,
  policy: Pick<Policy, 'neverRelease'>,
): ExceptionObstacle | null => {
  if (reason === 'schema-violation') return 'schema-miss'
  if (reason === null || !isReleasable(reason) || findings.length === 0) return 'not-content'
  if (instrument === null || route === null) return 'not-content'
  const [worst] = findings.flatMap(finding => obstacleTo(finding, policy) ?? [])
  return worst ?? (findings.length > MOST ? 'too-many' : null)
}

const mandatory: ReadonlySet<string> = new Set(
  detectors.flatMap(detector => ('mandatory' in detector ? [detector.id] : [])),
)

const obstacleTo = (finding: Finding, { neverRelease }: Pick<Policy, 'neverRelease'>): ExceptionObstacle | null => {
  const { detector, category, pointer, chain, length } = finding
  if (mandatory.has(detector)) return 'mandatory'
  if (isNeverReleased(finding, neverRelease)) return 'never-release'
  if (chain.length > 0) return 'encoded'
  if (pointer === '' || /\/#\d/.test(pointer)) return 'place-unnamed'
  return category === 'sequence' && length > MAX_SEQUENCE ? 'too-long' : null
}

const exceptionFor = (
  { id, instrument, route }: FalseAlarm,
  { detector, surface, pointer, length }: Finding,
  index: number,
  { owner, reason, expires }: Answerable,
  lines: ReadonlySet<string>,
): SuggestedException => ({
  id: `alarm-${id.slice(-12)}-${index + 1}`,
  owner,
  expires,
  reason,
  detector,
  route: route!,
  instrument: instrument!,
  ...(surface !== 'body' && { surface: surface as NonNullable<RawException['surface']> }),
  // The schema of newline-delimited JSON speaks of one line.
  pointer: surface === 'body' && lines.has(route!) ? pointer.replace(/^\/\d+/, '') : pointer,
  maxLength: length,
})

const covers = (known: Policy['exceptions'][number], one: SuggestedException): boolean =>
  known.detector === one.detector &&
  known.route === one.route &&
  known.surface === (one.surface ?? 'body') &&
  known.pointer === one.pointer &&
  (known.instrument === null || known.instrument === one.instrument) &&
  known.maxLength >= one.maxLength
