import { IncomingMessage, ServerResponse, type ClientRequest } from 'node:http'
import type { Agent } from 'node:https'
import { isIP, Socket } from 'node:net'
import { Readable } from 'node:stream'
import { TLSSocket } from 'node:tls'
import { createProxyServer, type ProxyServer } from 'http-proxy'
import type { Destination, Route } from '../../rules/policy.ts'
import type { Released } from '../../rules/verdict.ts'
import { faultOf } from './fault-of.ts'
import { isAllowedTarget } from './upstream-address.ts'
import { UpstreamError, type UpstreamFault } from './upstream-fault.ts'
import { upstreamConnections } from './upstream-connections.ts'
import { vendorClocks, type VendorClock } from './vendor-clocks.ts'

/** The vendor's answer, whole and cut down to what the route lets back; or why there is none. */
export type UpstreamAnswer =
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly fields: readonly (readonly [name: string, value: string])[]
      readonly body: Buffer
    }
  /** `isUnsent`: it is certain that no octet of the request was written to the destination. */
  | { readonly kind: 'fault'; readonly fault: UpstreamFault; readonly isUnsent: boolean }

export type Timeouts = {
  /** Milliseconds for the TCP connection. */
  readonly connect: number
  /** Milliseconds from the start until the answer is complete. */
  readonly answer: number
}

export const defaultTimeouts: Timeouts = { connect: 10_000, answer: 60_000 }

export type Forwarder = {
  /**
   * Sends a released request and takes in the answer. Never rejects.
   * @param signal - aborts when the client is gone, or with the fault for another reason; the upstream request is then torn down as well
   */
  readonly forward: (
    request: Released,
    to: Destination,
    response: Route['response'],
    signal: AbortSignal,
  ) => Promise<UpstreamAnswer>
  /** How many requests it was given since the start. */
  readonly sent: () => number
  readonly clocks: () => readonly VendorClock[]
  /**
   * Says which destinations there are from now on. Connections to the others are closed as soon as their last request has
   * ended; those to a destination that is the same in all but its id stay open.
   */
  readonly keep: (destinations: readonly Destination[]) => void
  readonly close: () => void
}

/**
 * Sends with http-proxy, which lets through more than a gate may. So it gets a request of our own making: no client header, no
 * client socket, a whole body with its length, a path that is compared before it is sent; and it answers nobody itself.
 * @param files - the folder of what destinations need besides the policy
 */
export const createForwarder = (files: string, timeouts: Timeouts = defaultTimeouts): Forwarder => {
  // http-proxy looks for it at each request, and would then send with fetch: past our agent, its trust and its address check.
  delete process.env.FORCE_FETCH_PATH
  const proxy = createProxyServer({ secure: true, changeOrigin: true, ignorePath: true, selfHandleResponse: true })
  const passages = new WeakMap<IncomingMessage, Passage>()
  proxy.on('proxyReq', (upstream, standIn) => passages.get(standIn)?.onRequest(upstream))
  proxy.on('proxyRes', (answer, standIn) => passages.get(standIn)?.onAnswer(answer))
  proxy.on('econnreset', (_error, standIn) => passages.get(standIn)?.fail('connection_terminated'))
  const connections = upstreamConnections(files, timeouts.connect)
  const clocks = vendorClocks()
  let sent = 0
  return {
    forward: async (request, to, response, signal) => {
      sent++
      try {
        if (isIP(to.host) !== 0 && !isAllowedTarget(to, to.host)) throw new UpstreamError('destination_ip_prohibited')
        return await connections.use(to, agent => {
          const passage = new Passage(request, response, timeouts.answer, signal)
          passage.noteDate = date => clocks.note(to.host, date, Date.now())
          passages.set(passage.incoming, passage)
          return passage.run(proxy, to, agent, timeouts.connect)
        })
      } catch (error) {
        return { kind: 'fault', fault: faultOf(error), isUnsent: true }
      }
    },
    sent: () => sent,
    clocks: clocks.status,
    keep: connections.keep,
    close: connections.close,
  }
}

/** Fields that belong to one connection or that we write ourselves (RFC 9110 section 7.6.1). */
const ownFields = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'proxy-authenticate',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** Until then Node keeps what is written to itself. Not in its types. */
const isConnecting = (socket: TLSSocket & { readonly secureConnecting?: boolean }): boolean =>
  socket.secureConnecting === true

