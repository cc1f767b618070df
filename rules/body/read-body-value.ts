import { canonicalize, type JsonValue } from '../canonical.ts'
import { decodeText } from '../decode.ts'
import { isPlainlyWritten } from '../equivalence.ts'
import { referenceToken } from '../json-pointer.ts'
import { readJson } from '../json.ts'
import type { BodyRule, Limits } from '../policy.ts'
import type { Validator } from '../schema.ts'
import { stop, type Stop } from '../stop.ts'
import type { Place } from '../verdict.ts'
import { spellingRecord } from './base-composition.ts'
import { encodeInterop } from './encode-interop.ts'
import { decodeInterop } from './interop.ts'
import { decodeLog, encodeLog } from './log-lines.ts'
import { shortFloats } from './short-floats.ts'

/** A body that was read as a value, and what its kind does with it. */
export type BodyValue = {
  readonly value: JsonValue
  /** The value as the detectors are shown it, of the same structure. */
  readonly shown: JsonValue
  /** Null where whatever can be read may leave. */
  readonly validate: Validator | null
  /** The one spelling of the value. */
  readonly write: () => Uint8Array
  /** Whether the octets received say no more than the value. */
  readonly isPlain: () => boolean
}

/** The rule of a body that is a value of some kind. */
export type ValueRule = Exclude<BodyRule, { kind: 'none' }>

/**
 * Reads the octets of a body, its content coding undone, by the rule of the route.
 * @returns a stop where they are not what the rule says; never throws
 */
export const readBodyValue = (bytes: Uint8Array, rule: ValueRule, limits: Limits): BodyValue | Stop => {
  switch (rule.kind) {
    case 'json':
      return readJsonValue(bytes, rule, limits)
    case 'interop':
      return readInteropValue(bytes, rule, limits)
    case 'log':
      return readLogValue(bytes, rule, limits)
  }
}

type RuleOf<Kind> = Extract<BodyRule, { kind: Kind }>

const readJsonValue = (bytes: Uint8Array, { validate, orders }: RuleOf<'json'>, limits: Limits): BodyValue | Stop => {
  const text = decodeText(bytes)
  if (text === null) return stop('body-undecodable', { rule: 'utf-8' })
  const json = readJson(text, limits)
  if (!json.ok) return stop(json.fault)
  const { value } = json
  return {
    value,
    shown: value,
    validate,
    write: () => new TextEncoder().encode(canonicalize(value)),
    isPlain: () => isPlainlyWritten(text, value, orders),
  }
}

/** What is read of an InterOp file is written again octet for octet. */
const readInteropValue = (
  bytes: Uint8Array,
  { metric, validate }: RuleOf<'interop'>,
  limits: Limits,
): BodyValue | Stop => {
  const reading = decodeInterop(bytes, metric, limits)
  if (!reading.ok) return stop('body-undecodable', { rule: reading.fault, place: placeIn('records', reading.record) })
  const { value } = reading
  const spelling = spellingRecord(value)
  if (spelling !== null)
    return stop('sensitive-content', { rule: 'base-composition', place: placeIn('records', spelling) })
  return { value, shown: shortFloats(value), validate, write: () => encodeInterop(value), isPlain: () => true }
}

const readLogValue = (bytes: Uint8Array, rule: RuleOf<'log'>, limits: Limits): BodyValue | Stop => {
  const { templates, onUnmatched } = rule
  const text = decodeText(bytes)
  if (text === null) return stop('body-undecodable', { rule: 'utf-8' })
  const reading = decodeLog(text, templates, onUnmatched, limits)
  if (!reading.ok) return stop('schema-violation', { rule: reading.fault, place: placeIn('lines', reading.line - 1) })
  const written = encodeLog(reading.value, templates)
  return {
    value: reading.value,
    shown: reading.value,
    validate: null,
    write: () => new TextEncoder().encode(written),
    isPlain: () => text === written,
  }
}

const placeIn = (list: string, index: number | null): Place => ({
  surface: 'body',
  pointer: index === null ? '' : `${referenceToken(list)}${referenceToken(index)}`,
})
