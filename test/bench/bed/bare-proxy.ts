/** http-proxy as its documentation has it, over kept connections: what a proxy costs that does not look. */
import { Agent, createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { createProxyServer } from 'http-proxy'

type Told = {
  readonly cert: string
  readonly key: string
  readonly vendor: { readonly host: string; readonly port: number; readonly ca: string }
}

const { cert, key, vendor } = JSON.parse(await text(process.stdin)) as Told
const agent = new Agent({
  keepAlive: true,
  ca: vendor.ca,
  servername: vendor.host,
  lookup: (_host, { all }, done) =>
    all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4),
})
const proxy = createProxyServer({
  target: `https://${vendor.host}:${vendor.port}`,
  agent,
  secure: true,
  changeOrigin: true,
})
const server = createServer({ cert, key, keepAliveTimeout: 60_000 }, (request, response) =>
  proxy.web(request, response, {}, () => response.destroy()),
)
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`))
