import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'

/**
 * What a power failure leaves of the files that a traced process wrote. Of each file there is, in the worst case, what it held at its
 * last sync; a file whose size or name was never synced has what was synced of its content, for SQLite syncs the folder itself.
 */

/** One system call of the trace that matters here. */
type Call =
  | { readonly kind: 'write'; readonly file: string; readonly at: number; readonly bytes: Buffer }
  | { readonly kind: 'truncate'; readonly file: string; readonly size: number }
  | { readonly kind: 'sync'; readonly file: string }
  | { readonly kind: 'acknowledged'; readonly id: string }

export const straceOptions = [
  '-f',
  '-y',
  '-xx',
  '-s',
  '200000',
  '-e',
  'trace=pwrite64,fdatasync,fsync,ftruncate,write',
] as const

/**
 * Reads a trace. A call that another thread interrupted stands in two lines, and counts from the second on: writes may have reached
 * the disk only then, and what a sync promises it promises at its end.
 */
export const readTrace = (text: string): readonly Call[] => {
  const unfinished = new Map<string, string>()
  const calls: Call[] = []
  for (const line of text.split('\n')) {
    const [, thread = '', rest = ''] = /^(\d+) +(.*)$/.exec(line) ?? []
    const begun = /^(.*) <unfinished \.\.\.>$/.exec(rest)
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest)
    if (begun) unfinished.set(thread, begun[1]!)
    const whole = resumed ? `${unfinished.get(thread) ?? ''}${resumed[1]!}` : begun ? '' : rest
    const call = readCall(whole)
    if (call !== null) calls.push(call)
  }
  return calls
}

const readCall = (text: string): Call | null => {
  if (/= -1 /.test(text.slice(-80))) return null
  const { name, file, rest } = /^(?<name>\w+)\(\d+<(?<file>[^>]*)>(?:, )?(?<rest>.*)$/s.exec(text)?.groups ?? {}
  if (name === undefined || file === undefined || rest === undefined) return null
  const path = unescape(file)
  const [, hex = ''] = /^"((?:\\x[0-9a-f]{2})*)"/.exec(rest) ?? []
  if (name === 'fdatasync' || name === 'fsync') return { kind: 'sync', file: path }
  if (name === 'ftruncate') return { kind: 'truncate', file: path, size: Number.parseInt(rest) }
  if (name === 'pwrite64') {
    const [, at] = /, (\d+)\) += \d+$/.exec(rest.slice(-60)) ?? []
    return { kind: 'write', file: path, at: Number(at), bytes: octets(hex) }
  }
  const [, id] = /^ack (\S+)\n$/.exec(octets(hex).toString()) ?? []
  return id === undefined ? null : { kind: 'acknowledged', id }
}

const octets = (escaped: string): Buffer => Buffer.from(escaped.replaceAll('\\x', ''), 'hex')

/** With -xx also paths are written in hexadecimal by some versions of strace. */
const unescape = (path: string): string => (path.startsWith('\\x') ? octets(path).toString() : path)

type File = { readonly synced: Buffer; readonly calls: readonly Extract<Call, { kind: 'write' | 'truncate' }>[] }

const applied = ({ synced, calls }: File): Buffer => {
  let content = synced
  for (const call of calls) {
    if (call.kind === 'truncate') content = resized(content, call.size)
    else {
      content = resized(content, Math.max(content.length, call.at + call.bytes.length))
      call.bytes.copy(content, call.at)
    }
  }
  return content
}

const resized = (content: Buffer, size: number): Buffer => {
  const next = Buffer.alloc(size)
  content.copy(next)
  return next
}

/** What is on the disk, and what was acknowledged, when the power fails right after an acknowledgement. */
export type CrashPoint = { readonly files: ReadonlyMap<string, Buffer>; readonly acknowledged: readonly string[] }

/**
 * @param before - files as they were when the trace began, by path
 * @param every - one crash point for so many acknowledgements
 */
export const crashPoints = function* (
  calls: readonly Call[],
  before: ReadonlyMap<string, Buffer>,
  every: number,
): Generator<CrashPoint> {
  const files = new Map<string, File>([...before].map(([path, synced]) => [path, { synced, calls: [] }]))
  const fileOf = (path: string): File => files.get(path) ?? { synced: Buffer.alloc(0), calls: [] }
  const acknowledged: string[] = []
  for (const call of calls) {
    if (call.kind === 'acknowledged') {
      acknowledged.push(call.id)
      if (acknowledged.length % every !== 0) continue
      const synced = [...files].map(([path, file]) => [path, file.synced] as const)
      yield { files: new Map(synced), acknowledged: [...acknowledged] }
    } else if (call.kind === 'sync') files.set(call.file, { synced: applied(fileOf(call.file)), calls: [] })
    else {
      const file = fileOf(call.file)
      files.set(call.file, { ...file, calls: [...file.calls, call] })
    }
  }
}

/** Lays the files of a log down in a folder, as they would be found after the power is back. */
export const layDown = ({ files }: CrashPoint, log: string, folder: string): void => {
  mkdirSync(folder)
  for (const [path, content] of files)
    if (path.startsWith(`${log}/`) && !path.endsWith('-shm')) writeFileSync(join(folder, basename(path)), content)
}

/** The files of a folder, by path. */
export const contentOf = (paths: readonly string[]): ReadonlyMap<string, Buffer> =>
  new Map(paths.map(path => [path, readFileSync(path)]))
