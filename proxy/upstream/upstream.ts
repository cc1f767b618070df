import type { ClientRequestArgs } from 'node:http'
import { Agent } from 'node:https'
import type { Duplex } from 'node:stream'
import { connectTls, trustFor, type Trust } from '../../certs/trust.ts'
import type { Destination } from '../../rules/policy.ts'
import { guardedLookup } from './upstream-address.ts'
import type { UpstreamFiles } from './upstream-files.ts'
import { tunnelsThrough, type Tunnels } from './upstream-tunnel.ts'

/** Connections to one destination that are kept open, and how long an idle one is. */
const MAX_SOCKETS = 64
const IDLE_MS = 15_000

/**
 * The connections to one destination: verified TLS only, directly and only to addresses that the policy allows, or through the
 * proxy that the policy names.
 * @param connectTimeout - milliseconds until a tunnel through the proxy stands
 * @throws CertError when the CA file, a pin or a revocation list is not usable
 */
export const upstreamAgent = (destination: Destination, files: UpstreamFiles, connectTimeout: number): Agent => {
  const { ca, pins, revocation, proxy } = destination
  const trust = trustFor(destination.host, {
    ...(ca !== null && { extraCaPem: ca }),
    pins,
    staple: revocation.staple,
    crls: files.crls,
    identity: files.identity,
  })
  const tunnels = proxy === null ? null : tunnelsThrough(proxy, files.credentials, connectTimeout)
  return new UpstreamAgent(destination, trust, tunnels)
}

type Connected = (error: Error | null, stream: Duplex) => void

/** Makes each connection itself, so that a stapled OCSP response is judged with the certificate that it came with. */
class UpstreamAgent extends Agent {
  readonly #destination: Destination
  readonly #trust: Trust
  readonly #tunnels: Tunnels | null

  constructor(destination: Destination, trust: Trust, tunnels: Tunnels | null) {
    super({
      keepAlive: true,
      maxSockets: MAX_SOCKETS,
      maxFreeSockets: MAX_SOCKETS,
      maxCachedSessions: 0,
      timeout: IDLE_MS,
      ALPNProtocols: ['http/1.1'],
      lookup: guardedLookup(destination, 'destination_ip_prohibited'),
    })
    this.#destination = destination
    this.#trust = trust
    this.#tunnels = tunnels
  }

  override createConnection(options: ClientRequestArgs, connected?: Connected): Duplex | undefined {
    if (this.#tunnels === null) return this.#secure(options)
    const { host, port } = this.#destination
    this.#tunnels.open(host, port).then(
      socket => connected?.(null, this.#secure({ ...options, socket })),
      (error: Error) => connected?.(error, undefined as never),
    )
    return undefined
  }

  #secure(options: object): Duplex {
    return connectTls(this.#trust, options)
  }
}
