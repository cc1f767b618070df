import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'

/** What the proxy does with a CONNECT, whose head it is given. */
export type ProxyBehaviour = (socket: Socket, head: string) => void

/** An HTTP proxy of a site, as far as CONNECT goes. It is no HTTP library, so that nothing is tidied up. */
export type ConnectProxy = {
  readonly port: number
  /** Heads of all requests so far. */
  readonly heads: readonly string[]
  /** Octets that went through tunnels towards the destination. */
  readonly tunnelled: () => Buffer
  behaviour: ProxyBehaviour
  readonly close: () => Promise<void>
}

/** Opens a tunnel, whatever host is asked for, to a port of this machine. */
const tunnelTo =
  (port: number, sent: Buffer[]): ProxyBehaviour =>
  socket => {
    const upstream = connect(port, '127.0.0.1')
    upstream.on('error', () => socket.destroy())
    socket.on('error', () => upstream.destroy()).on('close', () => upstream.destroy())
    socket.on('data', (chunk: Buffer) => sent.push(chunk))
    socket.write('HTTP/1.1 200 Connection established\r\nVia: 1.1 campus\r\n\r\n')
    socket.pipe(upstream).pipe(socket)
  }

/** @param tls - when the proxy itself speaks TLS */
export const startConnectProxy = async (tls?: TlsOptions): Promise<ConnectProxy> => {
  const heads: string[] = []
  const sent: Buffer[] = []
  const sockets = new Set<Socket>()
  const take = (socket: Socket): void => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined)
    let text = ''
    const read = (chunk: Buffer): void => {
      text += chunk.toString('latin1')
      if (!text.includes('\r\n\r\n')) return
      socket.off('data', read)
      heads.push(text)
      proxy.behaviour(socket, text)
    }
    socket.on('data', read)
  }
  const server = tls ? createTlsServer(tls, take) : createServer(take)
  server.on('tlsClientError', () => undefined)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const proxy: ConnectProxy = {
    port: (server.address() as AddressInfo).port,
    heads,
    tunnelled: () => Buffer.concat(sent),
    behaviour: (socket, head) => tunnelTo(Number(/^CONNECT \S+:(\d+) /.exec(head)?.[1]), sent)(socket, head),
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
  return proxy
}
