import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import type { Rotation } from '../../certs/rotation.ts'
import { leafStore, type LeafEntry, type LeafStore } from '../../certs/leaf.ts'
import { strongLabTls } from '../../certs/strong-tls.ts'
import { provenKeyOf } from '../../certs/proven-key.ts'
import type { Load } from '../../rules/budget/load.ts'
import { networkHolds, type Network } from '../../rules/address.ts'
import {
  inspectLoad,
  inspectTunnel,
  inspectUnreadable,
  type TunnelVerdict,
  type Unreadable,
} from '../../rules/inspect.ts'
import { labPageFor, type LabPath } from '../../rules/lab-page.ts'
import type { Arrival, Authority, Incomplete, Ingress } from '../../rules/message.ts'
import { identify, mayCallFrom, mayShowCertificate } from '../../rules/select-route.ts'
import type { ClientHello } from '../../rules/splice/client-hello.ts'
import { splicedAt, splicedDestinations, splicedTo } from '../../rules/splice/splice.ts'
import { answerBytes, answerOf } from './answer.ts'
import { Arrivals, arrivingNow, clientOf } from './arrivals.ts'
import { ConnectionShares, type ShareLimit } from './connection-shares.ts'
import { exchange, headOf, write, type Ended } from './exchange.ts'
import { firstByte } from './first-byte.ts'
import { isAboutCertificate } from './handshake-diagnosis.ts'
import { Handshakes, type Conversation, type HandshakeStatus } from './handshakes.ts'
import { requireLabAddress } from './lab-address.ts'
import { defaultLabLimits, type LabLimits } from './lab-limits.ts'
import { answerPage } from './lab-page/answer-page.ts'
import { closeGently, endGently } from './linger.ts'
import type { Notify } from '../watch/notice.ts'
import { Outsiders, type OutsiderStatus } from './outsiders.ts'
import { peekClientHello } from './peek-client-hello.ts'
import type { Gate, Passage, Pipeline } from '../pipeline.ts'
import { ProxyError } from '../proxy-error.ts'
import { RequestLoad } from './request-load.ts'

export type ListenOptions = {
  /** Lab-side address; never a wildcard and never a public address. */
  readonly address: string
  /** 0 lets the system choose. */
  readonly port: number
  /** Networks whose callers are answered; from elsewhere, only instruments of the policy are. */
  readonly networks: readonly Network[]
  /** Names and addresses under which gateway clients reach the appliance. */
  readonly names: readonly string[]
}

/** Milliseconds from one look for overdue requests to the next. */
const CHECK_MS = 1_000
/** A fifth of the lifetime of a leaf: the appliance's own certificate is minted anew well before it ends. */
const RENEWAL_MS = 6 * 24 * 3_600_000

const httpLimits = ({ head, request, idle, maxHeaderBytes }: LabLimits) => ({
  maxHeaderSize: maxHeaderBytes,
  headersTimeout: head,
  requestTimeout: request,
  keepAliveTimeout: idle,
  connectionsCheckingInterval: Math.min(CHECK_MS, head),
  insecureHTTPParser: false,
  // rules/ refuses a missing Host, with a record; Node would answer by itself.
  requireHostHeader: false,
})

/** Milliseconds that a client may take for a page of the appliance itself. */
const PAGE_MS = 10_000

/** A request whose exchange has not ended. */
type UnderWay = {
  readonly request: IncomingMessage
  /** To be aborted when the rest of the request will not come, with an `Incomplete`. */
  readonly broken: AbortController
  readonly ended: Promise<void>
}

/**
 * The one lab-side port for all three kinds of client, told apart by their first byte: a TLS ClientHello, or else HTTP in the
 * clear, of which only CONNECT leads anywhere.
 */
