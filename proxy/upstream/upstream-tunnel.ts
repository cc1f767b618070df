import { request } from 'node:http'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connectTls, trustFor } from '../../certs/trust.ts'
import type { UpstreamProxy } from '../../rules/policy.ts'
import { guardedLookup } from './upstream-address.ts'
import { UpstreamError, type UpstreamFault } from './upstream-fault.ts'

export type Tunnels = {
  /**
   * Has the proxy connect to a destination, whose name it resolves itself.
   * @returns octets to the destination and back, on which nothing has been said
   * @throws UpstreamError (as a rejection)
   */
  readonly open: (host: string, port: number) => Promise<Socket>
}

/** Faults on the way to the proxy: what is told of the destination elsewhere is told of the proxy here. */
const faultBefore = (error: unknown): UpstreamFault =>
  error instanceof UpstreamError ? error.fault : 'proxy_unreachable'

const faultOfStatus = (status: number): UpstreamFault => {
  if (status === 407) return 'proxy_credentials_refused'
  if (status >= 400 && status < 500) return 'proxy_denied'
  return status >= 500 ? 'proxy_failed' : 'proxy_unreachable'
}

/**
 * Tunnels through an HTTP proxy of the site. TLS with the destination begins inside, so the proxy sees a name, a port and
 * ciphertext.
 * @param credentials - `name:password`, or null
 * @param timeout - milliseconds until the tunnel stands
 * @throws CertError when the CA file of the proxy is not usable
 * @see RFC 9110 section 9.3.6 (CONNECT), RFC 7617 (Basic)
 */
export const tunnelsThrough = (proxy: UpstreamProxy, credentials: string | null, timeout: number): Tunnels => {
  const trust = proxy.tls ? trustFor(proxy.host, proxy.ca === null ? {} : { extraCaPem: proxy.ca }) : null
  const authorization = credentials === null ? {} : { 'proxy-authorization': `Basic ${btoaUtf8(credentials)}` }
  const { host: proxyHost, port: proxyPort } = proxy
  const to = { host: proxyHost, port: proxyPort, lookup: guardedLookup(proxy, 'proxy_ip_prohibited') }
  const dial = (): Socket => (trust ? connectTls(trust, { ...to, ALPNProtocols: ['http/1.1'] }) : connectTcp(to))
  return {
    open: (host, port) => {
      const authority = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`
      const connect = request({
        method: 'CONNECT',
        path: authority,
        headers: { host: authority, ...authorization },
        createConnection: dial,
      })
      const { promise, resolve, reject } = Promise.withResolvers<Socket>()
      const fail = (fault: UpstreamFault): void => {
        reject(new UpstreamError(fault))
        connect.destroy()
      }
      const timer = setTimeout(() => fail('connection_timeout'), timeout)
      connect.once('connect', ({ statusCode = 0 }, socket: Socket, head) => {
        const isOpen = statusCode >= 200 && statusCode < 300
        // whoever speaks TLS waits for the client: octets before that are not the destination's
        if (isOpen && head.length === 0) return resolve(socket)
        socket.destroy()
        fail(isOpen ? 'proxy_unreachable' : faultOfStatus(statusCode))
      })
      connect.once('response', () => fail('proxy_unreachable'))
      connect.on('error', error => fail(faultBefore(error)))
      connect.end()
      return promise.finally(() => clearTimeout(timer))
    },
  }
}

const btoaUtf8 = (text: string): string => Buffer.from(text).toString('base64')
