import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Load } from '../../rules/budget/load.ts'
import { inspectHead, inspectLoad } from '../../rules/inspect.ts'
import type { Arrival, Field, Head } from '../../rules/message.ts'
import { answerOf, type Answer } from './answer.ts'
import { readContent, type ContentLimits } from './content.ts'
import { drained } from './linger.ts'
import type { Block } from '../../rules/verdict.ts'
import type { Gate, Passage } from '../pipeline.ts'

/** The head of a request as Node's parser gives it; the raw fields, because the merged ones hide repetitions. */
export const headOf = (request: IncomingMessage): Head => {
  const fields: Field[] = []
  for (let at = 0; at + 1 < request.rawHeaders.length; at += 2)
    fields.push([request.rawHeaders[at]!, request.rawHeaders[at + 1]!])
  return { method: request.method ?? '', target: request.url ?? '', version: request.httpVersion, fields }
}

/** What an exchange goes by. */
export type Terms = {
  readonly arrival: Arrival
  /** Decides the whole request, whatever policy comes into force meanwhile. */
  readonly gate: Gate
  readonly load: Load
  /** At which rate content has to come. */
  readonly rate: Omit<ContentLimits, 'maxBytes'>
  /** Aborts when the rest of the request will not come; its reason is an `Incomplete`. */
  readonly broken: AbortSignal
}

/** How an exchange ended: whether the connection ends with it, and whether its decision repeats an earlier one. */
export type Ended = { readonly isLast: boolean; readonly repeats: boolean }

/** Takes one request from its head to its answer. Never rejects. */
export const exchange = async (request: IncomingMessage, response: ServerResponse, terms: Terms): Promise<Ended> => {
  const gone = new AbortController()
  response.once('close', () => response.writableFinished || gone.abort())
  const { passage, isLast } = await passRequest(request, response, terms, gone)
  if (!response.destroyed) await write(request, response, { ...answerOf(passage), isLast })
  return { isLast, repeats: passage.kind === 'blocked' && passage.repeats }
}

type Passed = { readonly passage: Passage; readonly isLast: boolean }

const passRequest = async (
  request: IncomingMessage,
  response: ServerResponse,
  { arrival, gate, load, rate, broken }: Terms,
  gone: AbortController,
): Promise<Passed> => {
  const head = headOf(request)
  const refuse = async (block: Block): Promise<Passed> => ({
    passage: await gate.refuse({ arrival, head }, block),
    isLast: true,
  })
  const overload = inspectLoad(arrival, load, gate.policy)
  if (overload) return refuse(overload)
  const closed = gate.closed(arrival, head)
  if (closed) return refuse(closed)
  const { block, maxBodyBytes, isTried } = inspectHead(arrival, head, gate.policy)
  const waits = request.headers.expect !== undefined
  // Who waits for leave to send the content, or is not known at all, is refused without it; but a trial has to see it.
  if (block && (maxBodyBytes === 0 || (waits && !isTried))) return refuse(block)
  if (waits) response.writeContinue()
  const content = await readContent(request, { ...rate, maxBytes: maxBodyBytes }, broken)
  const passage = await gate.pass({ arrival, head, content }, gone)
  return { passage, isLast: content.kind !== 'complete' || isMalformed(passage) }
}

/** Where the framing of one request is in doubt, nothing behind it can be trusted to be another (RFC 9112 section 6.3). */
const isMalformed = (passage: Passage): boolean =>
  passage.kind === 'blocked' && passage.block.reason === 'request-malformed'

/** Gives a client its answer. */
export const write = async (request: IncomingMessage, response: ServerResponse, answer: Answer): Promise<void> => {
  const { status, fields, body, isLast = false } = answer
  response.statusCode = status
  for (const [name, value] of fields) response.appendHeader(name, value)
  if (isLast) response.setHeader('connection', 'close')
  // A 204 or 304 has no content, and a length with it confuses clients (RFC 9110 section 8.6); after HEAD it is not ours.
  const hasContent = status !== 204 && status !== 304 && request.method !== 'HEAD'
  if (hasContent) response.setHeader('content-length', body.length)
  const content = hasContent && body.length > 0 ? body : undefined
  if (isLast && !request.complete) {
    response.flushHeaders()
    if (content) response.write(content)
    await drained(request, request.socket)
    response.end()
  } else response.end(content)
}
