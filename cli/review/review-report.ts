import type { Rail } from '../../proxy/review/review-rails.ts'
import type { ReviewRequest } from '../../proxy/review/review-request.ts'
import { spellRail, type ReviewResult, type Sent } from '../../proxy/review/review-desk.ts'
import { exitCodes, type ExitCode } from '../exit-codes.ts'
import { describe, Failure } from '../failure.ts'
import { interruption } from '../terminal/interruption.ts'
import { json, line, table } from '../terminal/print.ts'
import { osIdentity, type Reviews } from './review-client.ts'
import type { Chosen } from './review-selection.ts'

/** What a request says besides who asks about what. */
export type Wanted = ReviewRequest extends infer Request
  ? Request extends ReviewRequest
    ? Omit<Request, 'decision' | 'actor' | 'seen'>
    : never
  : never

type Told = { readonly decision: string; readonly result: ReviewResult | Failure }

/**
 * Asks for the same about each of the payloads, one after the other, and tells how it went. What fails for one of them keeps none of the
 * others back; Ctrl-C does, once the one under way has ended.
 * @param want - what is asked about one; what it throws is told as that one's failure
 * @returns those of which it was done
 */
export const reviewEach = async (
  reviews: Reviews,
  chosen: readonly Chosen[],
  want: (item: Chosen) => Promise<Wanted> | Wanted,
  isJson: boolean,
): Promise<readonly string[]> => {
  const interrupted = interruption()
  const told: Told[] = []
  for (const item of chosen) {
    if (interrupted.aborted) break
    told.push({ decision: item.decision, result: await resultOf(reviews, item, want) })
  }
  tell(told, isJson)
  if (!interrupted.aborted) process.exitCode = exitCodeOf(told.map(({ result }) => codeOf(result)))
  return told.flatMap(({ decision, result }) =>
    !(result instanceof Failure) && result.kind === 'done' ? decision : [],
  )
}

const resultOf = async (
  reviews: Reviews,
  item: Chosen,
  want: (item: Chosen) => Promise<Wanted> | Wanted,
): Promise<Told['result']> => {
  try {
    const { decision, state: seen } = item
    return await reviews.act({ ...(await want(item)), decision, seen, actor: osIdentity() })
  } catch (error) {
    return describe(error)
  }
}

const codeOf = (result: Told['result']): ExitCode => {
  if (result instanceof Failure) return result.exitCode
  if (result.kind === 'refused') return result.rail === 'changed-meanwhile' ? exitCodes.changed : exitCodes.refused
  if (result.sent === null || hasArrived(result.sent)) return exitCodes.done
  return result.sent.verdict === 'block' ? exitCodes.found : exitCodes.failed
}

const hasArrived = ({ verdict, status }: Sent): boolean =>
  verdict === 'forward' && status !== null && status >= 200 && status < 300

/** One code for all: theirs where they agree, else that only a part was done, or the first reason why nothing was. */
const exitCodeOf = (codes: readonly ExitCode[]): ExitCode => {
  const first = codes[0] ?? exitCodes.done
  if (codes.every(code => code === first)) return first
  return codes.includes(exitCodes.done) ? exitCodes.partly : first
}

const tell = (told: readonly Told[], isJson: boolean): void => {
  if (isJson) return told.forEach(({ decision, result }) => json(documentOf(decision, result)))
  const [only, ...more] = told
  if (only && more.length === 0) return tellOne(only)
  table(
    ['id', 'result', 'state', 'what'],
    told.map(({ decision, result }) => [decision, ...cellsOf(result)]),
  )
}

const documentOf = (decision: string, result: Told['result']): object => {
  if (result instanceof Failure) return { kind: 'failed', decision, error: result.message, hint: result.hint }
  if (result.kind === 'refused') return { ...result, ...spellRail(result.rail) }
  return { ...result, what: whatOf(result) }
}

const cellsOf = (result: Told['result']): readonly [string, string | null, string] => {
  if (result instanceof Failure) return ['failed', null, result.message]
  if (result.kind === 'refused') return ['refused', null, `${result.rail}: ${spellRail(result.rail).what}`]
  return ['done', result.state, whatOf(result)]
}

const tellOne = ({ result }: Told): void => {
  if (result instanceof Failure) throw result
  if (result.kind === 'refused') throw railFailure(result.rail, result.detail?.explanation ?? null)
  line(whatOf(result))
}

/** A rail as an error of the command line. */
export const railFailure = (rail: Rail, detail: string | null): Failure => {
  const { what, hint } = spellRail(rail)
  const message = `refused (${rail}): ${what}${detail === null ? '' : `: ${detail}`}; nothing was done`
  return new Failure(message, hint, rail === 'changed-meanwhile' ? exitCodes.changed : exitCodes.refused)
}

const whatOf = ({ state, sent }: Extract<ReviewResult, { kind: 'done' }>): string => {
  if (sent === null) return `recorded; it is now ${state}`
  const { decision, verdict, code, explanation, status } = sent
  const how = code === null ? `the vendor answered ${status}` : `${code}, ${explanation}`
  if (verdict === 'block') return `blocked again, so nothing was sent: ${how}; decision ${decision}, state ${state}`
  return `${hasArrived(sent) ? 'sent' : 'NOT taken'}: ${how}${adviceOn(sent, state)}; decision ${decision}, state ${state}`
}

const adviceOn = ({ status }: Sent, state: string): string => {
  if (status === 401 || status === 403)
    return ' (credentials are never stored, so none were sent: have the instrument send it again, or the vendor take it without)'
  if (state === 'release-unknown')
    return ' (nobody knows whether it arrived: ask the vendor before it is approved again; it will not be sent by itself)'
  return ''
}
