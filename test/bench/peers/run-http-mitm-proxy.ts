/** http-mitm-proxy that does the job for everything that passes. @see https://github.com/joeferner/node-http-mitm-proxy */
import { createPublicKey } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { Agent } from 'node:https'
import { join } from 'node:path'
import type { ServerResponse } from 'node:http'
import { openJob, requirePeer, told } from './job.ts'

type Next = (error?: Error | null, chunk?: Buffer) => void
type Context = {
  readonly onRequestData: (handler: (context: Context, chunk: Buffer, next: Next) => void) => void
  readonly onRequestEnd: (handler: (context: Context, next: Next) => void) => void
  readonly proxyToServerRequest: { readonly write: (body: Buffer) => void }
  readonly proxyToClientResponse: ServerResponse
}
type Proxy = {
  readonly onRequest: (handler: (context: Context, next: Next) => void) => void
  readonly onError: (handler: (context: unknown, error: Error) => void) => void
  readonly listen: (options: object) => void
}

const { authority, port, vendorCa, folder, schema } = told()
const job = openJob({ folder, schema })
const sslCaDir = join(folder, 'ca')
for (const part of ['certs', 'keys']) mkdirSync(join(sslCaDir, part), { recursive: true })
writeFileSync(join(sslCaDir, 'certs/ca.pem'), authority.cert)
writeFileSync(join(sslCaDir, 'keys/ca.private.key'), authority.key)
const publicKey = createPublicKey(authority.key).export({ type: 'spki', format: 'pem' })
writeFileSync(join(sslCaDir, 'keys/ca.public.key'), publicKey)

const proxy = new (requirePeer('http-mitm-proxy') as { readonly Proxy: new () => Proxy }).Proxy()
proxy.onError((_context, error) => void process.stderr.write(`http-mitm-proxy: ${error.message}\n`))
proxy.onRequest((context, next) => {
  const chunks: Buffer[] = []
  context.onRequestData((_context, chunk, done) => {
    chunks.push(chunk)
    done(null)
  })
  context.onRequestEnd((_context, done) => {
    const finish = async (): Promise<void> => {
      const body = Buffer.concat(chunks)
      if (!(await job(body))) return void context.proxyToClientResponse.writeHead(403).end('blocked')
      context.proxyToServerRequest.write(body)
      done(null)
    }
    void finish()
  })
  next(null)
})
proxy.listen({
  port,
  host: '127.0.0.1',
  sslCaDir,
  keepAlive: true,
  httpsAgent: new Agent({ keepAlive: true, ca: vendorCa }),
})
