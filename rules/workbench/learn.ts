import type { JsonValue } from '../canonical.ts'
import { openings } from '../closed-schema.ts'
import { referenceToken } from '../json-pointer.ts'
import { asContent, contentIn, readContent } from './learn/embedded.ts'
import { flagsOf, type Flag } from './learn/flags.ts'
import { dataNamesIn } from './learn/names-like-data.ts'
import { numberRule, type Rule } from './learn/number-rule.ts'
import { Observed, type JsonType } from './learn/observed.ts'
import type { OmissionReason } from './learn/omission.ts'
import { stringRule } from './learn/string-rule.ts'
import { agreedRange, isSupported, supported, type Demand, type Source, type Tally } from './learn/support.ts'
import { defaultLimits } from '../policy.ts'
import { scan, type ScanLimits } from '../scan.ts'

/** A payload that was seen, and who sent it when. `day`: a calendar day, in whatever spelling, the same for the same day. */
export type Observation = Source & { readonly value: JsonValue }

export type LearnOptions = {
  /** Takes what one instrument sent on one day alone as well: for payloads that a person has looked through. */
  readonly trust?: boolean
  readonly limits?: ScanLimits
}

type SchemaPart = Readonly<Record<string, unknown>>

/** How much speaks for one place of the payloads. No field holds a value. */
type Weight = {
  /** JSON Pointer into the payloads, with `*` for every element of an array. */
  readonly pointer: string
  /** How often it was seen, by how many instruments, on how many days. */
  readonly seen: number
  readonly instruments: number
  readonly days: number
}

/** A place that is proposed. */
export type Evidence = Weight & {
  readonly as: 'enum' | 'pattern' | 'number' | 'integer' | 'boolean' | 'null' | 'array' | 'object'
  /** Distinct strings or numbers; null for what has none. */
  readonly distinct: number | null
  readonly required: boolean
}

/** A place, or some of its values, that are not proposed. */
export type Omission = Weight & {
  readonly reason: OmissionReason
  /** How many distinct values or names were turned away; null when it is the whole place. */
  readonly values: number | null
  /** Ids of the detectors that found something. */
  readonly detectors: readonly string[]
}

export type Proposal = {
  /** JSON Schema, draft 2020-12, closed; null when nothing can be proposed. */
  readonly schema: SchemaPart | null
  readonly observations: number
  readonly instruments: number
  readonly days: number
  /** Both in the order of their pointers. */
  readonly evidence: readonly Evidence[]
  readonly omitted: readonly Omission[]
}

/**
 * Proposes a closed schema from payloads that were seen: a draft for a person to review, which nothing here puts to use.
 *
 * What is proposed rests on at least two sources, a source being one instrument on one day. No free text is proposed, and no
 * field in which a detector found something in any payload. The rules by which ranges, patterns and lengths are widened stand in
 * `learn/`. The order of the observations makes no difference.
 * @throws Error when the result is not closed, which would be a fault in here
 */
export const learn = (observations: readonly Observation[], options: LearnOptions = {}): Proposal => {
  const { trust = false, limits = defaultLimits } = options
  const content = contentIn(observe(observations))
  const values = observations.map(one => ({ ...one, value: readContent(one.value, content) }))
  const root = observe(values)
  for (const { value } of values) for (const flag of flagsOf(value, limits)) mark(root, flag)
  const drafter = new Drafter(trust ? 1 : 2)
  const draft = drafter.draft(root, '', true)
  const counts = weigh(root.tally)
  const schema = draft && finish(asContent(draft, content), counts)
  if (schema && openings(schema).length > 0) throw new Error('the proposed schema is not closed')
  const { instruments, days } = counts
  return {
    schema,
    observations: observations.length,
    instruments,
    days,
    evidence: byPointer(drafter.evidence),
    omitted: byPointer(drafter.omitted),
  }
}

const observe = (observations: readonly Observation[]): Observed => {
  const root = new Observed()
  for (const { value, ...source } of observations) root.add(value, source)
  return root
}

const byPointer = <T extends { readonly pointer: string }>(rows: readonly T[]): readonly T[] =>
  rows.toSorted((a, b) => (a.pointer < b.pointer ? -1 : Number(a.pointer > b.pointer)))

const weigh = (tally: Tally) => ({
  seen: tally.count,
  instruments: tally.instruments,
  days: tally.days,
})

const finish = (draft: SchemaPart, { seen, instruments, days }: Omit<Weight, 'pointer'>): SchemaPart => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  description: `Proposed by "sluice rules learn". Payloads: ${seen}; instruments: ${instruments}; days: ${days}.`,
  ...draft,
})

/** Notes a finding at the place that it belongs to. */
const mark = (root: Observed, { path, detector, isName }: Flag): void => {
  let here = root
  for (const step of path) here = typeof step === 'number' ? here.items() : here.member(step)
  here.detectors.add(detector ?? 'inspection-budget')
  if (isName) here.isNameFlagged = true
}

/**
 * A field that never lacked in 60 objects lacks in fewer than one of 20, with 95 % confidence; after fewer it is optional.
 * @see Hanley and Lippman-Hand 1983, "If nothing goes wrong, is everything all right?", JAMA 249:1743 (the rule of three)
 */
const ENOUGH_TO_REQUIRE = 60

/** A name that may be repeated in a schema and in a report. */
const plainName = /^[A-Za-z][A-Za-z0-9._-]{0,63}$/

class Drafter {
  readonly evidence: Evidence[] = []
  readonly omitted: Omission[] = []
  readonly #demand: Demand

