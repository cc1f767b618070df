import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect, createServer as createTcpServer, type AddressInfo } from 'node:net'
import { createProxyServer } from 'http-proxy'
import t from 'tap'
import { answersOn } from '../../../kit/smuggling/answers-on.ts'
import { mutatedRequests, smuggled, type MutatedRequest } from '../../../kit/smuggling/mutated-requests.ts'

const SEED = 20_261_123
const COUNT = 380
const LANES = 20
const PATIENCE_MS = 100

/** Sends requests one after the other through a proxy of their own. @returns those of which contraband arrived behind it */
const letThrough = async (requests: readonly MutatedRequest[]): Promise<readonly MutatedRequest[]> => {
  let received = ''
  const upstream = createTcpServer(socket => {
    socket
      .on('error', () => undefined)
      .on('data', (chunk: Buffer) => {
        received += chunk.toString('latin1')
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}')
      })
  }).listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  const proxy = createProxyServer({ target: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}` })
  const server = createServer((request, response) =>
    proxy.web(request, response, {}, () => void (response.headersSent || response.writeHead(502).end())),
  ).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const through: MutatedRequest[] = []
  for (const request of requests) {
    received = ''
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
    await once(socket, 'connect')
    await answersOn(socket, request.bytes, PATIENCE_MS)
    if (smuggled.test(received)) through.push(request)
  }
  server.close()
  upstream.close()
  return through
}

t.test('smuggling: http-proxy as it comes lets some of the same requests through, so the set can fail', async t => {
  const requests = mutatedRequests(SEED, COUNT, { host: 'telemetry.vendor.test', target: '/v1/serial' }, 1)
  const lanes = Array.from({ length: LANES }, (_, lane) => requests.filter((_, index) => index % LANES === lane))
  const through = (await Promise.all(lanes.map(letThrough))).flat()
  const families = [...Map.groupBy(through, ({ family }) => family)].map(
    ([family, { length }]) => `${family} ${length}`,
  )
  t.comment(`${through.length} of ${COUNT}: ${families.join(', ')}`)
  t.ok(through.length > 0)
})
