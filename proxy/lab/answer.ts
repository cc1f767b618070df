import { STATUS_CODES } from 'node:http'
import type { Route } from '../../rules/policy.ts'
import { blockReasons, type Block, type BlockReason } from '../../rules/verdict.ts'
import type { UpstreamAnswer } from '../upstream/forwarder.ts'
import type { Passage } from '../pipeline.ts'
import { upstreamFaults, type UpstreamFault } from '../upstream/upstream-fault.ts'

/** What the instrument gets. */
export type Answer = {
  readonly status: number
  readonly fields: readonly (readonly [name: string, value: string])[]
  readonly body: Buffer
  /** Whether the connection has to end after it, because the request was not read to its end. */
  readonly isLast?: boolean
}

/** Turns the end of a request into the answer for the instrument. No answer holds anything of the request. */
export const answerOf = (passage: Passage): Answer => {
  switch (passage.kind) {
    case 'blocked':
      return blockAnswer(passage.id, passage.block, passage.route)
    case 'unrecorded':
    // for a held payload alone, and nobody waits for an answer to that
    case 'overtaken':
      return problem(passage.id, 503, 'decision-not-recorded', unrecorded, 'proxy_internal_error')
    case 'spooled':
      return acceptedAnswer(passage.id)
    case 'forwarded': {
      const { id, answer } = passage
      if (passage.mode === 'status-only') return statusOnly(id, answer)
      if (answer.kind === 'fault') return faultAnswer(id, answer.fault)
      return { status: answer.status, fields: [...answer.fields, ...marks(id)], body: answer.body }
    }
  }
}

/** It is durable, and waits for its destination (RFC 9110 section 15.3.3). */
const acceptedAnswer = (id: string): Answer => ({
  status: 202,
  fields: [['content-type', 'application/json'], ['cache-control', 'no-store'], ...marks(id)],
  body: Buffer.from(`${JSON.stringify({ status: 'accepted', decision: id })}\n`),
})

/**
 * One number, so that whoever is at the other end can say no more; and the id of the decision, which was made before they were asked. No
 * Proxy-Status: it would tell faults apart, and ours from theirs.
 */
const statusOnly = (id: string, answer: UpstreamAnswer): Answer => {
  const status = answer.kind === 'answer' ? answer.status : statusOfFault(answer.fault)
  return { status, fields: [['sluice-decision', id]], body: Buffer.alloc(0) }
}

type Fields = Answer['fields']

/** Says on every answer that it came through us, with the id of the decision, and why when it is not the vendor's (RFC 9209). */
const marks = (id: string, error?: string, details?: string): Fields => {
  const parts = ['sluice', error && `error=${error}`, details && `details="${details}"`]
  return [
    ['proxy-status', parts.filter(part => part !== undefined).join('; ')],
    ['sluice-decision', id],
  ]
}

const unrecorded =
  'the decision log cannot be written, so nothing is let out; the appliance says why in "sluice status"'

/** All others are 502. */
const faultStatus: Partial<Record<UpstreamFault, number>> = {
  connection_timeout: 504,
  http_response_timeout: 504,
  traffic_paused: 503,
}

const statusOfFault = (fault: UpstreamFault): number => faultStatus[fault] ?? 502

const faultAnswer = (id: string, fault: UpstreamFault): Answer => {
  const { type, meaning } = upstreamFaults[fault]
  return problem(id, statusOfFault(fault), fault.replaceAll('_', '-'), meaning, type)
}

/** Blocks that are about the HTTP itself have their own status code; all others are 403. */
const statusOf: Partial<Record<BlockReason, number>> = {
  'request-malformed': 400,
  'request-incomplete': 400,
  'authority-mismatch': 421,
  'rate-exceeded': 429,
  'requests-exceeded': 429,
  'connections-exceeded': 503,
  'log-space-low': 503,
  'splice-budget': 429,
  paused: 503,
  'held-full': 503,
  'spool-full': 503,
}

/** Nothing is wrong with the message: the instrument shall keep it and send it again. */
const comesAgain: ReadonlySet<BlockReason> = new Set(['log-space-low', 'paused', 'held-full', 'spool-full'])

const blockAnswer = (id: string, block: Block, route: Route | null): Answer => {
  // what a route answers for its blocks may tell an instrument not to send again, and this one it should
  if (route?.onBlock && !comesAgain.has(block.reason)) {
    const { status, contentType, body } = route.onBlock
    const fields = body === '' ? [] : [['content-type', contentType] as const]
    return { status, fields: [...fields, ...marks(id, 'http_request_denied')], body: Buffer.from(body) }
  }
  const status = statusOf[block.reason] ?? 403
  const detail = { reasons: [...reasonsOf(block)] }
  const answer = problem(id, status, block.reason, blockReasons[block.reason], 'http_request_denied', detail)
  if (block.retryAfter === null) return answer
  return { ...answer, fields: [...answer.fields, ['retry-after', String(block.retryAfter)]] }
}

/** What was wrong and where: codes and JSON Pointers, never values. */
const reasonsOf = function* ({ reason, rule, place, findings }: Block): Generator<object> {
  // A body that fails its schema and holds something sensitive is told both.
  if (findings.length === 0) yield { code: reason, ...(rule && { rule }), ...place }
  else if (place) yield { code: 'schema-violation', rule, ...place }
  for (const { detector, category, surface, pointer } of findings)
    yield { code: reason, detector, category, surface, pointer }
}

/**
 * A problem document.
 * @param error - type of error for the Proxy-Status field
 * @see RFC 9457 (problem details), RFC 9209 (Proxy-Status)
 */
const problem = (id: string, status: number, code: string, title: string, error: string, more: object = {}): Answer => {
  const document = { type: `urn:sluice:problem:${code}`, title, status, instance: `urn:uuid:${id}`, code, decision: id }
  return {
    status,
    fields: [['content-type', 'application/problem+json'], ['cache-control', 'no-store'], ...marks(id, error, code)],
    body: Buffer.from(`${JSON.stringify({ ...document, ...more })}\n`),
  }
}

/** An answer as bytes, for a socket on which there is no HTTP exchange to answer. */
export const answerBytes = ({ status, fields, body }: Answer): Buffer => {
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    ...fields.map(([name, value]) => `${name}: ${value}`),
    `content-length: ${body.length}`,
    'connection: close',
  ]
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), body])
}