  constructor(demand: Demand) {
    this.#demand = demand
  }

  /** The schema for one place, or null where none is proposed. */
  draft(place: Observed, pointer: string, required: boolean): SchemaPart | null {
    if (place.detectors.size > 0) return this.#omit(place, pointer, 'flagged')
    if (!isSupported(place.tally, this.#demand)) return this.#omit(place, pointer, 'too-little-evidence')
    const { kept, rejected } = supported(place.types, this.#demand)
    const types = [...kept.keys()].filter(type => type !== 'null')
    if (types.length > 1 || kept.size === 0) return this.#omit(place, pointer, 'mixed-types')
    if (rejected > 0) this.#omit(place, pointer, 'too-little-evidence', rejected)
    const part = this.#draftType(place, pointer, types[0] ?? 'null')
    if (part === null) return null
    this.#prove(place, pointer, part, required)
    return kept.has('null') && types.length > 0 ? orNull(part) : part
  }

  #draftType(place: Observed, pointer: string, type: JsonType): SchemaPart | null {
    switch (type) {
      case 'null':
      case 'boolean':
        return { type }
      case 'number':
        return this.#apply(numberRule(place.numbers, this.#demand), place, pointer)
      case 'string':
        return this.#apply(stringRule(place.strings, this.#demand), place, pointer)
      case 'array':
        return this.#array(place, pointer)
      case 'object':
        return this.#object(place, pointer)
    }
  }

  #apply(rule: Rule, place: Observed, pointer: string): SchemaPart | null {
    if (!rule.ok) return this.#omit(place, pointer, rule.reason)
    if (rule.rejected > 0) this.#omit(place, pointer, 'too-little-evidence', rule.rejected)
    return rule.schema
  }

  /** One element more or fewer than seen, or as many as the lengths seen are apart. */
  #array(place: Observed, pointer: string): SchemaPart | null {
    const [low, high] = agreedRange(place.lengths, this.#demand)
    if (!place.hasItems) return { type: 'array', maxItems: 0 }
    const items = this.draft(place.items(), `${pointer}/*`, false)
    if (items === null) return this.#omit(place, pointer, 'nothing-left')
    const margin = Math.max(1, high - low)
    return { type: 'array', minItems: Math.max(0, low - margin), maxItems: high + margin, items }
  }

  #object(place: Observed, pointer: string): SchemaPart | null {
    const names = this.#fitNames(place, pointer)
    if (names === null) return null
    const properties: Record<string, SchemaPart> = {}
    const required: string[] = []
    const objects = place.types.get('object')!.count
    for (const name of names) {
      const member = place.members.get(name)!
      const isRequired = objects >= ENOUGH_TO_REQUIRE && member.tally.count === objects
      const part = this.draft(member, pointer + referenceToken(name), isRequired)
      if (part === null) continue
      properties[name] = part
      if (isRequired) required.push(name)
    }
    if (Object.keys(properties).length === 0 && place.members.size > 0)
      return this.#omit(place, pointer, 'nothing-left')
    return { type: 'object', additionalProperties: false, ...(required.length > 0 && { required }), properties }
  }

  /** The names that may be spelled, sorted; null when the names are data. */
  #fitNames(place: Observed, pointer: string): readonly string[] | null {
    const flagged = [...place.members.values()].filter(({ isNameFlagged }) => isNameFlagged)
    const names = [...place.members].filter(([, member]) => !member.isNameFlagged).map(([name]) => name)
    const fit = names.filter(name => plainName.test(name))
    if (flagged.length > 0) this.#omitNames(flagged, pointer, 'name-flagged')
    if (fit.length < names.length)
      this.#omitNames(
        names.filter(name => !plainName.test(name)).map(name => place.members.get(name)!),
        pointer,
        'name-unfit',
      )
    if (dataNamesIn(place.members, this.#demand))
      return this.#omit(place, pointer, 'names-like-data', place.members.size)
    const harmful = fit.filter(isHarmful)
    if (harmful.length > 0)
      this.#omitNames(
        harmful.map(name => place.members.get(name)!),
        pointer,
        'name-flagged',
      )
    return fit.filter(name => !harmful.includes(name)).sort()
  }

  #omitNames(members: readonly Observed[], pointer: string, reason: OmissionReason): void {
    const all = new Observed()
    for (const member of members) {
      all.tally.include(member.tally)
      for (const detector of member.detectors) all.detectors.add(detector)
    }
    this.#omit(all, pointer, reason, members.length)
  }

  #omit(place: Observed, pointer: string, reason: OmissionReason, values: number | null = null): null {
    this.omitted.push({ pointer, reason, ...weigh(place.tally), values, detectors: [...place.detectors].sort() })
    return null
  }

  #prove(place: Observed, pointer: string, part: SchemaPart, required: boolean): void {
    const as = 'enum' in part ? 'enum' : 'pattern' in part ? 'pattern' : (part.type as Evidence['as'])
    const distinct = place.strings.size + place.numbers.size
    this.evidence.push({ pointer, as, ...weigh(place.tally), distinct: distinct || null, required })
  }
}

/** By itself, as `parsePolicy` looks through the names of a schema. */
const isHarmful = (name: string): boolean => {
  const { findings, overBudget } = scan([{ surface: 'body', value: { [name]: null }, names: null }], defaultLimits)
  return findings.length > 0 || overBudget
}

const orNull = (part: SchemaPart): SchemaPart =>
  Array.isArray(part.enum)
    ? { enum: [...(part.enum as readonly unknown[]), null] }
    : { ...part, type: [part.type, 'null'] }
