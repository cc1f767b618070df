/** `name-server.ts HOST ADDRESS4 ADDRESS6`: answers for one host with its addresses, and prints each name that it is asked for. */
import { createSocket } from 'node:dgram'

const [host = '', address4 = '', address6 = ''] = process.argv.slice(2)

/** What a record of each type holds (RFC 1035 section 3.4.1, RFC 3596). The address of IPv6 has one `::`, and stands in whole groups. */
const records: Readonly<Record<number, Buffer>> = {
  1: Buffer.from(address4.split('.').map(Number)),
  28: Buffer.from(wholeGroups(address6), 'hex'),
}

function wholeGroups(address: string): string {
  const [before = [], after = []] = address
    .split('::')
    .map(side => side.split(':').map(group => group.padStart(4, '0')))
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => '0000'), ...after].join('')
}

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
  const isKnown = name.toLowerCase() === host
  const type = query.readUInt16BE(end)
  const data = isKnown ? records[type] : undefined
  const head = Buffer.from(query.subarray(0, 12))
  head.writeUInt16BE(isKnown ? 0x8580 : 0x8583, 2)
  for (const [index, count] of [1, data ? 1 : 0, 0, 0].entries()) head.writeUInt16BE(count, 4 + 2 * index)
  const record = data ? [Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 0, 0, data.length]), data] : []
  server.send(Buffer.concat([head, query.subarray(12, end + 4), ...record]), peer.port, peer.address)
})
server.bind(53, address4)