/** One request on its way out and its answer on its way in, with the stand-ins that http-proxy wants for a client. */
class Passage {
  /** A request that came over no connection: http-proxy copies its header section, which is empty. */
  readonly incoming: IncomingMessage
  /** Told of the field Date when an answer begins. */
  noteDate: (date: string | undefined) => void = () => undefined
  readonly #outgoing: ServerResponse
  readonly #request: Released
  readonly #response: Route['response']
  readonly #settled = Promise.withResolvers<UpstreamAnswer>()
  readonly #timer: NodeJS.Timeout
  readonly #signal: AbortSignal
  #isSettled = false
  /** Whether a connection was there, its certificate verified, over which the request may have been written. */
  #isWritten = false

  constructor(request: Released, response: Route['response'], deadline: number, signal: AbortSignal) {
    this.#request = request
    this.#response = response
    this.incoming = new IncomingMessage(new Socket())
    this.incoming.method = request.method
    this.incoming.url = '/'
    this.#outgoing = new ServerResponse(this.incoming)
    this.#signal = signal
    this.#timer = setTimeout(() => this.fail('http_response_timeout'), deadline)
  }

  async run(proxy: ProxyServer, to: Destination, agent: Agent, connectTimeout: number): Promise<UpstreamAnswer> {
    const gone = () =>
      this.fail(this.#signal.reason instanceof UpstreamError ? this.#signal.reason.fault : 'client_gone')
    this.#signal.addEventListener('abort', gone)
    if (this.#signal.aborted) gone()
    else this.#send(proxy, to, agent, connectTimeout)
    try {
      return await this.#settled.promise
    } finally {
      clearTimeout(this.#timer)
      this.#signal.removeEventListener('abort', gone)
    }
  }

  #send(proxy: ProxyServer, to: Destination, agent: Agent, connectTimeout: number): void {
    const { target, method, body, fields } = this.#request
    const [pathname, search = ''] = target.split(/(?=\?)/)
    const destination = { protocol: 'https:', host: to.host, hostname: to.host, port: to.port, pathname, search }
    const length = body.length > 0 || !['GET', 'HEAD'].includes(method) ? { 'content-length': String(body.length) } : {}
    const options = {
      target: destination,
      method,
      agent,
      connectTimeout,
      headers: { ...Object.fromEntries(fields), ...length },
      buffer: Readable.from([body], { objectMode: false }),
    }
    proxy.web(this.incoming, this.#outgoing, options, error => this.fail(faultOf(error)))
  }

  /** The last look before the first byte: http-proxy must not have made another path out of the inspected one. */
  onRequest(upstream: ClientRequest): void {
    if (upstream.path !== this.#request.target) return this.fail('http_protocol_error')
    const { socket } = upstream
    if (socket instanceof TLSSocket && isConnecting(socket))
      socket.once('secureConnect', () => (this.#isWritten = true))
    else this.#isWritten = true
    // Nobody asked for another protocol; without a listener Node would say nothing of it, and the request wait for its deadline.
    upstream.once('upgrade', (_answer, socket) => {
      socket.destroy()
      this.fail('http_protocol_error')
    })
  }

  onAnswer(answer: IncomingMessage): void {
    this.noteDate(answer.headers.date)
    const chunks: Buffer[] = []
    let bytes = 0
    answer.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > this.#response.maxBytes) this.fail('http_response_body_size')
      else chunks.push(chunk)
    })
    answer.on('end', () => (answer.complete ? this.#finish(answer, chunks) : this.fail('http_response_incomplete')))
    answer.on('error', () => this.fail('http_response_incomplete'))
    answer.on('close', () => this.fail('http_response_incomplete'))
  }

  #finish(answer: IncomingMessage, chunks: readonly Buffer[]): void {
    const status = answer.statusCode!
    // RFC 9110 section 15: there are no others, and an unlimited number would say something
    if (status < 200 || status > 599) return this.fail('http_protocol_error')
    if (this.#response.mode === 'status-only')
      return this.#settle({ kind: 'answer', status, fields: [], body: Buffer.alloc(0) })
    const fields: [string, string][] = []
    for (let at = 0; at + 1 < answer.rawHeaders.length; at += 2) {
      const name = answer.rawHeaders[at]!.toLowerCase()
      if (this.#response.headers.has(name) && !ownFields.has(name)) fields.push([name, answer.rawHeaders[at + 1]!])
    }
    this.#settle({ kind: 'answer', status, fields, body: Buffer.concat(chunks) })
  }

  /** http-proxy tears the upstream request down when the response to its client closes unfinished. */
  fail(fault: UpstreamFault): void {
    if (this.#isSettled) return
    this.#settle({ kind: 'fault', fault, isUnsent: !this.#isWritten })
    this.#outgoing.emit('close')
  }

  #settle(answer: UpstreamAnswer): void {
    this.#isSettled = true
    this.#settled.resolve(answer)
  }
}
