import { MAX_DAYS, NOTICE_DAYS, stateOf, type ExceptionSummary } from '../../rules/exception.ts'
import type { Policy } from '../../rules/policy.ts'
import type { ExceptedFinding } from '../../rules/verdict.ts'
import { table } from '../terminal/print.ts'

/** The exceptions of a policy as they are now, those that end first in front. */
export const exceptionsOf = ({ exceptions }: Policy, time: number) =>
  exceptions
    .toSorted((a, b) => a.expires - b.expires)
    .map(exception => {
      const { id, owner, reason, expires, detector, route, instrument, surface, pointer, maxLength } = exception
      return {
        id,
        state: stateOf(exception, time),
        expires: new Date(expires).toISOString(),
        detector,
        route,
        instrument,
        surface,
        pointer,
        maxLength: Number.isFinite(maxLength) ? maxLength : null,
        owner,
        reason,
      }
    })

export const printExceptions = (exceptions: ReturnType<typeof exceptionsOf>): void =>
  table(
    ['exception', 'state', 'expires', 'detector', 'route', 'instrument', 'place', 'owner'],
    exceptions.map(({ id, state, expires, detector, route, instrument, surface, pointer, owner }) => [
      id,
      state,
      expires,
      detector,
      route,
      instrument ?? 'any',
      `${surface} ${pointer}`,
      owner,
    ]),
  )

/** What exceptions let pass in one request. */
export const printExcepted = (excepted: readonly ExceptedFinding[]): void =>
  table(
    ['exception', 'detector', 'category', 'place', 'length'],
    excepted.map(({ exception, detector, category, surface, pointer, length }) => [
      exception,
      detector,
      category,
      `${surface} ${pointer}`,
      length,
    ]),
  )

/** `3; end within 14 days: a; expired: b, c`. */
export const spellExceptions = ({ total, endingSoon, expired, tooLong }: ExceptionSummary): string => {
  const parts = [
    [`end within ${NOTICE_DAYS} days`, endingSoon],
    ['expired', expired],
    [`end more than ${MAX_DAYS} days from now, and do nothing yet`, tooLong],
  ] as const
  return [total, ...parts.filter(([, ids]) => ids.length > 0).map(([what, ids]) => `${what}: ${ids.join(', ')}`)].join(
    '; ',
  )
}