export class Listener {
  readonly #options: ListenOptions
  readonly #pipeline: Pipeline
  #rotation: Rotation
  #leaves: LeafStore
  readonly #arrivals = new Arrivals()
  readonly #sockets = new Set<Socket>()
  /** Requests under way: their exchanges make the records, whatever becomes of the connection. */
  readonly #underWay = new WeakMap<Duplex, Set<UnderWay>>()
  /** Octets that a connection had brought when its last request ended: more is the beginning of another. */
  readonly #accounted = new WeakMap<Duplex, number>()
  /** Connections on which nothing more can be read as HTTP. */
  readonly #spoilt = new WeakSet<Duplex>()
  /** Connections that have been given their last answer, or are to be. */
  readonly #over = new WeakSet<Duplex>()
  readonly #load = new RequestLoad()
  readonly #shares: ConnectionShares
  readonly #outsiders = new Outsiders()
  readonly #responses = new Set<ServerResponse>()
  readonly #handshakes: Handshakes
  /** Connections that have brought a request. */
  readonly #trusting = new WeakSet<Duplex>()
  readonly #pages: Partial<Record<LabPath, number>> = {}
  #isClosing = false
  readonly #limits: LabLimits
  readonly #tcp: TcpServer
  readonly #plain: Server
  readonly #tls: TlsServer
  /** The same, for clients that are asked for a certificate: not all take it well to be asked. */
  readonly #mutualTls: TlsServer
  readonly #renewal: NodeJS.Timeout

  /** @throws ProxyError `ERR_LISTEN_…`; CertError when the authority does not cover the appliance's own names */
  constructor(
    options: ListenOptions,
    rotation: Rotation,
    pipeline: Pipeline,
    notify: Notify,
    limits: LabLimits = defaultLabLimits,
  ) {
    this.#options = { ...options, address: requireLabAddress(options.address) }
    this.#pipeline = pipeline
    this.#limits = limits
    this.#shares = new ConnectionShares(limits)
    this.#handshakes = new Handshakes(notify)
    this.#rotation = rotation
    this.#leaves = leafStore(rotation.current)
    this.#tcp = createTcpServer({ noDelay: true }, socket => void this.#accept(socket))
    this.#plain = createServer(httpLimits(limits))
    this.#tls = this.#createTlsServer()
    this.#mutualTls = this.#createTlsServer(askForCertificate)
    this.#serve(this.#plain)
    this.#plain.on('connect', (request, socket: Socket, head: Buffer) => void this.#connect(request, socket, head))
    this.#renewal = setInterval(() => this.#renew(), RENEWAL_MS)
    this.#renewal.unref()
  }

