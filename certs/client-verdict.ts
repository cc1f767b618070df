import { duplexPair } from 'node:stream'
import { connect, createSecureContext, TLSSocket } from 'node:tls'
import type { Anchor, Leaf } from './authority.ts'
import { parseName } from './name.ts'
import { strongTls } from './strong-tls.ts'

/**
 * What a TLS client (OpenSSL) that trusts nothing but one authority says of a server certificate, found out by a handshake in
 * memory: path, purposes, constraints, strength and dates are judged by what will judge them later.
 * @returns null when it takes it, otherwise the code of its refusal, such as `PATH_LENGTH_EXCEEDED`
 */
export const clientVerdict = (leaf: Leaf, { pem }: Anchor, name: string): Promise<string | null> =>
  new Promise(resolve => {
    const [near, far] = duplexPair()
    const secureContext = createSecureContext({ ...strongTls, cert: leaf.chainPem, key: leaf.privateKeyPem })
    const server = new TLSSocket(far, { isServer: true, secureContext })
    const { kind, text } = parseName(name)
    const client = connect({ socket: near, ca: pem, host: text, servername: kind === 'dns' ? text : '' })
    const settle = (verdict: string | null): void => {
      resolve(verdict)
      client.destroy()
      server.destroy()
    }
    server.on('error', () => undefined)
    client.on('error', (error: NodeJS.ErrnoException) => settle(error.code ?? 'REFUSED'))
    client.once('secureConnect', () => settle(null))
  })
