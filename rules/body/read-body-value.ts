import { canonicalize, type JsonValue } from '../canonical.ts'
import { checkParameters } from '../check-parameters.ts'
import { decodeText } from '../decode.ts'
import { areEmbeddedPlainlyWritten, areLinesPlainlyWritten, isPlainlyWritten } from '../equivalence.ts'
import { referenceToken } from '../json-pointer.ts'
import { readJson } from '../json.ts'
import type { BodyRule, Limits } from '../policy.ts'
import { Stop, stop } from '../stop.ts'
import type { Place } from '../verdict.ts'
import { spellingRecord } from './base-composition.ts'
import { isPlainForm, readForm, writeForm } from './form.ts'
import { readLines } from './json-lines.ts'
import { placeInBody } from './place-in-body.ts'
import { judgeLines, judgeValue, type Judgement, type Violation } from './value-rules.ts'
import { inEachElement, readEmbedded, writeEmbedded } from './embedded-json.ts'
import { encodeInterop } from './encode-interop.ts'
import { decodeInterop } from './interop.ts'
import { decodeLog, encodeLog } from './log-lines.ts'
import { shortFloats } from './short-floats.ts'

/** A body that was read as a value, and what its kind does with it. */
export type BodyValue = {
  /** What would leave. */
  readonly value: JsonValue
  /** The value as the detectors are shown it, of the same structure. */
  readonly shown: JsonValue
  /** Why the value may not leave; null where it may. */
  readonly invalid: Stop | null
  /** Octets that strings of the body held, and that were read out of them. */
  readonly unfolded: number
  /** Lines of a log that no template reads, and that do not leave. */
  readonly linesDropped: number
  /** The one spelling of the value. */
  readonly write: () => Uint8Array
  /** Why the octets received are not as good as the value: they are spelled freely, or it was derived from them. */
  readonly differs: () => 'spelling' | 'derived' | null
}

/** The rule of a body that is one value of some kind. */
export type ValueRule = Exclude<BodyRule, { kind: 'none' | 'multipart' }>

/**
 * Reads the octets of a body, its content coding undone, by the rule of the route.
 * @returns a stop where they are not what the rule says; never throws
 */
export const readBodyValue = (bytes: Uint8Array, rule: ValueRule, limits: Limits): BodyValue | Stop => {
  switch (rule.kind) {
    case 'json':
      return readJsonValue(bytes, rule, limits)
    case 'ndjson':
      return readLinesValue(bytes, rule, limits)
    case 'form':
      return readFormValue(bytes, rule, limits)
    case 'interop':
      return readInteropValue(bytes, rule, limits)
    case 'log':
      return readLogValue(bytes, rule, limits)
  }
}

type RuleOf<Kind> = Extract<BodyRule, { kind: Kind }>

const readJsonValue = (bytes: Uint8Array, rule: RuleOf<'json'>, limits: Limits): BodyValue | Stop => {
  const text = decodeText(bytes)
  if (text === null) return stop('body-undecodable', { rule: 'utf-8' })
  const json = readJson(text, limits)
  if (!json.ok) return stop(json.fault)
  const { embedded, orders, names } = rule
  const reading = readEmbedded(json.value, embedded, limits, { depth: 0, members: json.members, bytes: bytes.length })
  const { value, texts } = reading
  const { isDerived, violation } = reading.violation
    ? refused(reading.violation)
    : judgeValue(value, rule.validate, rule.rules)
  const isPlain = () => isPlainlyWritten(text, json.value, orders) && areEmbeddedPlainlyWritten(texts, value, orders)
  return {
    value,
    shown: value,
    invalid: violation && stopAt(violation, value, names),
    unfolded: reading.bytes - bytes.length,
    linesDropped: 0,
    write: () => encode(canonicalize(writeEmbedded(value, embedded))),
    differs: () => (isDerived ? 'derived' : isPlain() ? null : 'spelling'),
  }
}

