import { replies, type Client } from './client.ts'
import { vendorHost } from './vendor.ts'

/** What fetch and node:https have in common. `lookup` steers the vendor's name to the appliance, for the redirected way. */
const prelude = `
import dns from 'node:dns'
import https from 'node:https'
import { text } from 'node:stream/consumers'
const { port, vendorPort, host, jobs } = JSON.parse(await text(process.stdin))
const bases = { connect: 'https://' + host + ':' + vendorPort, gateway: 'https://127.0.0.1:' + port, redirect: 'https://' + host + ':' + port }
const print = (status, body) => console.log(status + '\\t' + Buffer.from(body).toString('base64'))
const lookup = (name, options, done) =>
  name !== host ? dns.lookup(name, options, done)
    : options.all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4)
`

/** fetch has no lookup option, so the module's own lookup is replaced; its proxy is that of the environment. */
const fetchScript = `${prelude}
const resolve = dns.lookup
dns.lookup = (name, options, done) => resolve(name === host ? '127.0.0.1' : name, options, done)
for (const { way, method, path, fields, body } of jobs) {
  const url = (way === 'connect' ? bases.connect : way === 'gateway' ? bases.gateway : bases.redirect) + path
  const answer = await fetch(url, { method, headers: fields, body })
  print(answer.status, await answer.text())
}
process.exit()
`

const httpsScript = `${prelude}
import http from 'node:http'
import { once } from 'node:events'
const tunnel = async () => {
  const path = host + ':' + vendorPort
  const request = http.request({ host: '127.0.0.1', port, method: 'CONNECT', path, headers: { host: path } }).end()
  const [answer, socket] = await once(request, 'connect')
  if (answer.statusCode !== 200) throw new Error('no tunnel: ' + answer.statusCode)
  return socket
}
for (const { way, method, path, fields, body } of jobs) {
  const ways = { connect: async () => ({ socket: await tunnel(), agent: false }), redirect: async () => ({ lookup }), gateway: async () => ({}) }
  const request = https.request(bases[way] + path, { method, headers: fields, ...(await ways[way]()) }).end(body ?? undefined)
  const [answer] = await once(request, 'response')
  print(answer.statusCode, await text(answer))
}
process.exit()
`

const clientOf = (name: string, script: string, env: (port: number) => NodeJS.ProcessEnv): Client => ({
  name,
  probe: [process.execPath, '--version'],
  send: ({ port, caFile }, vendorPort, jobs) =>
    replies(
      process.execPath,
      ['--input-type=module', '--eval', script],
      JSON.stringify({ port, vendorPort, host: vendorHost, jobs }),
      { NODE_EXTRA_CA_CERTS: caFile, ...env(port) },
    ),
})

export const nodeFetch = (withProxy: boolean): Client =>
  clientOf('Node fetch', fetchScript, port =>
    withProxy ? { NODE_USE_ENV_PROXY: '1', HTTPS_PROXY: `http://127.0.0.1:${port}`, NO_PROXY: '' } : {},
  )

export const nodeHttps: Client = clientOf('Node https', httpsScript, () => ({}))
