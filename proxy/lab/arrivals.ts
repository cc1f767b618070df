import type { Duplex } from 'node:stream'
import type { Socket } from 'node:net'
import type { Arrival, Authority, Caller } from '../../rules/message.ts'
import { normalizeAddress } from '../../rules/address.ts'

type Peer = {
  readonly remoteAddress?: string | undefined
  readonly remotePort?: number | undefined
  /** The TCP socket under a TLSSocket: not documented by Node, so it may be absent. */
  readonly _parent?: Peer | null
}

/**
 * The address of the peer as policies and the log spell it. Once a handshake has failed, only the TCP socket below may still know;
 * where that does not either, it is the unspecified address, which no instrument has.
 */
export const clientOf = (socket: Peer): string => {
  const address = socket.remoteAddress ?? socket._parent?.remoteAddress ?? ''
  return normalizeAddress(address.replace(/%.*$/, '')) ?? '::'
}

/**
 * Remembers how each connection came in. node:tls makes a new socket out of the one it is given and does not say which, so a
 * tunnel is found again by the address and port of its peer: no two live connections to one listener share them.
 */
export class Arrivals {
  readonly #tunnels = new Map<string, Authority>()
  /** The same by the TCP socket, for a connection that is closed already. */
  readonly #ended = new WeakMap<Peer, Authority>()
  readonly #callers = new WeakMap<Duplex, Caller>()

  /** What comes out of this socket once TLS is undone came through a tunnel to this authority. */
  tunnel(socket: Socket, authority: Authority): void {
    const peer = peerOf(socket)
    this.#tunnels.set(peer, authority)
    this.#ended.set(socket, authority)
    socket.once('close', () => this.#tunnels.delete(peer))
  }

  tunnelOf(socket: Peer): Authority | null {
    const tunnel = this.#tunnels.get(peerOf(socket)) ?? (socket._parent && this.#ended.get(socket._parent))
    return tunnel ?? null
  }

  set(socket: Duplex, caller: Caller): void {
    this.#callers.set(socket, caller)
  }

  /** The arrival of what comes through a connection now. */
  get(socket: Duplex): Arrival {
    return arrivingNow(this.#callers.get(socket) ?? { client: clientOf(socket as Peer), ingress: { kind: 'plain' } })
  }
}

/** An arrival by the clock of this machine. */
export const arrivingNow = (caller: Caller): Arrival => ({ ...caller, time: Date.now() })

const peerOf = ({ remoteAddress, remotePort }: Peer): string => `${remoteAddress} ${remotePort}`
