import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { Destination } from '../../rules/policy.ts'
import { faultOf } from './fault-of.ts'
import { upstreamAgent } from './upstream.ts'
import { isAllowedTarget } from './upstream-address.ts'
import { UpstreamError, type UpstreamFault } from './upstream-fault.ts'
import { readUpstreamFiles } from './upstream-files.ts'

export type Reach =
  | {
      readonly kind: 'reached'
      /** Of the destination, or of the proxy in between. */
      readonly address: string
      /** Such as `TLSv1.3`. */
      readonly protocol: string
      /** End of the server's certificate. */
      readonly notAfter: Date
    }
  | { readonly kind: 'fault'; readonly fault: UpstreamFault }

/**
 * Connects to a destination as the forwarder does, with the same addresses, trust and proxy, and closes the connection as soon as the
 * handshake is complete. Nothing is asked for and nothing is sent but what TLS needs: the name of the host. Never rejects.
 * @param files - the folder of what destinations need besides the policy
 * @param timeout - milliseconds until the handshake has to be complete
 */
export const reachDestination = async (to: Destination, files: string, timeout: number): Promise<Reach> => {
  try {
    if (isIP(to.host) !== 0 && !isAllowedTarget(to, to.host)) throw new UpstreamError('destination_ip_prohibited')
    const agent = upstreamAgent(to, readUpstreamFiles(files, to), timeout)
    const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>()
    const take = (error: Error | null, stream?: Duplex): void => {
      const socket = stream as TLSSocket | undefined
      if (error) return reject(error)
      socket?.once('secureConnect', () => resolve(socket)).once('error', reject)
      setTimeout(() => socket?.destroy(new UpstreamError('connection_timeout')), timeout).unref()
    }
    const direct = agent.createConnection({ ...agent.options, host: to.host, port: to.port }, take)
    if (direct) take(null, direct)
    return reached(await promise)
  } catch (error) {
    return { kind: 'fault', fault: faultOf(error) }
  }
}

const reached = (socket: TLSSocket): Reach => {
  const { valid_to: end } = socket.getPeerCertificate()
  const { remoteAddress, protocol } = { remoteAddress: socket.remoteAddress, protocol: socket.getProtocol() }
  socket.destroy()
  return { kind: 'reached', address: remoteAddress ?? '', protocol: protocol ?? '', notAfter: new Date(end) }
}
