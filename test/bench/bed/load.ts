/** A crowd of instruments as a process: each has one connection, and sends its next message when the last was answered. */
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { Agent, request as httpsRequest } from 'node:https'
import type { Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { connect as tlsConnect } from 'node:tls'
import { seeded } from '../../kit/random.ts'
import { runMessage } from './run-telemetry.ts'

export type LoadJob = {
  readonly port: number
  readonly serverName: string
  readonly ca: string
  /** Through CONNECT to this authority, as an explicit proxy; null straight to the port. */
  readonly tunnel: string | null
  readonly connections: number
  readonly requests: number
  /** Octets of each message, about. */
  readonly bytes: number
  /** Whether there is a read in each, so that it is blocked. */
  readonly isLeak: boolean
  /** Messages a second in all; null as fast as answers come. */
  readonly rate: number | null
  readonly seed: number
}

export type LoadResult = {
  readonly seconds: number
  /** Octets of all messages. */
  readonly bytes: number
  /** Milliseconds from the sending to the end of the answer. */
  readonly p50: number
  readonly p99: number
  /** Seconds of CPU that this process took from the first message to the last. */
  readonly cpu: number
}

const READ = 'GATTACAGATTACAGGATCCATTGACCATGACCTGA'
const VARIETY = 4 * 2 ** 20

const run = async (job: LoadJob): Promise<LoadResult> => {
  const random = seeded(job.seed)
  const count = Math.max(4, Math.min(job.requests, 500, Math.floor(VARIETY / job.bytes)))
  const messages = Array.from({ length: count }, () => runMessage(random, job.bytes))
  const bodies = messages.map(message =>
    Buffer.from(job.isLeak ? message.replace(/("instrument":")[^"]*/, `$1${READ}`) : message),
  )
  const wanted = job.isLeak ? 403 : 200
  const latencies: number[] = []
  let started = 0
  let bytes = 0
  const before = process.cpuUsage()
  const begin = performance.now()
  const instrument = async (): Promise<void> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: job.ca, servername: job.serverName })
    if (job.tunnel !== null) tunnelled(agent, job)
    while (started < job.requests) {
      const number = started++
      if (job.rate !== null) await until(begin + (number * 1000) / job.rate)
      const body = bodies[number % bodies.length]!
      bytes += body.length
      const sent = performance.now()
      const status = await post(agent, job, body)
      if (status !== wanted) throw new Error(`bench: status ${status}, where ${wanted} was wanted`)
      latencies.push(performance.now() - sent)
    }
    agent.destroy()
  }
  await Promise.all(Array.from({ length: job.connections }, instrument))
  const seconds = (performance.now() - begin) / 1000
  const { user, system } = process.cpuUsage(before)
  const sorted = latencies.toSorted((a, b) => a - b)
  const quantile = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!
  return { seconds, bytes, p50: quantile(0.5), p99: quantile(0.99), cpu: (user + system) / 1e6 }
}

const until = (time: number): Promise<void> =>
  new Promise(resolve => setTimeout(resolve, Math.max(0, time - performance.now())))

/** Has an agent open its connections through the proxy. */
const tunnelled = (agent: Agent, { port, tunnel, serverName, ca }: LoadJob): void => {
  agent.createConnection = (_options, done) => {
    const opening = httpRequest({
      host: '127.0.0.1',
      port,
      method: 'CONNECT',
      path: tunnel!,
      headers: { host: tunnel! },
    })
    opening.once('connect', (_answer, socket: Socket) =>
      done?.(null, tlsConnect({ socket, servername: serverName, ca })),
    )
    opening.once('error', error => done?.(error, undefined as never))
    opening.end()
    return undefined
  }
}

const post = async (agent: Agent, { port, serverName, tunnel }: LoadJob, body: Buffer): Promise<number> => {
  const headers = {
    'content-type': 'application/json',
    'content-length': body.length,
    host: tunnel ?? `${serverName}:${port}`,
  }
  const sending = httpsRequest({ agent, host: '127.0.0.1', port, method: 'POST', path: '/v1/run', headers })
  sending.end(body)
  const [answer] = await once(sending, 'response')
  answer.resume()
  await once(answer, 'end')
  return answer.statusCode as number
}

process.stdout.write(`${JSON.stringify(await run(JSON.parse(await text(process.stdin)) as LoadJob))}\n`)
