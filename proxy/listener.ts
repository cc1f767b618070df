import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { Authority as CertificateAuthority } from '../certs/authority.ts'
import { leafStore, type LeafEntry, type LeafStore } from '../certs/leaf.ts'
import { strongTls } from '../certs/strong-tls.ts'
import { inspectTunnel, inspectUnreadable, type Unreadable } from '../rules/inspect.ts'
import type { Arrival, Ingress } from '../rules/message.ts'
import { answerBytes, answerOf } from './answer.ts'
import { Arrivals, clientOf } from './arrivals.ts'
import { exchange, headOf } from './exchange.ts'
import { firstByte } from './first-byte.ts'
import { requireLabAddress } from './lab-address.ts'
import type { Notify } from './notice.ts'
import type { Pipeline } from './pipeline.ts'
import { ProxyError } from './proxy-error.ts'

export type ListenOptions = {
  /** Lab-side address; never a wildcard and never a public address. */
  readonly address: string
  /** 0 lets the system choose. */
  readonly port: number
  /** Names and addresses under which gateway clients reach the appliance. */
  readonly names: readonly string[]
}

const MAX_CONNECTIONS = 1_024
const FIRST_BYTE_MS = 10_000
const HANDSHAKE_MS = 10_000
/** A fifth of the lifetime of a leaf: the appliance's own certificate is minted anew well before it ends. */
const RENEWAL_MS = 6 * 24 * 3_600_000

const httpLimits = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 15_000,
  requestTimeout: 60_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 1_000,
  insecureHTTPParser: false,
  // rules/ refuses a missing Host, with a record; Node would answer by itself.
  requireHostHeader: false,
} as const

/**
 * The one lab-side port for all three kinds of client, told apart by their first byte: a TLS ClientHello, or else HTTP in the
 * clear, of which only CONNECT leads anywhere.
 */
export class Listener {
  readonly #options: ListenOptions
  readonly #pipeline: Pipeline
  readonly #notify: Notify
  readonly #authority: CertificateAuthority
  readonly #leaves: LeafStore
  readonly #arrivals = new Arrivals()
  readonly #sockets = new Set<Socket>()
  /** Sockets with a request under way: its exchange makes the record, whatever becomes of the connection. */
  readonly #busy = new WeakMap<Duplex, number>()
  readonly #tcp: TcpServer
  readonly #plain: Server
  readonly #tls: TlsServer
  readonly #renewal: NodeJS.Timeout

