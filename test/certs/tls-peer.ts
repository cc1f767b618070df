/** Real TLS on 127.0.0.1 for the tests: a server that answers one fixed HTTP response, and handshakes against it. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer, type ConnectionOptions, type TLSSocket, type TlsOptions } from 'node:tls'

export type Listening = {
  readonly port: number
  /** How many connections resumed a session. */
  readonly resumed: () => number
  readonly close: () => void
}

const RESPONSE = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok'

export const listen = async (options: TlsOptions): Promise<Listening> => {
  const sockets = new Set<TLSSocket>()
  let resumed = 0
  const server = createServer(options, socket => {
    if (socket.isSessionReused()) resumed++
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('data', () => socket.end(RESPONSE))
  })
  server.on('tlsClientError', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = (): void => {
    server.close()
    for (const socket of sockets) socket.destroy()
  }
  return { port: (server.address() as AddressInfo).port, resumed: () => resumed, close }
}

/** The code of a refusal, or OpenSSL's words where Node has no code of its own for it. */
export const refusalOf = (error: unknown): string => {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'EPROTO') return /SSL routines:[^:]*:([^:]+):/.exec(message)?.[1] ?? message
  return code === 'UNSPECIFIED' || code === undefined ? message : code
}

/** What a handshake came to: the protocol and the peer's certificate, or the code of the refusal. */
export type Outcome =
  | { readonly protocol: string | null; readonly cipher: string; readonly fingerprint256: string }
  | { readonly refused: string }

export const handshake = async (port: number, options: ConnectionOptions): Promise<Outcome> => {
  const socket = connect({ host: '127.0.0.1', port, ...options })
  try {
    await once(socket, 'secureConnect')
    const { fingerprint256 } = socket.getPeerCertificate()
    return { protocol: socket.getProtocol(), cipher: socket.getCipher().standardName, fingerprint256 }
  } catch (error) {
    return { refused: refusalOf(error) }
  } finally {
    socket.on('error', () => {}).destroy()
  }
}
