import type { JsonValue } from '../canonical.ts'
import { multipleOf } from '../multiple-of.ts'
import {
  anyOf,
  choice,
  literal,
  longest,
  optional,
  patternOf,
  repeat,
  sequence,
  ShapeReader,
  type Shape,
} from './finite-shape.ts'

/** The type of a parameter in a log line: a finite language of texts and the values that they stand for. */
export type LogParameter = {
  /** The type as the template spells it. */
  readonly spelling: string
  readonly shape: Shape
  readonly reader: ShapeReader
  /** The value of a text of the shape; undefined for one out of range. */
  readonly parse: (text: string) => JsonValue | undefined
  /** The one text of a value that is written. */
  readonly print: (value: JsonValue) => string
  /** Closed JSON Schema of the values. */
  readonly schema: object
}

/** Why a type is none. */
export type ParameterProblem = 'unknown-type' | 'unbounded' | 'bad-arguments' | 'too-large'

const DIGIT = '0123456789'
const digits = (min: number, max: number): Shape => repeat(anyOf(DIGIT), min, max)

/**
 * Reads the type of a parameter:
 * - `timestamp`, or `timestamp(DD/MM/YYYY hh:mm:ss.SSS)` with any of YYYY MM DD hh mm ss and one to seven S; years are 2000
 *   to 2099; `YYYY-MM-DDThh:mm:ssZ` when no form is given. A string as it stands in the line.
 * - `enum(INFO,WARN,ERROR)`: a string
 * - `integer(0..600000)`: a number, without leading zeros
 * - `number(-20..120,2)`: a number with up to so many decimals (6 at the most), written with as many as it needs
 * - `code([A-Z]{2,8}-?\d{3,6})`: a string of letters, digits and `_:/-` (a point as `[.]`), each with `?`, `{m}` or `{m,n}`; 64 characters at the most
 * - `version`: a string such as `v1.8.1` or `1.18.54.4`
 */
export const parseParameter = (type: string, parameters: string | null): LogParameter | ParameterProblem => {
  const parse = Object.hasOwn(types, type) ? types[type] : undefined
  if (!parse) return 'unknown-type'
  try {
    const parameter = parse(parameters)
    return typeof parameter === 'string' ? parameter : { spelling: `${type}(${parameters ?? ''})`, ...parameter }
  } catch (error) {
    if (error instanceof RangeError) return 'too-large'
    throw error
  }
}

type Unnamed = Omit<LogParameter, 'spelling'>
type Type = (parameters: string | null) => Unnamed | ParameterProblem

const text = (shape: Shape, parse: (text: string) => JsonValue | undefined = text => text): Unnamed => ({
  shape,
  reader: new ShapeReader(shape),
  parse,
  print: String,
  schema: { type: 'string', maxLength: longest(shape), pattern: `^${patternOf(shape)}$` },
})

const timestampParts = /YYYY|MM|DD|hh|mm|ss|S+|[^]/g
const timestampPart = /^(?:YYYY|MM|DD|hh|mm|ss|S{1,7}|[-/:., TZ_])$/

const timestamp: Type = form => {
  const spelled = form ?? 'YYYY-MM-DDThh:mm:ssZ'
  const parts = spelled.match(timestampParts) ?? []
  const fields = parts.filter(part => /^\w+$/.test(part) && !/^[TZ_]$/.test(part))
  const names = new Set(fields.map(field => field.replace(/S+/, 'S')))
  const isKnown = parts.every(part => timestampPart.test(part))
  if (!isKnown || fields.length === 0 || names.size < fields.length) return 'bad-arguments'
  const shape = sequence(...parts.map(clockShape))
  return text(shape, value => (isOnCalendar(value, parts) ? value : undefined))
}

const clockShape = (part: string): Shape =>
  clock[part] ?? (part.startsWith('S') ? digits(part.length, part.length) : literal(part))

const sixty = sequence(anyOf('012345'), anyOf(DIGIT))
const clock: Readonly<Record<string, Shape>> = {
  YYYY: sequence(literal('20'), digits(2, 2)),
  MM: choice(sequence(literal('0'), anyOf('123456789')), sequence(literal('1'), anyOf('012'))),
  DD: choice(
    sequence(literal('0'), anyOf('123456789')),
    sequence(anyOf('12'), anyOf(DIGIT)),
    sequence(literal('3'), anyOf('01')),
  ),
  hh: choice(sequence(anyOf('01'), anyOf(DIGIT)), sequence(literal('2'), anyOf('0123'))),
  mm: sixty,
  ss: sixty,
}

const isOnCalendar = (value: string, parts: readonly string[]): boolean => {
  const at = (token: string): number | null => {
    const index = parts.indexOf(token)
    if (index < 0) return null
    const start = parts.slice(0, index).join('').length
    return Number(value.slice(start, start + token.length))
  }
  const [year, month, day] = [at('YYYY'), at('MM'), at('DD')]
  // Without a year the 29th of February may be one.
  return month === null || day === null || day <= new Date(Date.UTC(year ?? 2000, month, 0)).getUTCDate()
}

const enumeration: Type = list => {
  const values = (list ?? '').split(',').map(value => value.trim())
  if (!list) return 'unbounded'
  const areSpelled = values.every(value => /^[A-Za-z0-9_.:/+-]{1,64}$/.test(value))
  if (!areSpelled || new Set(values).size < values.length) return 'bad-arguments'
  return { ...text(choice(...values.map(literal))), schema: { enum: values } }
}

