/** A vendor as a process: takes everything in and says so. */
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

const { cert, key } = JSON.parse(await text(process.stdin)) as { readonly cert: string; readonly key: string }
const answer = '{"accepted":true}'

const server = createServer({ cert, key, keepAliveTimeout: 60_000 }, (request, response) => {
  request.resume().on('end', () => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length }).end(answer)
  })
})
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`))
