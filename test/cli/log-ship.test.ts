import { readFileSync } from 'node:fs'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { busyLog, sizeOf } from '../kit/busy-appliance.ts'

const log = await busyLog(t)
const folder = t.testdir()

const collect = async (): Promise<{
  readonly server: Server
  readonly texts: readonly string[]
  readonly port: number
}> => {
  const texts: string[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      texts.push(Buffer.concat(chunks).toString())
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, texts, port: (server.address() as AddressInfo).port }
}

t.test('log ship --once: to a collector on this machine; nothing of a payload is in it', async t => {
  const { server, texts, port } = await collect()
  t.teardown(() => void server.close())
  const args = ['log', 'ship', '--once', '--to', `http://127.0.0.1:${port}/v1/logs`, '--cursor', join(folder, 'otlp')]
  const first = await log.run(...args)
  t.match(first, { code: 0, stderr: '' })
  t.match(JSON.parse(first.stdout), { kind: 'delivered', records: sizeOf(log.folder), next: sizeOf(log.folder) })
  t.match(texts[0], 'novaseq-01')
  for (const canary of log.canaries) t.notOk(texts.join('').includes(canary), `no ${canary}`)
  t.match(await log.run(...args), { code: 0, stdout: '' })
  t.equal(texts.length, 1)
})

t.test('log ship: in the clear over the network, or to nobody, it does not start', async t => {
  const cursor = ['--cursor', join(folder, 'none')]
  const inTheClear = await log.run('log', 'ship', '--to', 'http://siem.lab.example:4318/v1/logs', ...cursor)
  t.match(inTheClear, { code: 1, stdout: '', stderr: /syslog\+tls:\/\// })
  const refused = await log.run('log', 'ship', '--once', '--to', 'syslog+tls://127.0.0.1:9', ...cursor)
  t.match(refused, { code: 1, stdout: '', stderr: /ECONNREFUSED/ })
  t.throws(() => readFileSync(join(folder, 'none')), 'and nothing is behind us')
})
