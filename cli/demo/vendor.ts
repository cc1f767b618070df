import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'

/**
 * A stand-in for the vendor's server, run as a process of its own: TLS on 127.0.0.1, takes everything, and reports each request
 * that reached it as a line of JSON. Arguments: certificate file, key file.
 */
const [certFile, keyFile] = process.argv.slice(2)
const report = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`)

const server = createServer({ cert: readFileSync(certFile!), key: readFileSync(keyFile!) }, (request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const body = Buffer.concat(chunks).toString()
    report({ kind: 'request', method: request.method, path: request.url, headers: request.headers, body })
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"received":true}')
  })
})
server.listen(0, '127.0.0.1', () => report({ kind: 'listening', port: (server.address() as AddressInfo).port }))
