import type { IncomingMessage } from 'node:http'
import { request, type Agent } from 'node:https'
import { isIP } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { BundleSource } from './bundle-source.ts'
import { faultOf } from '../upstream/fault-of.ts'
import { MAX_BUNDLE } from './policy-bundle.ts'
import { isAllowedTarget } from '../upstream/upstream-address.ts'
import { UpstreamError, type UpstreamFault } from '../upstream/upstream-fault.ts'
import { readUpstreamFiles } from '../upstream/upstream-files.ts'
import { upstreamAgent } from '../upstream/upstream.ts'

/** What the server of the bundles answered. */
export type BundleAnswer =
  /** `text`: all of the content, which is not looked at here; null where it is no UTF-8. `etag`: as the server spells it, if it gave one. */
  | { readonly kind: 'content'; readonly text: string | null; readonly etag: string | null; readonly bytes: number }
  /** 304: what `unless` stands for is the newest that there is. */
  | { readonly kind: 'not-modified' }
  /** Anything else, a redirection among them: nobody but the settings says where bundles come from. */
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'fault'; readonly fault: UpstreamFault }

/** Milliseconds until the connection is verified, and until the answer is complete. */
export type FetchTimes = { readonly connect: number; readonly answer: number }

export const defaultFetchTimes: FetchTimes = { connect: 10_000, answer: 60_000 }

/** RFC 9110 section 8.8.3, and not so long that it could carry much back to where it came from. */
const entityTag = /^(?:W\/)?"[\x21\x23-\x7e]{1,128}"$/

/**
 * Asks for the bundle, over a connection of its own that is verified like one to a destination, directly or through the proxy of the
 * site. The request is the same each time: the path of the settings, Host, Accept-Encoding, Connection and, with `unless`, If-None-Match.
 * Never rejects.
 * @param files - the folder of what destinations need besides the settings
 * @param signal - aborts when the appliance stops
 * @param unless - an entity tag that the server gave earlier; null: the content is wanted in any case
 * @see RFC 9110 section 13.1.2 (If-None-Match)
 */
export const fetchBundle = async (
  { destination, path }: BundleSource,
  files: string,
  unless: string | null,
  times: FetchTimes,
  signal: AbortSignal,
): Promise<BundleAnswer> => {
  let agent: Agent | null = null
  try {
    if (signal.aborted) throw new UpstreamError('connection_terminated')
    if (isIP(destination.host) !== 0 && !isAllowedTarget(destination, destination.host))
      throw new UpstreamError('destination_ip_prohibited')
    agent = upstreamAgent(destination, readUpstreamFiles(files, destination), times.connect)
    return await ask(agent, { host: destination.host, port: destination.port, path }, unless, times, signal)
  } catch (error) {
    return { kind: 'fault', fault: faultOf(error) }
  } finally {
    agent?.destroy()
  }
}

type Target = { readonly host: string; readonly port: number; readonly path: string }

const ask = (
  agent: Agent,
  to: Target,
  unless: string | null,
  times: FetchTimes,
  signal: AbortSignal,
): Promise<BundleAnswer> => {
  const { promise, resolve, reject } = Promise.withResolvers<BundleAnswer>()
  const headers = { 'accept-encoding': 'identity', connection: 'close', ...(unless && { 'if-none-match': unless }) }
  const asked = request({ ...to, agent, method: 'GET', headers })
  const fail = (fault: UpstreamFault): void => reject(new UpstreamError(fault))
  const connecting = setTimeout(() => fail('connection_timeout'), times.connect)
  const waiting = setTimeout(() => fail('http_response_timeout'), times.answer)
  const end = (): void => fail('connection_terminated')
  signal.addEventListener('abort', end)
  asked.once('socket', (socket: TLSSocket) => socket.once('secureConnect', () => clearTimeout(connecting)))
  asked.once('response', answer => void readAnswer(answer, unless !== null).then(resolve, reject))
  // Nobody asked for another protocol; without a listener Node would say nothing of it.
  asked.once('upgrade', () => fail('http_protocol_error'))
  asked.on('error', reject)
  asked.end()
  return promise.finally(() => {
    clearTimeout(connecting)
    clearTimeout(waiting)
    signal.removeEventListener('abort', end)
    asked.destroy()
  })
}

const readAnswer = async (answer: IncomingMessage, isConditional: boolean): Promise<BundleAnswer> => {
  const status = answer.statusCode!
  if (status === 304 && isConditional) return { kind: 'not-modified' }
  if (status !== 200) return { kind: 'status', status }
  const coding = answer.headers['content-encoding']
  if (coding !== undefined && coding !== 'identity') throw new UpstreamError('http_protocol_error')
  const content = await contentOf(answer)
  const { etag = '' } = answer.headers
  return {
    kind: 'content',
    text: decoded(content),
    etag: entityTag.test(etag) ? etag : null,
    bytes: content.length,
  }
}

/** @throws UpstreamError, and whatever the connection fails with */
const contentOf = async (answer: IncomingMessage): Promise<Buffer> => {
  if (Number(answer.headers['content-length'] ?? 0) > MAX_BUNDLE) throw new UpstreamError('http_response_body_size')
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > MAX_BUNDLE) throw new UpstreamError('http_response_body_size')
      chunks.push(chunk)
    }
  } catch (error) {
    throw error instanceof UpstreamError ? error : new UpstreamError('http_response_incomplete', { cause: error })
  }
  if (!answer.complete) throw new UpstreamError('http_response_incomplete')
  return Buffer.concat(chunks)
}

const decoded = (content: Buffer): string | null => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content)
  } catch {
    return null
  }
}
