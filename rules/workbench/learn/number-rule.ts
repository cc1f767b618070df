import { agreedMiddle, agreedRange, supported, totalOf, type Demand, type Tallies } from './support.ts'
import type { OmissionReason } from './omission.ts'

/** A part of the proposed schema without `null`, or why there is none. `rejected`: values with too little evidence. */
export type Rule =
  | { readonly ok: true; readonly schema: Readonly<Record<string, unknown>>; readonly rejected: number }
  | { readonly ok: false; readonly reason: OmissionReason; readonly rejected: number }

/** More steps than this between the bounds, and a number has room for something other than a measurement. */
const MAX_STEPS = 1e10
/** Numbers with more digits are proposed as a list when there are at most so many of them … */
const MAX_LISTED = 8
/** … and each was seen this often on average. */
const REPEATS = 4

/** The tail of a distribution is at most so many times as long again as it was seen to be. */
const MAX_SKEW = 10

/**
 * Numbers: `integer`, or `number` with as many decimals as were seen, in the observed range, widened on each side by its own span
 * or by the power of ten at or below the largest value (whichever is more), and then outward to the next multiple of that
 * power of ten. Where one end is at least twice as far from the middle of the values as the other, it is the tail of a skewed
 * distribution, as counts and durations have it: its margin is as many times the span, ten times at the most.
 * Zero stays the least when no value is negative.
 */
export const numberRule = (numbers: Tallies<number>, demand: Demand): Rule => {
  const decimals = agreedDecimals(numbers, demand)
  const kept = new Map([...numbers].filter(([value]) => decimalsOf(value) <= decimals))
  const rejected = numbers.size - kept.size
  if (kept.size === 0) return { ok: false, reason: 'too-little-evidence', rejected }
  const [minimum, maximum] = widened(agreedRange(kept, demand), agreedMiddle(kept))
  if ((maximum - minimum) * 10 ** decimals > MAX_STEPS || decimals > 20) return listedRule(numbers, demand)
  const outside = [...kept.keys()].filter(value => value < minimum || value > maximum).length
  const step = decimals === 0 ? {} : { multipleOf: Number(`1e-${decimals}`) }
  const type = decimals === 0 ? 'integer' : 'number'
  return { ok: true, schema: { type, minimum, maximum, ...step }, rejected: rejected + outside }
}

/** Decimals in the decimal spelling; 1e21 has none. */
const decimalsOf = (number: number): number => {
  const [mantissa = '', exponent = '0'] = String(number).split('e')
  return Math.max(0, (mantissa.split('.')[1] ?? '').length - Number(exponent))
}

/** The most decimals that enough sources have used. */
const agreedDecimals = (numbers: Tallies<number>, demand: Demand): number => {
  const most = new Map<string, number>()
  for (const [value, tally] of numbers)
    for (const key of tally.keys) most.set(key, Math.max(most.get(key) ?? 0, decimalsOf(value)))
  return [...most.values()].toSorted((a, b) => b - a)[Math.min(demand, most.size) - 1] ?? 0
}

const widened = ([low, high]: readonly [number, number], middle: number): readonly [number, number] => {
  const power = Number(`1e${exponentOf(Math.max(Math.abs(low), Math.abs(high)))}`)
  const below = Math.max((high - low) * skew(middle - low, high - middle), power)
  const above = Math.max((high - low) * skew(high - middle, middle - low), power)
  const least = outward(low - below, exponentOf(below), Math.floor)
  return [low >= 0 ? Math.max(0, least) : least, outward(high + above, exponentOf(above), Math.ceil)]
}

/** How much longer one side is than the other; 1 for less than twice. */
const skew = (side: number, other: number): number => {
  if (side <= 0 || side < 2 * other) return 1
  return other <= 0 ? MAX_SKEW : Math.min(MAX_SKEW, side / other)
}

/** Finer than this, no bound has to be. */
const LEAST_EXPONENT = -20

/** Exponent of the power of ten at or below a number; 0 for zero. */
const exponentOf = (number: number): number =>
  number === 0 ? 0 : Math.max(LEAST_EXPONENT, Number(Math.min(number, Number.MAX_VALUE).toExponential().split('e')[1]))

/** Through the decimal spelling, so that no binary fraction gets into the schema. */
const outward = (number: number, exponent: number, round: (quotient: number) => number): number => {
  const scale = Number(`1e${Math.abs(exponent)}`)
  const quotient = round(exponent < 0 ? number * scale : number / scale)
  const result = Number.isFinite(quotient) ? Number(`${BigInt(quotient)}e${exponent}`) : number
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, result))
}

/** Constants such as the area of a pixel have many digits, but there are few of them. */
const listedRule = (numbers: Tallies<number>, demand: Demand): Rule => {
  const { kept, rejected } = supported(numbers, demand)
  if (kept.size === 0 || kept.size > MAX_LISTED || totalOf(kept) < REPEATS * kept.size)
    return { ok: false, reason: 'too-many-digits', rejected: 0 }
  return { ok: true, schema: { enum: [...kept.keys()].toSorted((a, b) => a - b) }, rejected }
}
