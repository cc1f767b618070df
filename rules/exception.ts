import type { PlacePattern } from './body/place-pattern.ts'
import type { Surface } from './verdict.ts'

/**
 * What one detector finds at one place is let pass, for a time, because the lab says so by name. Nothing else is: no other
 * detector, no other place or route, no name of a property, and nothing that stands in an encoding.
 */
export type Exception = {
  readonly id: string
  /** A role or mailbox of the lab. */
  readonly owner: string
  readonly reason: string
  /** Milliseconds since the epoch: from this instant on it does nothing. */
  readonly expires: number
  readonly detector: string
  readonly route: string
  /** Null: every instrument that may use the route. */
  readonly instrument: string | null
  readonly surface: Surface
  /** As the policy writes it; for newline-delimited JSON it leads into each line. */
  readonly pointer: string
  /** From the root of what is scanned. */
  readonly pattern: PlacePattern
  /** UTF-16 code units that all matches in one value may have together; Infinity when nothing is said. */
  readonly maxLength: number
}

const DAY = 86_400_000

/** Nobody remembers for longer than about a year why an exception was made. */
export const MAX_DAYS = 366

/** Days before its end in which people are told of it. */
export const NOTICE_DAYS = 14

/** Where an exception is in its life. `too-long`: it ends more than `MAX_DAYS` days from now, and does nothing until it does not. */
export type ExceptionState = 'in-force' | 'ends-soon' | 'expired' | 'too-long'

/** @param time - milliseconds since the epoch */
export const stateOf = ({ expires }: Pick<Exception, 'expires'>, time: number): ExceptionState => {
  // Written so that a time or an end that is no number lets nothing pass.
  if (!(time < expires)) return 'expired'
  if (!(expires - time <= MAX_DAYS * DAY)) return 'too-long'
  return expires - time <= NOTICE_DAYS * DAY ? 'ends-soon' : 'in-force'
}

/** Whether something with such an end is in force. */
export const isInForce = (exception: Pick<Exception, 'expires'>, time: number): boolean => {
  const state = stateOf(exception, time)
  return state === 'in-force' || state === 'ends-soon'
}

/** Whose request it is, and when it came. */
type Circumstances = { readonly instrument: string; readonly route: string; readonly time: number }

/** The exceptions that hold for a request. */
export const exceptionsFor = (
  exceptions: readonly Exception[],
  { instrument, route, time }: Circumstances,
): readonly Exception[] =>
  exceptions.filter(
    exception =>
      exception.route === route &&
      (exception.instrument === null || exception.instrument === instrument) &&
      isInForce(exception, time),
  )

/** One step from the root of a scanned value. `name`: null in an array. `isHidden`: the policy does not spell the name. */
export type Step = { readonly index: number; readonly name: string | null; readonly isHidden: boolean }

/** Whether a pattern leads to exactly where some steps lead. A name that the policy does not spell leads nowhere. */
export const leadsTo = (pattern: PlacePattern, steps: readonly Step[]): boolean =>
  pattern.length === steps.length && pattern.every((token, depth) => isStep(token, steps[depth]!))

const isStep = (token: string, { index, name, isHidden }: Step): boolean =>
  name === null ? token === '*' || token === String(index) : !isHidden && token === name && token !== '*'

/** Counts for people: all that there are, and the ids of those that need somebody. */
export type ExceptionSummary = {
  readonly total: number
  /** They end within `NOTICE_DAYS` days. */
  readonly endingSoon: readonly string[]
  readonly expired: readonly string[]
  /** They end more than `MAX_DAYS` days from now. */
  readonly tooLong: readonly string[]
}

export const summarize = (exceptions: readonly Exception[], time: number): ExceptionSummary => {
  const idsIn = (state: ExceptionState): readonly string[] =>
    exceptions.filter(exception => stateOf(exception, time) === state).map(({ id }) => id)
  return {
    total: exceptions.length,
    endingSoon: idsIn('ends-soon'),
    expired: idsIn('expired'),
    tooLong: idsIn('too-long'),
  }
}
