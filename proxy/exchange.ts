import type { IncomingMessage, ServerResponse } from 'node:http'
import { inspectHead } from '../rules/inspect.ts'
import type { Arrival, Field, Head } from '../rules/message.ts'
import { answerOf, type Answer } from './answer.ts'
import { readContent } from './content.ts'
import type { Pipeline } from './pipeline.ts'

/** The head of a request as Node's parser gives it; the raw fields, because the merged ones hide repetitions. */
export const headOf = (request: IncomingMessage): Head => {
  const fields: Field[] = []
  for (let at = 0; at + 1 < request.rawHeaders.length; at += 2)
    fields.push([request.rawHeaders[at]!, request.rawHeaders[at + 1]!])
  return { method: request.method ?? '', target: request.url ?? '', version: request.httpVersion, fields }
}

/** Takes one request from its head to its answer. Never rejects. */
export const exchange = async (
  request: IncomingMessage,
  response: ServerResponse,
  arrival: Arrival,
  pipeline: Pipeline,
): Promise<void> => {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  const answer = await answerRequest(request, response, arrival, pipeline, gone.signal)
  if (!response.destroyed) write(response, answer)
}

const answerRequest = async (
  request: IncomingMessage,
  response: ServerResponse,
  arrival: Arrival,
  pipeline: Pipeline,
  gone: AbortSignal,
): Promise<Answer> => {
  const head = headOf(request)
  const { block, maxBodyBytes } = inspectHead(arrival, head, pipeline.policy)
  const waits = request.headers.expect !== undefined
  // Who waits for leave to send the content, or is not known at all, is refused without it.
  if (block && (waits || maxBodyBytes === 0)) {
    const answer = answerOf(await pipeline.refuse({ arrival, head }, block))
    return { ...answer, isLast: true }
  }
  if (waits) response.writeContinue()
  const content = await readContent(request, maxBodyBytes)
  const answer = answerOf(await pipeline.pass({ arrival, head, content }, gone))
  return content.kind === 'complete' ? answer : { ...answer, isLast: true }
}

const write = (response: ServerResponse, { status, fields, body, isLast = false }: Answer): void => {
  response.statusCode = status
  for (const [name, value] of fields) response.appendHeader(name, value)
  if (isLast) response.setHeader('connection', 'close')
  // A 204 or 304 has no content, and a length with it confuses clients (RFC 9110 section 8.6).
  if (status !== 204 && status !== 304) response.setHeader('content-length', body.length)
  response.end(status === 204 || status === 304 ? undefined : body)
}
