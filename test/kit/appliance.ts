import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLogReader, type DecisionRow, type LogReader } from '../../log/reading/query.ts'
import { startAppliance, type Appliance, type Tuning } from '../../proxy/appliance.ts'
import { dataFolder, type DataFolder } from '../../proxy/data-folder.ts'
import type { Notice } from '../../proxy/watch/notice.ts'
import { setUp } from '../../proxy/set-up.ts'
import { defaultSettings, readSettings, type Settings } from '../../proxy/settings.ts'
import { vendorAuthority } from './vendor.ts'

const main = join(import.meta.dirname, '..', '..', 'cli', 'main.ts')

/** The part of a tap test that this needs. */
type Test = { readonly teardown: (done: () => Promise<unknown> | void) => void }

export const testSettings: Settings = {
  ...defaultSettings,
  listen: '127.0.0.1:0',
  names: ['appliance.test'],
}

/** A data folder under a path short enough for a Unix socket, gone again after the test. */
export const newFolder = (t: Test, under = tmpdir()): DataFolder => {
  const folder = dataFolder(join(mkdtempSync(join(under, 'sluice-')), 'data'))
  t.teardown(() => rmSync(join(folder.root, '..'), { recursive: true, force: true }))
  return folder
}

/** A data folder with a policy that trusts the vendor's authority under `vendor-ca.pem`. */
export const makeFolder = async (
  t: Test,
  policy: string,
  settings = testSettings,
  under?: string,
): Promise<DataFolder> => {
  const folder = newFolder(t, under)
  mkdirSync(folder.root, { mode: 0o700 })
  writeFileSync(join(folder.root, 'vendor-ca.pem'), vendorAuthority.pem)
  await setUp(folder, settings, policy)
  return folder
}

/** What a client and a test have to know of an appliance. */
export type Reachable = { readonly port: number; readonly ca: string; readonly caFile: string }

/** The decision log as it stands on the disk, read by a connection of its own. */
export type Decisions = {
  /** Oldest first. */
  readonly all: () => readonly DecisionRow[]
  readonly of: (id: string) => DecisionRow | undefined
}

const authorityOf = (folder: DataFolder): Pick<Reachable, 'ca' | 'caFile'> => {
  const caFile = join(folder.authority, 'authority.pem')
  return { ca: readFileSync(caFile, 'utf8'), caFile }
}

export const decisionsOf = (t: Test, folder: DataFolder): Decisions => {
  let reader: LogReader | null = null
  t.teardown(() => reader?.close())
  const all = () => (reader ??= openLogReader(folder.log)).list({ limit: 1_000_000 }).toReversed()
  return { all, of: id => all().find(row => row.id === id) }
}

export type InProcess = Reachable & {
  readonly appliance: Appliance
  readonly notices: readonly Notice[]
  readonly decisions: Decisions
}

/** However full the disk of the machine is. */
const anyDisk = { warnBelow: 0, refuseBelow: 0, ballast: 0 }

/** Starts an appliance in the process of the test. */
export const startInProcess = async (t: Test, folder: DataFolder, tuning: Tuning = {}): Promise<InProcess> => {
  const notices: Notice[] = []
  // That a request ended is told of each, and only asked for by the tests of it.
  const take = (notice: Notice): void => void (notice.kind === 'request' || notices.push(notice))
  const appliance = await startAppliance(folder, readSettings(folder), take, { disk: anyDisk, ...tuning })
  t.teardown(() => appliance.stop())
  const decisions = decisionsOf(t, folder)
  return { ...authorityOf(folder), port: appliance.listener.port, appliance, notices, decisions }
}

export type Running = Reachable & {
  readonly child: ChildProcess
  /** All that it has written to standard output and standard error. */
  readonly printed: () => string
  readonly decisions: Decisions
  /** @returns exit code, or null when a signal ended it */
  readonly stop: (signal: NodeJS.Signals) => Promise<number | null>
}

export type ProcessOptions = {
  /** Whom it runs as, where that is another. */
  readonly uid?: number
  readonly gid?: number
  /** Options of `serve`. */
  readonly args?: readonly string[]
  readonly nodeOptions?: readonly string[]
  /** What Node runs; the command line, if nothing else. */
  readonly script?: string
}

/** Starts an appliance as a process of its own, and waits until it is ready. */
export const startProcess = async (
  t: Test,
  folder: DataFolder,
  { args = [], nodeOptions = [], script = main, ...user }: ProcessOptions = {},
): Promise<Running> => {
  const command = [...nodeOptions, script, 'serve', '--json', '--data', folder.root, ...args]
  const child = spawn(process.execPath, command, user)
  let printed = ''
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (printed += chunk.toString()))
  const ended = once(child, 'close') as Promise<[number | null]>
  const stop = async (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal)
    return (await ended)[0]
  }
  t.teardown(() => stop('SIGKILL'))
  const ready = new Promise<number>((resolve, reject) => {
    child.stdout.on('data', () => {
      const line = printed.split('\n').find(text => text.includes('"kind":"ready"'))
      if (line) resolve((JSON.parse(line) as { port: number }).port)
    })
    void ended.then(() => reject(new Error(`the appliance ended before it was ready: ${printed}`)))
  })
  const port = await ready
  return { ...authorityOf(folder), port, child, printed: () => printed, decisions: decisionsOf(t, folder), stop }
}
