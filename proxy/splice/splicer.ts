import { connect, isIP, type Socket } from 'node:net'
import type { SplicedDestination } from '../../rules/splice/splice.ts'
import type { Splicing } from '../../rules/verdict.ts'
import { faultOf } from '../upstream/fault-of.ts'
import { guardedLookup, isAllowedTarget } from '../upstream/upstream-address.ts'
import { UpstreamError, type UpstreamFault } from '../upstream/upstream-fault.ts'
import { readUpstreamFiles } from '../upstream/upstream-files.ts'
import { tunnelsThrough } from '../upstream/upstream-tunnel.ts'

/** What of a connection passed unopened. */
export type SpliceEnd = {
  /** Whether the destination was reached. */
  readonly stood: boolean
  /** Octets to the destination, and back. */
  readonly up: number
  readonly down: number
  /** Why it was cut, or never stood; null when one of the two ended it. */
  readonly fault: UpstreamFault | null
}

export type Splicer = {
  /**
   * Connects a client with a destination, and ends with the connection. Never rejects, and leaves neither end open.
   * @param signal - aborts, with an `UpstreamError`, when it has to end
   */
  readonly splice: (
    allowed: Splicing,
    to: SplicedDestination,
    client: Socket,
    signal: AbortSignal,
  ) => Promise<SpliceEnd>
  /** How many connections were begun since the start. */
  readonly dialled: () => number
}

export type SpliceTimes = {
  /** Milliseconds until the connection to the destination stands. */
  readonly connect: number
  /** Milliseconds in which nothing passes either way. */
  readonly idle: number
}

export const defaultSpliceTimes: SpliceTimes = { connect: 10_000, idle: 300_000 }

/** @param files - the folder of what destinations need besides the policy */
export const createSplicer = (files: string, times: SpliceTimes = defaultSpliceTimes): Splicer => {
  let dialled = 0
  return {
    splice: async (allowed, to, client, signal) => {
      try {
        signal.throwIfAborted()
        dialled++
        const upstream = await dial(files, to, times.connect)
        return await relay(client, upstream, allowed, times.idle, signal)
      } catch (error) {
        return { stood: false, up: 0, down: 0, fault: faultOf(error) }
      } finally {
        client.destroy()
      }
    },
    dialled: () => dialled,
  }
}

/** Directly, to an address that the policy allows, or through the proxy of the site. @throws CertError, UpstreamError, Error of node:net */
const dial = async (files: string, to: SplicedDestination, timeout: number): Promise<Socket> => {
  const { host, port, proxy } = to
  if (proxy !== null) return tunnelsThrough(proxy, readUpstreamFiles(files, to).credentials, timeout).open(host, port)
  if (isIP(host) !== 0 && !isAllowedTarget(to, host)) throw new UpstreamError('destination_ip_prohibited')
  const socket = connect({ host, port, noDelay: true, lookup: guardedLookup(to, 'destination_ip_prohibited') })
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  socket.once('connect', () => resolve(socket)).once('error', reject)
  const timer = setTimeout(() => socket.destroy(new UpstreamError('connection_timeout')), timeout)
  return promise.finally(() => clearTimeout(timer))
}

/** Passes octets both ways until one end closes, or what was set aside or the time is used up. A chunk that is too much does not pass at all. */
const relay = (
  client: Socket,
  upstream: Socket,
  { reserved, lasts }: Splicing,
  idleMs: number,
  signal: AbortSignal,
): Promise<SpliceEnd> =>
  new Promise(resolve => {
    const octets = { up: 0, down: 0 }
    let fault: UpstreamFault | null = null
    const cut = (why: UpstreamFault): void => {
      fault ??= why
      client.destroy()
      upstream.destroy()
    }
    const onAbort = (): void => cut(faultOf(signal.reason))
    const deadline = setTimeout(() => cut('splice_time_over'), lasts)
    const idle = setTimeout(() => cut('splice_idle'), idleMs)
    const settle = (): void => {
      if (!client.closed || !upstream.closed) return
      clearTimeout(deadline)
      clearTimeout(idle)
      signal.removeEventListener('abort', onAbort)
      resolve({ stood: true, ...octets, fault })
    }
    const pass = (from: Socket, to: Socket, way: 'up' | 'down', broken: UpstreamFault): void => {
      from.on('data', (chunk: Buffer) => {
        if (fault !== null) return
        if (octets.up + octets.down + chunk.length > reserved) return cut('splice_bytes_used')
        octets[way] += chunk.length
        idle.refresh()
        if (to.write(chunk)) return
        from.pause()
        to.once('drain', () => from.resume())
      })
      from.once('end', () => to.end())
      from.once('error', () => cut(broken))
      from.once('close', () => {
        to.destroySoon()
        settle()
      })
      from.resume()
    }
    signal.addEventListener('abort', onAbort)
    pass(client, upstream, 'up', 'client_gone')
    pass(upstream, client, 'down', 'connection_terminated')
    if (signal.aborted) onAbort()
    else if (client.destroyed || upstream.destroyed) cut('client_gone')
    settle()
  })