const rangeForm =
  /^\s*(?<min>-?\d{1,16}(?:\.\d{1,6})?)\s*\.\.\s*(?<max>-?\d{1,16}(?:\.\d{1,6})?)\s*(?:,\s*(?<decimals>[1-6])\s*)?$/

type Range = { readonly min: number; readonly max: number; readonly decimals: number | null }

const rangeOf = (parameters: string | null): Range | ParameterProblem => {
  if (!parameters) return 'unbounded'
  const { min, max, decimals } = rangeForm.exec(parameters)?.groups ?? {}
  const range = { min: Number(min), max: Number(max), decimals: decimals === undefined ? null : Number(decimals) }
  return range.min <= range.max ? range : 'bad-arguments'
}

/** Without leading zeros: they would be a second spelling. */
const integerShape = ({ min, max }: Range): Shape => {
  const length = Math.max(...[min, max].map(bound => String(Math.trunc(Math.abs(bound))).length))
  const positive = sequence(anyOf('123456789'), digits(0, length - 1))
  return choice(literal('0'), positive, ...(min < 0 ? [sequence(literal('-'), positive)] : []))
}

const within =
  ({ min, max }: Range) =>
  (spelling: string): number | undefined => {
    const value = Number(spelling)
    return value >= min && value <= max && !Object.is(value, -0) ? value : undefined
  }

const integer: Type = parameters => {
  const range = rangeOf(parameters)
  if (typeof range === 'string') return range
  const { min, max, decimals } = range
  if (decimals !== null || !Number.isSafeInteger(min) || !Number.isSafeInteger(max)) return 'bad-arguments'
  return { ...text(integerShape(range), within(range)), schema: { type: 'integer', minimum: min, maximum: max } }
}

/** Up to here a decimal of 15 digits is exact as a double, and `String` writes no exponent. */
const LARGEST = 1e9

const decimal: Type = parameters => {
  const range = rangeOf(parameters)
  if (typeof range === 'string') return range
  const { min, max, decimals } = range
  if (decimals === null) return 'unbounded'
  const step = Number(`1e-${decimals}`)
  const isFit = [min, max].every(bound => Math.abs(bound) <= LARGEST && multipleOf(step)(bound))
  if (!isFit) return 'bad-arguments'
  const whole = integerShape({ min: Math.max(min, 0), max: Math.max(Math.abs(min), Math.abs(max)), decimals })
  const shape = sequence(
    ...(min < 0 ? [optional(literal('-'))] : []),
    whole,
    optional(sequence(literal('.'), digits(1, decimals))),
  )
  return { ...text(shape, within(range)), schema: { type: 'number', minimum: min, maximum: max, multipleOf: step } }
}

const codePart = /\[(?<set>[^\]]+)\]|(?<digit>\\d)|(?<unit>[\w:/-])/y
const quantifier = /\{(?<min>\d{1,2})(?:,(?<max>\d{1,2}))?\}|(?<optional>\?)/y
const rangePart = /([A-Za-z0-9])-([A-Za-z0-9])|[\w.:/-]/g

const code: Type = pattern => {
  if (!pattern) return 'unbounded'
  if (/[*+]|\{\d+,\}/.test(pattern)) return 'unbounded'
  const parts: Shape[] = []
  for (let at = 0; at < pattern.length;) {
    const part = matchAt(codePart, pattern, at)
    const units = part && unitsOf(part)
    if (!part || !units) return 'bad-arguments'
    at += part[0].length
    const times = matchAt(quantifier, pattern, at)
    at += times?.[0].length ?? 0
    const { min, max = min, optional: mayLack } = times?.groups ?? {}
    parts.push(repeat(anyOf(units), mayLack ? 0 : Number(min ?? 1), mayLack ? 1 : Number(max ?? 1)))
  }
  const areBounded = parts.every(part => part.kind === 'repeat' && part.max > 0 && part.min <= part.max)
  const shape = sequence(...parts)
  const isNeverEmpty = parts.some(part => part.kind === 'repeat' && part.min > 0)
  return areBounded && isNeverEmpty && longest(shape) <= 64 ? text(shape) : 'bad-arguments'
}

const matchAt = (form: RegExp, text: string, at: number): RegExpExecArray | null => {
  form.lastIndex = at
  return form.exec(text)
}

/** The distinct code units that a part of a code pattern admits. */
const unitsOf = ({ groups }: RegExpExecArray): string | null => {
  const { set, digit, unit } = groups!
  if (unit !== undefined) return unit
  const spelled = digit === undefined ? set! : '0-9'
  const members = [...spelled.matchAll(rangePart)]
  if (members.map(([member]) => member).join('') !== spelled) return null
  const units = members.map(([member, first, last]) => (first && last ? unitsBetween(first, last) : member)).join('')
  return units && [...new Set(units)].join('')
}

const unitsBetween = (first: string, last: string): string => {
  const start = first.charCodeAt(0)
  const all = Array.from({ length: Math.max(0, last.charCodeAt(0) - start + 1) }, (_, index) =>
    String.fromCharCode(start + index),
  )
  return all.filter(unit => /[A-Za-z0-9]/.test(unit)).join('')
}

const version: Type = parameters =>
  parameters === null
    ? text(sequence(optional(literal('v')), digits(1, 4), repeat(sequence(literal('.'), digits(1, 5)), 1, 3)))
    : 'bad-arguments'

const types: Readonly<Record<string, Type>> = {
  timestamp,
  enum: enumeration,
  integer,
  number: decimal,
  code,
  version,
}
