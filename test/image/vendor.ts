/** The vendor of the image test: `vendor.ts HOST FOLDER` takes HTTPS on port 443, and prints each body it gets as a line. */
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { join } from 'node:path'
import { makeCertificate } from '../certs/made-certificate.ts'

const [host = '', folder = ''] = process.argv.slice(2)
const authority = makeCertificate({ ca: true, commonName: 'Vendor root' })
const { pem, keyPem } = makeCertificate({ dns: [host] }, authority)

const server = createServer({ cert: pem, key: keyPem }, (request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    process.stdout.write(`${request.method} ${request.url} ${Buffer.concat(chunks).toString()}\n`)
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"accepted":true}')
  })
})
// The certificate last: who finds it may connect.
server.listen(443, () => writeFileSync(join(folder, 'vendor-ca.pem'), authority.pem))
process.once('SIGTERM', () => process.exit(0))