  #renew(): void {
    for (const server of [this.#tls, this.#mutualTls])
      server.setSecureContext({ ...strongLabTls, ...this.#ownCertificate() })
  }

  /** From now on certificates are of the authority that signs now. Connections that are open stay as they are. */
  use(rotation: Rotation): void {
    this.#rotation = rotation
    this.#leaves = leafStore(rotation.current)
    this.#renew()
  }

  #createTlsServer(options?: typeof askForCertificate): TlsServer {
    const server = createTlsServer({
      ...httpLimits(this.#limits),
      ...strongLabTls,
      ...this.#ownCertificate(),
      ...options,
      ALPNProtocols: ['http/1.1'],
      handshakeTimeout: this.#limits.handshake,
      SNICallback: (name, done) => void this.#chooseContext(name, done),
    })
    this.#serve(server)
    server.on('connect', (request, socket: Socket) => void this.#connectInsideTls(request, socket))
    server.on('secureConnection', socket => this.#secured(socket))
    return server
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
    // They never listen themselves, and it is at this event that Node begins to watch over its connections: without it, no
    // timeout for heads and requests ever fires.
    for (const server of [this.#plain, this.#tls, this.#mutualTls]) server.emit('listening')
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

  /** Who was dropped because they are not of the lab. */
  get outsiders(): OutsiderStatus {
    return this.#outsiders.status()
  }

  /** Who does not take our certificates, or did not at first. */
  get trustedBy(): readonly string[] {
    return this.#handshakes.trusting()
  }

  get handshakes(): readonly HandshakeStatus[] {
    return this.#handshakes.status()
  }

  /** How often each instrument refused our certificates; under null whoever is none. */
  get refusals(): ReadonlyMap<string | null, number> {
    return this.#handshakes.refusals
  }

  /** How often each page of the appliance itself was asked for. */
  get pages(): Readonly<Partial<Record<LabPath, number>>> {
    return this.#pages
  }

  /** Takes no new connection, lets requests under way end, and cuts what is left after `grace` milliseconds. */
  async close(grace: number): Promise<void> {
    clearInterval(this.#renewal)
    const closed = new Promise<void>(resolve => this.#tcp.close(() => resolve()))
    // A connection with a request under way ends with its answer, instead of waiting for another request.
    this.#isClosing = true
    for (const response of this.#responses) response.shouldKeepAlive = false
    // Closes idle connections, and ends the watch over the others.
    for (const server of [this.#plain, this.#tls, this.#mutualTls]) server.close()
    const cut = setTimeout(() => this.#sockets.forEach(socket => socket.destroy()), grace)
    // Connections that sent nothing yet belong to no server that could close them.
    for (const socket of this.#sockets) if (socket.bytesRead === 0) socket.destroy()
    await closed
    clearTimeout(cut)
  }

  #ownCertificate(): { readonly cert: string; readonly key: string } {
    const { chainPem, privateKeyPem } = this.#rotation.current.issue(this.#options.names)
    return { cert: chainPem, key: privateKeyPem }
  }

  async #accept(socket: Socket): Promise<void> {
    socket.on('error', () => socket.destroy())
    // Node keeps the address from the first look on, so that it is still known when the handshake has failed.
    const client = clientOf(socket)
    if (socket.remoteAddress === undefined) return void socket.destroy()
    if (!this.#isOfLab(client)) return this.#drop(socket)
    const exceeded = this.#shares.take(client)
    if (exceeded) return this.#turnAway(socket, exceeded)
    this.#sockets.add(socket)
    socket.once('close', () => {
      this.#sockets.delete(socket)
      this.#shares.leave(client)
    })
    await this.#dispatch(socket)
  }

  #isOfLab(client: string): boolean {
    return (
      this.#options.networks.some(network => networkHolds(network, client)) ||
      mayCallFrom(client, this.#pipeline.gate().policy)
    )
  }

  /** A caller from outside gets no octet, not even a handshake: the port looks like one behind which nobody speaks. */
  async #drop(socket: Socket): Promise<void> {
    const arrival = this.#arrivals.get(socket)
    socket.resetAndDestroy()
    this.#outsiders.count(arrival)
    await this.#record(arrival, { reason: 'outside-lab', rule: null, destination: null })
  }

  /** A connection for which there is no place. In which language an answer would be, nobody knows yet. */
  async #turnAway(socket: Socket, rule: ShareLimit): Promise<void> {
    const arrival = this.#arrivals.get(socket)
    socket.resetAndDestroy()
    await this.#record(arrival, { reason: 'connections-exceeded', rule, destination: null })
  }

  async #dispatch(socket: Socket): Promise<void> {
    const kind = await firstByte(socket, this.#limits.firstByte)
    if (kind === 'late') await this.#cutOff(socket, this.#tunnelArrival(socket), 'first-byte')
    else if (kind === 'closed') socket.destroy()
    else if (await this.#splice(socket)) return
    else if (kind === 'tls') this.#tlsFor(socket).emit('connection', socket)
    else if (this.#arrivals.tunnelOf(socket)) await this.#refuse(socket, this.#tunnelArrival(socket), insecure)
    else {
      closeGently(socket)
      this.#plain.emit('connection', socket)
    }
  }

  /** Whether a connection was one that the policy has pass unopened, or nothing at all: then it is settled. */
  async #splice(socket: Socket): Promise<boolean> {
    const tunnel = this.#arrivals.tunnelOf(socket)
    const { policy } = this.#pipeline.gate()
    if (tunnel ? splicedTo(policy, tunnel) === null : splicedDestinations(policy).length === 0) return false
    const hello = await peekClientHello(socket, this.#limits.handshake)
    if (hello === 'closed') socket.destroy()
    else if (hello === 'late') await this.#cutOff(socket, this.#tunnelArrival(socket), 'handshake')
    else return this.#spliceAfter(socket, tunnel, hello)
    return true
  }

  async #spliceAfter(socket: Socket, tunnel: Authority | null, hello: ClientHello): Promise<boolean> {
    const gate = this.#pipeline.gate()
    const serverName = hello.kind === 'hello' ? hello.serverName : null
    const isOwn = serverName !== null && this.#options.names.includes(serverName)
    const asked = serverName === null || isOwn ? null : splicedAt(gate.policy, serverName, null)
    const to = tunnel ? splicedTo(gate.policy, tunnel) : asked
    if (to === null) return false
    const ingress: Ingress = tunnel
      ? { kind: 'connect', authority: tunnel, serverName }
      : { kind: 'redirect', serverName: to.host, port: this.port }
    const arrival = arrivingNow({ client: clientOf(socket), ingress })
    const overload = tunnel ? null : inspectLoad(arrival, this.#load.once(this.#callerOf(socket)), gate.policy)
    const answered = this.#pipeline.take()
    const passage = overload
      ? await gate.refuse({ arrival }, overload)
      : await gate.splices.pass(arrival, to, hello, socket)
    answered(passage.kind === 'blocked' && passage.repeats)
    if (passage.kind !== 'spliced') await endGently(socket, accessDenied)
    return true
  }

  #tlsFor(socket: Socket): TlsServer {
    return mayShowCertificate(clientOf(socket), this.#pipeline.gate().policy) ? this.#mutualTls : this.#tls
  }

  #serve(server: Server | TlsServer): void {
    const take = (request: IncomingMessage, response: ServerResponse) => void this.#take(request, response)
    // No field line is left out unseen: rules/ refuses too many.
    server.maxHeadersCount = 0
    server.on('request', take)
    server.on('checkContinue', take)
    server.on('checkExpectation', take)
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => void this.#unreadable(error, socket as Socket))
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = request
    this.#noteTrust(socket)
    if (this.#show(request, response)) return
    const underWay = this.#underWay.get(socket) ?? new Set()
    const earlier = [...underWay].at(-1)?.ended
    const answered = this.#pipeline.take()
    const broken = new AbortController()
    const { load, end } = this.#load.begin(this.#callerOf(socket))
    const isTooMany = underWay.size > this.#limits.maxPipelined
    const turn = isTooMany ? this.#leaveOut(socket) : (earlier ?? Promise.resolve())
    const ended = turn.then(async () => {
      const { repeats, isLeftOut } = await this.#answer(request, response, load, broken.signal)
      answered(repeats)
      if (!isLeftOut) await this.#taken(response)
      end()
    })
    const entry = { request, broken, ended }
    this.#underWay.set(socket, underWay.add(entry))
    this.#responses.add(response)
    if (this.#isClosing) response.shouldKeepAlive = false
    await ended
    this.#responses.delete(response)
    underWay.delete(entry)
    this.#accounted.set(socket, socket.bytesRead)
  }

  /** One after the other, as they came: what stands behind a last answer is not looked at any more, and left without one. */
  async #answer(
    request: IncomingMessage,
    response: ServerResponse,
    load: Load,
    broken: AbortSignal,
  ): Promise<Ended & { readonly isLeftOut: boolean }> {
    const { socket } = request
    const arrival = this.#arrivals.get(socket)
    const gate = this.#pipeline.gate()
    if (this.#over.has(socket) || socket.destroyed) {
      // It is dropped as it comes: left unread, it would have the connection reset, and the last answer lost.
      request.resume()
      const passage = await gate.refuse({ arrival }, inspectUnreadable(arrival, behindLast, gate.policy))
      return { isLast: true, repeats: passage.kind === 'blocked' && passage.repeats, isLeftOut: true }
    }
    const ended = await exchange(request, response, { arrival, gate, load, rate: this.#limits, broken })
    if (ended.isLast || !response.shouldKeepAlive) this.#over.add(socket)
    return { ...ended, isLeftOut: false }
  }

  /** Waits until the client has taken its answer, for as long as it may take. */
  async #taken(response: ServerResponse): Promise<void> {
    const late = Promise.withResolvers<void>()
    const cut = setTimeout(() => {
      response.destroy()
      // node:http says nothing of the end of an answer that never came to its turn
      late.resolve()
    }, this.#limits.answer)
    await Promise.race([sent(response), late.promise])
    clearTimeout(cut)
  }

  /** A connection that brings more requests than may wait is cut, and none of them is begun any more. */
  async #leaveOut(socket: Duplex): Promise<void> {
    this.#over.add(socket)
    socket.destroy()
  }

  /** In whose name requests over a connection are counted: that of an instrument, or of an address that is none of them. */
  #callerOf(socket: Duplex): string {
    const arrival = this.#arrivals.get(socket)
    return identify(arrival, this.#pipeline.gate().policy)?.id ?? arrival.client
  }

  /** Answers a request for a page of the appliance itself; false for any other. It is counted, and not recorded: nothing leaves. */
  #show(request: IncomingMessage, response: ServerResponse): boolean {
    const { socket } = request
    const { policy } = this.#pipeline.gate()
    const asked = labPageFor(this.#arrivals.get(socket), headOf(request), this.#options.names, policy)
    if (!asked || this.#over.has(socket)) return false
    this.#over.add(socket)
    this.#pages[asked.path] = (this.#pages[asked.path] ?? 0) + 1
    const cut = setTimeout(() => response.destroy(), PAGE_MS)
    response.once('close', () => {
      clearTimeout(cut)
      this.#accounted.set(socket, socket.bytesRead)
    })
    void write(request, response, answerPage(asked, this.#rotation))
    return true
  }

  #secured(socket: TLSSocket): void {
    closeGently(socket)
    this.#arrivals.set(socket, this.#arrivalOf(socket))
    socket.once('close', () => {
      if (socket.bytesRead > 0 || this.#spoilt.has(socket)) return
      this.#noteRefusal(this.#arrivalOf(socket), 'left')
      void this.#turnedAway(socket)
    })
  }

  /** The first request over TLS says that the client took our certificate. */
  #noteTrust(socket: Duplex): void {
    if (this.#trusting.has(socket)) return
    this.#trusting.add(socket)
    const conversation = this.#conversationOf(this.#arrivals.get(socket))
    if (conversation) this.#handshakes.trusted(conversation)
  }

  #noteRefusal(arrival: Arrival, code: string): void {
    const conversation = this.#conversationOf(arrival)
    if (conversation) this.#handshakes.refused(conversation, code)
  }

  /** Null where our certificate was for another name than the client asked for, so that nothing can be learnt. */
  #conversationOf(arrival: Arrival): Conversation | null {
    const { client, ingress } = arrival
    if (ingress.kind === 'plain' || ingress.kind === 'replay' || this.#misnamed(arrival)) return null
    const instrument = identify(arrival, this.#pipeline.gate().policy)?.id ?? null
    const host =
      ingress.kind === 'connect' ? ingress.authority.host : ingress.kind === 'redirect' ? ingress.serverName : null
    return { client, instrument, host, anchor: this.#rotation.current.anchor.fingerprint256 }
  }

  /** A client left without a request. When it had asked for a name that is none of ours, that is why, and is recorded. */
  async #turnedAway(socket: Socket): Promise<void> {
    if (!(socket instanceof TLSSocket) || socket.bytesRead > 0) return
    const arrival = this.#arrivalOf(socket)
    const misnamed = this.#misnamed(arrival)
    if (misnamed) await this.#record(arrival, misnamed)
  }

  /** What is wrong with the server name that a client asked for; its requests would be refused for the same. */
  #misnamed({ ingress }: Arrival): Unreadable | null {
    if (ingress.kind === 'redirect' && !this.#isDestination(ingress.serverName)) {
      const destination = { host: ingress.serverName, port: 443 }
      return { reason: 'destination-not-allowed', rule: 'server-name', destination }
    }
    if (ingress.kind === 'connect' && ingress.serverName !== null && ingress.serverName !== ingress.authority.host)
      return { reason: 'authority-mismatch', rule: 'server-name', destination: ingress.authority }
    return null
  }

  /** A CONNECT of an explicit proxy client: the tunnel ends here, and what comes through it is TLS to us. */
  async #connect(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    const gate = this.#pipeline.gate()
    const arrival = this.#arrivals.get(socket)
    const load = this.#load.once(this.#callerOf(socket))
    const verdict =
      inspectLoad(arrival, load, gate.policy) ??
      this.#unspliced(arrival, inspectTunnel(clientOf(socket), headOf(request), gate.policy), gate)
    if (verdict.kind === 'block') {
      const answered = this.#pipeline.take()
      const passage = await gate.refuse({ arrival, head: headOf(request) }, verdict)
      answered(passage.kind === 'blocked' && passage.repeats)
      return endGently(socket, answerBytes(answerOf(passage)))
    }
    this.#arrivals.tunnel(socket, verdict.authority)
    socket.on('error', () => socket.destroy())
    if (head.length > 0) socket.unshift(head)
    socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
    await this.#dispatch(socket)
  }

  /** What is certain of a tunnel that is to pass unopened is said while there is HTTP to say it in. */
  #unspliced(arrival: Arrival, verdict: TunnelVerdict, gate: Gate): TunnelVerdict {
    const to = verdict.kind === 'open' ? splicedTo(gate.policy, verdict.authority) : null
    return (to && gate.splices.ahead(arrival, to)) ?? verdict
  }

  /** A tunnel inside TLS is nothing that any instrument needs; the request is refused like any other. */
  async #connectInsideTls(request: IncomingMessage, socket: Socket): Promise<void> {
    const unreadable = { reason: 'method-not-allowed', rule: null, destination: null } as const
    await this.#refuse(socket, this.#arrivals.get(request.socket), unreadable)
  }

  #arrivalOf(socket: TLSSocket): Arrival {
    const clientKey = provenKeyOf(socket)
    const caller = { client: clientOf(socket), ingress: this.#ingressOf(socket) }
    return arrivingNow(clientKey === null ? caller : { ...caller, clientKey })
  }

  /** Of what comes over a connection before any TLS: through a tunnel, or not. */
  #tunnelArrival(socket: Socket): Arrival {
    const authority = this.#arrivals.tunnelOf(socket)
    if (!authority) return this.#arrivals.get(socket)
    return arrivingNow({ client: clientOf(socket), ingress: { kind: 'connect', authority, serverName: null } })
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
    try {
      done(null, this.#isDestination(host) ? await this.#leaves.contextFor(host) : undefined)
    } catch (error) {
      done(error as Error)
    }
  }

  /** The instrument did not take our certificate, or spoke no TLS that we do. */
  async #handshakeFailed(error: NodeJS.ErrnoException, socket: TLSSocket): Promise<void> {
    if (this.#spoilt.has(socket)) return
    this.#spoilt.add(socket)
    const arrival = this.#arrivalOf(socket)
    const code = error.code ?? ''
    if (code.startsWith('ERR_SSL')) this.#noteRefusal(arrival, code)
    const misnamed = this.#misnamed(arrival)
    const rule = handshakeRule(code)
    if (misnamed) await this.#refuse(socket, arrival, misnamed)
    else if (code === 'ERR_TLS_HANDSHAKE_TIMEOUT') await this.#cutOff(socket, arrival, 'handshake')
    else {
      socket.destroy()
      if (rule) await this.#record(arrival, { reason: 'handshake-failed', rule, destination: null })
    }
  }

  /** A client that was too slow before there was any request. */
  async #cutOff(socket: Duplex, arrival: Arrival, rule: 'first-byte' | 'handshake'): Promise<void> {
    socket.destroy()
    await this.#record(arrival, { reason: 'request-incomplete', rule, destination: null })
  }

  #isDestination(host: string): boolean {
    return this.#pipeline.gate().policy.destinations.some(destination => destination.host === host)
  }

  /** What Node's parser refused, or what stopped half-way. */
  async #unreadable(fault: NodeJS.ErrnoException, socket: Socket): Promise<void> {
    const code = fault.code ?? ''
    if (code.startsWith('ERR_SSL') || code === 'ERR_TLS_HANDSHAKE_TIMEOUT')
      return this.#handshakeFailed(fault, socket as TLSSocket)
    if (this.#spoilt.has(socket)) return
    this.#spoilt.add(socket)
    const underWay = [...(this.#underWay.get(socket) ?? [])]
    const torn = underWay.filter(({ request }) => !request.complete)
    for (const { broken } of torn) broken.abort(causeOf(code))
    await Promise.all(underWay.map(({ ended }) => ended))
    // A request that was torn has its record and its answer; where none had begun, there is nothing to tell of.
    if (torn.length > 0) return
    if (this.#over.has(socket)) {
      // Who goes away after a last answer without a word leaves nothing to tell of.
      if (!this.#isIdle(socket)) await this.#record(this.#arrivals.get(socket), behindLast)
      return
    }
    const isIdle = unreadableBy(code).reason === 'request-incomplete' && this.#isIdle(socket)
    if (isHangUp(socket, code)) this.#noteRefusal(this.#arrivalOf(socket), 'hung-up')
    if (isIdle && code === 'ERR_HTTP_REQUEST_TIMEOUT' && socket.bytesRead === 0)
      return this.#cutOff(socket, this.#arrivals.get(socket), 'first-byte')
    if (isIdle || (underWay.length > 0 && socket.destroyed)) {
      socket.destroy()
      return this.#turnedAway(socket)
    }
    await this.#refuse(socket, this.#arrivals.get(socket), { ...unreadableBy(code), destination: null })
  }

  /** Whether a connection has brought nothing since its last request. */
  #isIdle(socket: Socket): boolean {
    return socket.bytesRead === (this.#accounted.get(socket) ?? 0)
  }

  async #refuse(socket: Socket, arrival: Arrival, unreadable: Unreadable): Promise<void> {
    await endGently(socket, answerBytes(answerOf(await this.#record(arrival, unreadable))))
  }

  async #record(arrival: Arrival, unreadable: Unreadable): Promise<Passage> {
    const gate = this.#pipeline.gate()
    const answered = this.#pipeline.take()
    const caller = identify(arrival, gate.policy)?.id ?? arrival.client
    const overload = isRequest(unreadable) ? inspectLoad(arrival, this.#load.once(caller), gate.policy) : null
    const block = overload ?? inspectUnreadable(arrival, unreadable, gate.policy)
    const passage = await gate.refuse({ arrival }, block)
    answered(passage.kind === 'blocked' && passage.repeats)
    return passage
  }
}

/** Whether it was meant as a request: connections without one are bounded by their own limits. */
const isRequest = ({ reason }: Unreadable): boolean => reason.startsWith('request-')

const behindLast: Unreadable = { reason: 'request-incomplete', rule: 'behind-last', destination: null }

/** Any certificate is taken in the handshake, which proves that the client holds its key; the policy says whose key it is. */
const askForCertificate = { requestCert: true, rejectUnauthorized: false } as const

type SniCallback = NonNullable<Parameters<typeof createTlsServer>[0]>['SNICallback']

/** Resolves when the whole answer has been handed to the connection, behind those of earlier requests, or the connection is gone. */
const sent = (response: ServerResponse): Promise<void> =>
  new Promise(resolve => {
    if (response.writableFinished || response.destroyed) resolve()
    else response.once('finish', resolve).once('close', resolve)
  })

/** A client that went away amid the handshake: node:tls knows no protocol version yet. */
const isHangUp = (socket: Socket, code: string): socket is TLSSocket =>
  socket instanceof TLSSocket && code === 'ECONNRESET' && !(socket.getCipher() as object | null)

/** The fatal alert access_denied, before any version is agreed on (RFC 8446 sections 5.1 and 6.2). */
const accessDenied = Buffer.from([21, 3, 1, 0, 2, 2, 49])

const insecure: Unreadable = { reason: 'transport-insecure', rule: null, destination: null }

const serverNameOf = (socket: TLSSocket): string | null => {
  const name: unknown = (socket as { servername?: unknown }).servername
  return typeof name === 'string' && name !== '' ? name.toLowerCase() : null
}

/** What kept a handshake from its end; null where the client merely hung up, which says nothing. */
const handshakeRule = (code: string): string | null => {
  if (isAboutCertificate(code)) return 'certificate-refused'
  if (/NO_APPLICATION_PROTOCOL/.test(code)) return 'application-protocol'
  if (/VERSION|PROTOCOL|INAPPROPRIATE_FALLBACK/.test(code)) return 'tls-version'
  if (/CIPHER|SHARED|SIGNATURE/.test(code)) return 'tls-algorithms'
  return code.startsWith('ERR_SSL') ? 'tls' : null
}

/** Why the rest of a request will not come. */
const causeOf = (code: string): Incomplete => {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'timeout'
  return unreadableBy(code).reason === 'request-malformed' ? 'http-parser' : 'closed'
}

const unreadableBy = (code: string): Pick<Unreadable, 'reason' | 'rule'> => {
  if (code === 'HPE_HEADER_OVERFLOW') return { reason: 'request-malformed', rule: 'header-size' }
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return { reason: 'request-malformed', rule: 'chunk-extensions' }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return { reason: 'request-incomplete', rule: 'timeout' }
  const isParserFault = code.startsWith('HPE_') && code !== 'HPE_INVALID_EOF_STATE'
  return isParserFault
    ? { reason: 'request-malformed', rule: 'http-parser' }
    : { reason: 'request-incomplete', rule: 'closed' }
}
