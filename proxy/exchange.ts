import type { IncomingMessage, ServerResponse } from 'node:http'
import { inspectHead } from '../rules/inspect.ts'
import type { Arrival, Field, Head } from '../rules/message.ts'
import { answerOf, type Answer } from './answer.ts'
import { readContent } from './content.ts'
import { drained } from './linger.ts'
import type { Gate } from './pipeline.ts'

/** The head of a request as Node's parser gives it; the raw fields, because the merged ones hide repetitions. */
export const headOf = (request: IncomingMessage): Head => {
  const fields: Field[] = []
  for (let at = 0; at + 1 < request.rawHeaders.length; at += 2)
    fields.push([request.rawHeaders[at]!, request.rawHeaders[at + 1]!])
  return { method: request.method ?? '', target: request.url ?? '', version: request.httpVersion, fields }
}

/**
 * Takes one request from its head to its answer. Never rejects.
 * @param gate - decides the whole request, whatever policy comes into force meanwhile
 * @param broken - aborts when the rest of the request will not come
 */
export const exchange = async (
  request: IncomingMessage,
  response: ServerResponse,
  arrival: Arrival,
  gate: Gate,
  broken: AbortSignal,
): Promise<void> => {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  const answer = await answerRequest(request, response, arrival, gate, { gone, broken })
  if (!response.destroyed) await write(request, response, answer)
}

type Signals = { readonly gone: AbortController; readonly broken: AbortSignal }

const answerRequest = async (
  request: IncomingMessage,
  response: ServerResponse,
  arrival: Arrival,
  gate: Gate,
  { gone, broken }: Signals,
): Promise<Answer> => {
  const head = headOf(request)
  const closed = gate.closed(arrival, head)
  if (closed) return { ...answerOf(await gate.refuse({ arrival, head }, closed)), isLast: true }
  const { block, maxBodyBytes, isTried } = inspectHead(arrival, head, gate.policy)
  const waits = request.headers.expect !== undefined
  // Who waits for leave to send the content, or is not known at all, is refused without it; but a trial has to see it.
  if (block && (maxBodyBytes === 0 || (waits && !isTried))) {
    const answer = answerOf(await gate.refuse({ arrival, head }, block))
    return { ...answer, isLast: true }
  }
  if (waits) response.writeContinue()
  const content = await readContent(request, maxBodyBytes, broken)
  const answer = answerOf(await gate.pass({ arrival, head, content }, gone))
  return content.kind === 'complete' ? answer : { ...answer, isLast: true }
}

const write = async (request: IncomingMessage, response: ServerResponse, answer: Answer): Promise<void> => {
  const { status, fields, body, isLast = false } = answer
  response.statusCode = status
  for (const [name, value] of fields) response.appendHeader(name, value)
  if (isLast) response.setHeader('connection', 'close')
  // A 204 or 304 has no content, and a length with it confuses clients (RFC 9110 section 8.6); after HEAD it is not ours.
  const hasContent = status !== 204 && status !== 304 && request.method !== 'HEAD'
  if (hasContent) response.setHeader('content-length', body.length)
  response.flushHeaders()
  if (hasContent && body.length > 0) response.write(body)
  if (isLast && !request.complete) await drained(request)
  response.end()
}
