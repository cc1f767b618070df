import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { createServer, type TLSSocket, type TlsOptions } from 'node:tls'
import { makeCertificate, type Made } from '../certs/made-certificate.ts'
import { RequestSplitter, type RawRequest } from './request-splitter.ts'

export const vendorHost = 'telemetry.vendor.test'

/** The authority behind every sound vendor of the tests. */
export const vendorAuthority: Made = makeCertificate({ ca: true, commonName: 'Vendor root' })

/** A request that reached the vendor, and the number of the connection that it came over, from 0. */
export type ReceivedRequest = RawRequest & { readonly connection: number }

/** What the vendor does once a request is there in full. */
export type Behaviour = (socket: TLSSocket, request: ReceivedRequest) => void

type Fields = readonly (readonly [name: string, value: string])[]

export const accepted = '{"accepted":true}'

export const answering =
  (status = 200, fields: Fields = [['content-type', 'application/json']], body = accepted): Behaviour =>
  socket => {
    const lines = [`HTTP/1.1 ${status} Status`, ...fields.map(([name, value]) => `${name}: ${value}`)]
    const length = status === 204 || status === 304 ? [] : [`content-length: ${Buffer.byteLength(body)}`]
    socket.write(`${[...lines, ...length].join('\r\n')}\r\n\r\n${body}`)
  }

/** Writes octets as they are, then goes on, ends or breaks the connection. */
export const writing =
  (text: string, then: 'stay' | 'end' | 'reset' = 'stay'): Behaviour =>
  socket => {
    socket.write(text, () => {
      if (then === 'end') socket.end()
      if (then === 'reset') socket.destroy()
    })
  }

export const hanging: Behaviour = () => undefined

/** A TLS server that records each decrypted octet and answers as it is told. It is no HTTP library, so that nothing is tidied up. */
export type Vendor = {
  readonly port: number
  readonly requests: readonly ReceivedRequest[]
  /** All decrypted octets, of all connections, in the order of arrival. */
  readonly octets: () => number
  /** TCP connections so far, and those that are open now. */
  readonly connections: () => number
  readonly open: () => number
  /** Breaks all open connections. */
  readonly hangUp: (how: 'end' | 'reset') => void
  behaviour: Behaviour
  /** Called with each chunk before anything else is done with it. */
  onData: (chunk: Buffer) => void
  readonly close: () => Promise<void>
}

export type VendorOptions = {
  /** Default: a sound one for `vendorHost`. */
  readonly certificate?: Made
  /** Certificates that are sent with it. */
  readonly also?: readonly Made[]
  /** OCSP response that is stapled to it. */
  readonly staple?: Buffer
  readonly tls?: TlsOptions
  /** Default: any that is free. */
  readonly port?: number
  /** Takes over each TCP connection before TLS begins. */
  readonly onConnection?: (socket: Socket) => void
}

export const startVendor = async (options: VendorOptions = {}): Promise<Vendor> => {
  const { certificate, also = [], staple, tls, port = 0, onConnection } = options
  const shown = certificate ?? makeCertificate({ dns: [vendorHost] }, vendorAuthority)
  const requests: ReceivedRequest[] = []
  const sockets = new Set<Socket>()
  const secured = new Set<TLSSocket>()
  let octets = 0
  let connections = 0
  const cert = [shown, ...also].map(({ pem }) => pem).join('')
  const server = createServer({ key: shown.keyPem, cert, ALPNProtocols: ['http/1.1'], ...tls }, socket => {
    const connection = connections - 1
    const splitter = new RequestSplitter()
    secured.add(socket)
    socket.on('close', () => secured.delete(socket)).on('error', () => undefined)
    socket.on('data', chunk => {
      octets += chunk.length
      vendor.onData(chunk)
      for (const request of splitter.push(chunk)) {
        const received = { ...request, connection }
        requests.push(received)
        vendor.behaviour(socket, received)
      }
    })
  })
  if (staple) server.on('OCSPRequest', (_certificate, _issuer, done) => done(null, staple))
  server.on('tlsClientError', () => undefined)
  server.on('connection', (socket: Socket) => {
    connections++
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined)
    onConnection?.(socket)
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const vendor: Vendor = {
    port: (server.address() as AddressInfo).port,
    requests,
    octets: () => octets,
    connections: () => connections,
    open: () => sockets.size,
    hangUp: how => secured.forEach(socket => (how === 'end' ? socket.end() : socket.destroy())),
    behaviour: answering(),
    onData: () => undefined,
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
  return vendor
}
