import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { makeCertificate, type Made } from '../../certs/made-certificate.ts'
import { makeFolder, startProcess } from '../../kit/appliance.ts'
import { vendorAuthority, vendorHost } from '../../kit/vendor.ts'
import type { LoadJob, LoadResult } from './load.ts'
import { runSchema } from './run-telemetry.ts'

/** What stands between the instruments and the vendor, or the vendor itself; the CPU of `pids` and of what they started is counted. */
export type Subject = {
  readonly name: string
  readonly pids: readonly number[]
  readonly port: number
  readonly serverName: string
  /** Certificate authority that its clients trust, in PEM. */
  readonly ca: string
}

export type ProxyBed = {
  readonly vendorPort: number
  readonly direct: Subject
  /** http-proxy with TLS on both sides, and nothing that looks at what passes. */
  readonly bare: Subject
  /** All of Sluice, with a log on the disk. */
  readonly sluice: Subject
  /** Data folder of Sluice, and the file with its authority. */
  readonly data: string
  readonly caFile: string
  /** All that Sluice has printed. */
  readonly printed: () => string
  /** Ends Sluice as its operator would. */
  readonly stop: () => Promise<unknown>
  readonly close: () => Promise<void>
}

const APPLIANCE = 'appliance.test'
const MEBIBYTE = 2 ** 20

const policy = (vendorPort: number): string =>
  JSON.stringify({
    version: 1,
    instruments: [{ id: 'novaseq-01', serial: 'A00187', address: '127.0.0.1' }],
    destinations: [{ id: 'vendor', host: vendorHost, port: vendorPort, addresses: ['127.0.0.1'], ca: 'vendor-ca.pem' }],
    routes: [
      { id: 'run', destination: 'vendor', method: 'POST', path: '/v1/run', body: { kind: 'json', schema: runSchema } },
    ],
    limits: {
      maxConcurrentRequests: 1_000,
      maxRequestsPerSecond: 10_000,
      maxBodyBytes: 4 * MEBIBYTE,
      maxDecodedBytes: 4 * MEBIBYTE,
      maxMembers: 1_000_000,
    },
  })

type Child = { readonly process: ChildProcess; readonly port: number }

/** Starts a script of this folder, gives it a document on standard input and waits for the port that it prints. */
const serve = async (script: string, document: object): Promise<Child> => {
  const child = spawn(process.execPath, [join(import.meta.dirname, script)], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(JSON.stringify(document))
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  return { process: child, port: Number(line) }
}

const pem = ({ pem: cert, keyPem: key }: Made) => ({ cert, key })

export type BedOptions = {
  /** A folder in which the threads of Sluice leave their CPU profiles when it ends; it is unconfined then. */
  readonly profiles?: string
  /** Options of Node for Sluice. */
  readonly nodeOptions?: readonly string[]
}

export const openProxyBed = async ({ profiles, nodeOptions = [] }: BedOptions = {}): Promise<ProxyBed> => {
  const ends: (() => unknown)[] = []
  const test = { teardown: (done: () => unknown) => void ends.unshift(done) }
  const vendor = await serve('vendor.ts', pem(makeCertificate({ dns: [vendorHost, 'localhost'] }, vendorAuthority)))
  ends.unshift(() => vendor.process.kill())
  const authority = makeCertificate({ ca: true, commonName: 'Bench root' })
  const bare = await serve('bare-proxy.ts', {
    ...pem(makeCertificate({ dns: [APPLIANCE] }, authority)),
    vendor: { host: vendorHost, port: vendor.port, ca: vendorAuthority.pem },
  })
  ends.unshift(() => bare.process.kill())
  const folder = await makeFolder(test, policy(vendor.port))
  const script = join(import.meta.dirname, 'unconfined.ts')
  const profiled = { script, nodeOptions: ['--cpu-prof', `--cpu-prof-dir=${profiles}`, ...nodeOptions] }
  const sluice = await startProcess(test, folder, profiles === undefined ? { nodeOptions } : profiled)
  return {
    vendorPort: vendor.port,
    direct: {
      name: 'direct',
      pids: [vendor.process.pid!],
      port: vendor.port,
      serverName: vendorHost,
      ca: vendorAuthority.pem,
    },
    bare: { name: 'http-proxy', pids: [bare.process.pid!], port: bare.port, serverName: APPLIANCE, ca: authority.pem },
    sluice: { name: 'sluice', pids: [sluice.child.pid!], port: sluice.port, serverName: APPLIANCE, ca: sluice.ca },
    data: folder.root,
    caFile: sluice.caFile,
    printed: sluice.printed,
    stop: () => sluice.stop('SIGTERM'),
    close: async () => {
      for (const end of ends) await end()
    },
  }
}

/** Seconds of CPU that a process and its threads have used (proc(5): utime and stime, in ticks of a hundredth), and the processes it started. */
const cpuOf = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean)
  const own = (Number(fields[11]) + Number(fields[12])) / 100
  return children.reduce((sum, child) => sum + cpuOf(Number(child)), own)
}

export const cpuSeconds = (pids: readonly number[]): number => pids.reduce((sum, pid) => sum + cpuOf(pid), 0)

/** Runs the load generator in a process of its own. */
export const load = async (job: LoadJob): Promise<LoadResult> => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'load.ts')], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(JSON.stringify(job))
  const lines = createInterface({ input: child.stdout })
  const ended = once(child, 'close') as Promise<[number | null]>
  const line = await Promise.race([once(lines, 'line') as Promise<[string]>, ended.then(() => null)])
  if (line === null) throw new Error('bench: the load generator ended without a result')
  await ended
  return JSON.parse(line[0]) as LoadResult
}
