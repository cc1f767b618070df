/** `name-server.ts ADDRESS HOST`: answers for one host with its own address, and prints each name that it is asked for. */
import { createSocket } from 'node:dgram'

const [address = '', host = ''] = process.argv.slice(2)
const A = 1

/** The name in a question, and where its type stands (RFC 1035 section 4.1.2). */
const questionIn = (query: Buffer): { readonly name: string; readonly end: number } => {
  const labels: string[] = []
  let at = 12
  for (let length = query[at]!; length > 0; length = query[at]!) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.'), end: at + 1 }
}

const server = createSocket('udp4')
server.on('message', (query, peer) => {
  const { name, end } = questionIn(query)
  process.stdout.write(`${name}\n`)
  const isKnown = name.toLowerCase() === host && query.readUInt16BE(end) === A
  const head = Buffer.from(query.subarray(0, 12))
  head.writeUInt16BE(name.toLowerCase() === host ? 0x8580 : 0x8583, 2)
  for (const [index, count] of [1, isKnown ? 1 : 0, 0, 0].entries()) head.writeUInt16BE(count, 4 + 2 * index)
  const record = Buffer.from([0xc0, 12, 0, A, 0, 1, 0, 0, 0, 0, 0, 4, ...address.split('.').map(Number)])
  server.send(Buffer.concat([head, query.subarray(12, end + 4), ...(isKnown ? [record] : [])]), peer.port, peer.address)
})
server.bind(53, address)