  /** @throws ProxyError `ERR_LISTEN_…`; CertError when the authority does not cover the appliance's own names */
  constructor(options: ListenOptions, authority: CertificateAuthority, pipeline: Pipeline, notify: Notify) {
    this.#options = { ...options, address: requireLabAddress(options.address) }
    this.#pipeline = pipeline
    this.#notify = notify
    this.#authority = authority
    this.#leaves = leafStore(authority)
    this.#tcp = createTcpServer({ noDelay: true }, socket => void this.#accept(socket))
    this.#tcp.maxConnections = MAX_CONNECTIONS
    this.#plain = createServer(httpLimits)
    this.#tls = createTlsServer({
      ...httpLimits,
      ...strongTls,
      ...this.#ownCertificate(),
      ALPNProtocols: ['http/1.1'],
      handshakeTimeout: HANDSHAKE_MS,
      SNICallback: (name, done) => void this.#chooseContext(name, done),
    })
    this.#serve(this.#plain)
    this.#serve(this.#tls)
    this.#plain.on('connect', (request, socket: Socket, head: Buffer) => void this.#connect(request, socket, head))
    this.#tls.on('connect', (request, socket: Socket) => void this.#connectInsideTls(request, socket))
    this.#tls.on('secureConnection', socket => this.#arrivals.set(socket, this.#arrivalOf(socket)))
    this.#renewal = setInterval(
      () => this.#tls.setSecureContext({ ...strongTls, ...this.#ownCertificate() }),
      RENEWAL_MS,
    )
    this.#renewal.unref()
  }

  /** @throws ProxyError (as a rejection) `ERR_LISTEN_UNAVAILABLE` */
  async open(): Promise<void> {
    const { address, port } = this.#options
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#tcp.once('error', cause => {
      const message = `cannot listen on ${address} port ${port}: ${(cause as NodeJS.ErrnoException).code}`
      reject(new ProxyError('ERR_LISTEN_UNAVAILABLE', message, { cause }))
    })
    this.#tcp.listen({ host: address, port, exclusive: true }, resolve)
    await promise
  }

  get address(): string {
    return this.#options.address
  }

  get port(): number {
    return (this.#tcp.address() as AddressInfo | null)?.port ?? this.#options.port
  }

  get connections(): number {
    return this.#sockets.size
  }

  /** The certificates that were minted for instruments and are still kept. */
  get leaves(): readonly LeafEntry[] {
    return this.#leaves.list()
  }

  /** Takes no new connection, lets requests under way end, and cuts what is left after `grace` milliseconds. */
  async close(grace: number): Promise<void> {
    clearInterval(this.#renewal)
    const closed = new Promise<void>(resolve => this.#tcp.close(() => resolve()))
    this.#plain.closeIdleConnections()
    this.#tls.closeIdleConnections()
    const cut = setTimeout(() => this.#sockets.forEach(socket => socket.destroy()), grace)
    // Connections that sent nothing yet belong to no server that could close them.
    for (const socket of this.#sockets) if (socket.bytesRead === 0) socket.destroy()
    await closed
    clearTimeout(cut)
  }

  #ownCertificate(): { readonly cert: string; readonly key: string } {
    const { certificatePem, privateKeyPem } = this.#authority.issue(this.#options.names)
    return { cert: certificatePem, key: privateKeyPem }
  }

  async #accept(socket: Socket): Promise<void> {
    this.#sockets.add(socket)
    // Node keeps the address from the first look on, so that it is still known when the handshake has failed.
    void socket.remoteAddress
    socket.once('close', () => this.#sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    await this.#dispatch(socket)
  }

  async #dispatch(socket: Socket): Promise<void> {
    const kind = await firstByte(socket, FIRST_BYTE_MS)
    if (kind === 'closed') socket.destroy()
    else if (kind === 'tls') this.#tls.emit('connection', socket)
    else if (this.#arrivals.tunnelOf(socket)) await this.#refuse(socket, this.#tunnelArrival(socket), insecure)
    else this.#plain.emit('connection', socket)
  }

  #serve(server: Server | TlsServer): void {
    const take = (request: IncomingMessage, response: ServerResponse) => void this.#take(request, response)
    server.on('request', take)
    server.on('checkContinue', take)
    server.on('checkExpectation', take)
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => void this.#unreadable(error, socket as Socket))
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = request
    this.#busy.set(socket, (this.#busy.get(socket) ?? 0) + 1)
    await exchange(request, response, this.#arrivals.get(socket), this.#pipeline)
    this.#busy.set(socket, this.#busy.get(socket)! - 1)
  }

  /** A CONNECT of an explicit proxy client: the tunnel ends here, and what comes through it is TLS to us. */
  async #connect(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    const verdict = inspectTunnel(clientOf(socket), headOf(request), this.#pipeline.policy)
    if (verdict.kind === 'block') {
      const passage = await this.#pipeline.refuse(
        { arrival: this.#arrivals.get(socket), head: headOf(request) },
        verdict,
      )
      socket.end(answerBytes(answerOf(passage)), () => socket.destroySoon())
      return
    }
    this.#arrivals.tunnel(socket, verdict.authority)
    socket.on('error', () => socket.destroy())
    if (head.length > 0) socket.unshift(head)
    socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
    await this.#dispatch(socket)
  }

  /** A tunnel inside TLS is nothing that any instrument needs; the request is refused like any other. */
  async #connectInsideTls(request: IncomingMessage, socket: Socket): Promise<void> {
    const unreadable = { reason: 'method-not-allowed', rule: null, destination: null } as const
    await this.#refuse(socket, this.#arrivals.get(request.socket), unreadable)
  }

  #arrivalOf(socket: TLSSocket): Arrival {
    return { client: clientOf(socket), ingress: this.#ingressOf(socket) }
  }

  #tunnelArrival(socket: Socket): Arrival {
    const authority = this.#arrivals.tunnelOf(socket)!
    return { client: clientOf(socket), ingress: { kind: 'connect', authority, serverName: null } }
  }

  #ingressOf(socket: TLSSocket): Ingress {
    const serverName = serverNameOf(socket)
    const authority = this.#arrivals.tunnelOf(socket)
    if (authority) return { kind: 'connect', authority, serverName }
    if (serverName === null || this.#options.names.includes(serverName))
      return { kind: 'gateway', names: this.#options.names, port: this.port }
    return { kind: 'redirect', serverName, port: this.port }
  }

  /** The certificate for a server name; for one that is none of ours, our own, so that the refusal can still be told. */
  async #chooseContext(name: string, done: Parameters<NonNullable<SniCallback>>[1]): Promise<void> {
    const host = name.toLowerCase()
    const isNamed = this.#pipeline.policy.destinations.some(destination => destination.host === host)
    try {
      done(null, isNamed ? await this.#leaves.contextFor(host) : undefined)
    } catch (error) {
      done(error as Error)
    }
  }

  /** The instrument did not take our certificate, or spoke no TLS that we do. */
  async #handshakeFailed(error: NodeJS.ErrnoException, socket: TLSSocket): Promise<void> {
    const arrival = this.#arrivalOf(socket)
    const code = error.code ?? ''
    // A client that merely hung up, a port scan for example, is nothing to tell anybody about.
    if (code.startsWith('ERR_SSL'))
      this.#notify({ kind: 'handshake-failed', client: arrival.client, code, trusts: !distrust.test(code) })
    const { ingress } = arrival
    const isStranger = ingress.kind === 'redirect' && !this.#isDestination(ingress.serverName)
    if (isStranger) {
      const destination = { host: ingress.serverName, port: 443 }
      await this.#refuse(socket, arrival, { reason: 'destination-not-allowed', rule: 'server-name', destination })
    } else socket.destroy()
  }

  #isDestination(host: string): boolean {
    return this.#pipeline.policy.destinations.some(destination => destination.host === host)
  }

  /** What Node's parser refused, or what stopped half-way. */
  async #unreadable(error: NodeJS.ErrnoException, socket: Socket): Promise<void> {
    const code = error.code ?? ''
    if (code.startsWith('ERR_SSL')) return this.#handshakeFailed(error, socket as TLSSocket)
    const isBusy = (this.#busy.get(socket) ?? 0) > 0
    if (isBusy || (code === 'ECONNRESET' && socket.bytesRead === 0)) return void socket.destroy()
    await this.#refuse(socket, this.#arrivals.get(socket), { ...unreadableBy(code), destination: null })
  }

  async #refuse(socket: Socket, arrival: Arrival, unreadable: Unreadable): Promise<void> {
    const block = inspectUnreadable(arrival, unreadable, this.#pipeline.policy)
    const answer = answerOf(await this.#pipeline.refuse({ arrival }, block))
    if (socket.writable) socket.end(answerBytes(answer), () => socket.destroySoon())
    else socket.destroy()
  }
}

type SniCallback = NonNullable<Parameters<typeof createTlsServer>[0]>['SNICallback']

const insecure: Unreadable = { reason: 'transport-insecure', rule: null, destination: null }

/** TLS alerts by which a client says that it does not accept our certificate (RFC 8446 section 6.2). */
const distrust = /UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_UNKNOWN|CERTIFICATE_EXPIRED|ACCESS_DENIED/

const serverNameOf = (socket: TLSSocket): string | null => {
  const name: unknown = (socket as { servername?: unknown }).servername
  return typeof name === 'string' && name !== '' ? name.toLowerCase() : null
}

const unreadableBy = (code: string): Pick<Unreadable, 'reason' | 'rule'> => {
  if (code === 'HPE_HEADER_OVERFLOW') return { reason: 'request-malformed', rule: 'header-size' }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return { reason: 'request-incomplete', rule: 'timeout' }
  if (code === 'ECONNRESET' || code === 'HPE_INVALID_EOF_STATE') return { reason: 'request-incomplete', rule: 'closed' }
  return { reason: 'request-malformed', rule: 'http-parser' }
}
