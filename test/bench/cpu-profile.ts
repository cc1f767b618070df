import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

type CallFrame = { readonly functionName: string; readonly url: string; readonly lineNumber: number }

/** What Node writes with `--cpu-prof`; deltas in microseconds. @see https://chromedevtools.github.io/devtools-protocol/v8/Profiler/#type-Profile */
type Profile = {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: CallFrame
    readonly children?: readonly number[]
  }[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

/** What one function took by itself, without those that it called, in milliseconds. */
export type SelfTime = { readonly name: string; readonly room: string; readonly time: number }

const root = join(import.meta.dirname, '../..')

/** The room of a function: a folder of ours, a library, or a part of Node; that of the caller where it is of the engine. */
const roomOf = ({ functionName, url }: CallFrame, caller: string): string => {
  if (functionName === '(garbage collector)') return 'garbage collector'
  if (url.startsWith('node:'))
    return /^node:(?:_http|https?$|net|_?tls|internal\/(?:tls|streams?|http))/.test(url)
      ? 'node: http, tls, streams'
      : 'node: others'
  if (!url.startsWith('file:')) return caller
  const path = relative(root, fileURLToPath(url))
  const library = /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)
  return library ? library[1]! : `${path.split('/')[0]!}/`
}

const nameOf = ({ functionName, url, lineNumber }: CallFrame): string => {
  const name = functionName === '' ? '(anonymous)' : functionName
  if (url === '') return name
  const path = url.startsWith('file:') ? relative(root, fileURLToPath(url)) : url
  return `${name} ${path}:${lineNumber + 1}`
}

const isIdle = ({ functionName }: CallFrame): boolean => functionName === '(idle)' || functionName === '(root)'

const selfTimesOf = ({ nodes, samples, timeDeltas }: Profile): readonly SelfTime[] => {
  const times = new Map<number, number>()
  for (const [at, id] of samples.entries()) times.set(id, (times.get(id) ?? 0) + timeDeltas[at]! / 1000)
  const rooms = new Map<number, string>()
  const sums = new Map<string, { name: string; room: string; time: number }>()
  // Callers stand before those whom they call.
  for (const { id, callFrame, children = [] } of nodes) {
    const room = roomOf(callFrame, rooms.get(id) ?? 'engine')
    for (const child of children) rooms.set(child, room)
    if (isIdle(callFrame)) continue
    const name = nameOf(callFrame)
    const sum = sums.get(`${room} ${name}`) ?? { name, room, time: 0 }
    sum.time += times.get(id) ?? 0
    sums.set(`${room} ${name}`, sum)
  }
  return [...sums.values()].toSorted((left, right) => right.time - left.time)
}

/** The functions of each thread that left a profile in a folder, the busiest first; the main thread comes first. */
export const readProfiles = (folder: string): readonly (readonly SelfTime[])[] =>
  readdirSync(folder)
    // CPU.<day>.<time>.<process>.<thread>.<number>.cpuprofile
    .toSorted((left, right) => Number(left.split('.')[4]) - Number(right.split('.')[4]))
    .map(file => selfTimesOf(JSON.parse(readFileSync(join(folder, file), 'utf8')) as Profile))