const readLinesValue = (bytes: Uint8Array, rule: RuleOf<'ndjson'>, limits: Limits): BodyValue | Stop => {
  const text = decodeText(bytes)
  if (text === null) return stop('body-undecodable', { rule: 'utf-8' })
  const reading = readLines(text, rule.maxLines, limits)
  if (!reading.ok) return stop(reading.fault, { rule: reading.rule, place: placeAt(referenceToken(reading.line)) })
  const { embedded, orders, names } = rule
  const eachLine = inEachElement(embedded)
  const opened = readEmbedded(reading.values, eachLine, limits, {
    depth: 0,
    members: reading.members,
    bytes: bytes.length,
  })
  const values = opened.value as JsonValue[]
  const { isDerived, violation } = opened.violation
    ? refused(opened.violation)
    : judgeLines(values, rule.validate, rule.rules)
  const isPlain = () =>
    areLinesPlainlyWritten(text, reading.values, orders) && areEmbeddedPlainlyWritten(opened.texts, values, orders)
  return {
    value: values,
    shown: values,
    invalid: violation && stopAt(violation, values, names),
    unfolded: opened.bytes - bytes.length,
    linesDropped: 0,
    write: () => encode(values.map(value => `${canonicalize(writeEmbedded(value, embedded))}\n`).join('')),
    differs: () => (isDerived ? 'derived' : isPlain() ? null : 'spelling'),
  }
}

const readFormValue = (bytes: Uint8Array, rule: RuleOf<'form'>, limits: Limits): BodyValue | Stop => {
  const text = decodeText(bytes)
  if (text === null) return stop('body-undecodable', { rule: 'utf-8' })
  const reading = readForm(text, limits)
  if (!reading.ok) return stop('body-undecodable', { rule: reading.rule })
  const checked = checkParameters('body', reading.values, rule.parameters, 'schema-violation')
  const invalid = checked instanceof Stop ? checked : null
  const values = checked instanceof Stop ? reading.values : checked
  return {
    value: values,
    shown: values,
    invalid,
    unfolded: 0,
    linesDropped: 0,
    write: () => encode(writeForm(values)),
    differs: () => (isPlainForm(text, values) ? null : 'spelling'),
  }
}

/** What is read of an InterOp file is written again octet for octet. */
const readInteropValue = (
  bytes: Uint8Array,
  { metric, validate, names }: RuleOf<'interop'>,
  limits: Limits,
): BodyValue | Stop => {
  const reading = decodeInterop(bytes, metric, limits)
  if (!reading.ok) return stop('body-undecodable', { rule: reading.fault, place: placeIn('records', reading.record) })
  const { value } = reading
  const spelling = spellingRecord(value)
  if (spelling !== null)
    return stop('sensitive-content', { rule: 'base-composition', place: placeIn('records', spelling) })
  const valid = validate(value)
  const violation = valid.ok ? null : { reason: 'schema-violation' as const, rule: valid.keyword, path: valid.path }
  return {
    value,
    shown: shortFloats(value),
    invalid: violation && stopAt(violation, value, names),
    unfolded: 0,
    linesDropped: 0,
    write: () => encodeInterop(value),
    differs: () => null,
  }
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
    invalid: null,
    unfolded: 0,
    linesDropped: reading.dropped,
    write: () => encode(written),
    differs: () => (text === written ? null : 'spelling'),
  }
}

/** What could not be read to its end is not judged further. */
const refused = (violation: Violation): Judgement => ({ isDerived: false, violation })

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

const stopAt = ({ reason, rule, path }: Violation, value: JsonValue, names: ReadonlySet<string>): Stop =>
  stop(reason, { rule, place: placeInBody(path, value, names) })

const placeAt = (pointer: string): Place => ({ surface: 'body', pointer })

const placeIn = (list: string, index: number | null): Place =>
  placeAt(index === null ? '' : `${referenceToken(list)}${referenceToken(index)}`)
