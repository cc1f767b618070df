import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { load, openProxyBed } from '../bed/proxy-bed.ts'
import { readProfiles, type SelfTime } from '../cpu-profile.ts'
import { spreadOf } from '../measure.ts'
import type { Report, Suite } from '../suite.ts'

const KIBIBYTE = 2 ** 10
const CONNECTIONS = 32
const ROUNDS = 3
const cases = [
  { kilobytes: 1, requests: 2_000 },
  { kilobytes: 16, requests: 1_000 },
  { kilobytes: 256, requests: 150 },
] as const
const MOST_FUNCTIONS = 25

/** @returns octets of a message, on the average */
const profile = async (folder: string, kilobytes: number, requests: number): Promise<number> => {
  const bed = await openProxyBed({ profiles: folder })
  try {
    const { port, serverName, ca } = bed.sluice
    const job = { port, serverName, ca, tunnel: null, isLeak: false, rate: null, connections: CONNECTIONS }
    let octets = 0
    for (let seed = 1; seed <= ROUNDS; seed++)
      octets += (await load({ ...job, requests, bytes: kilobytes * KIBIBYTE, seed })).bytes
    await bed.stop()
    return octets / (ROUNDS * requests)
  } finally {
    await bed.close()
  }
}

const sum = (functions: readonly SelfTime[]): number => functions.reduce((total, { time }) => total + time, 0)

const report = ({ row }: Report, thread: string, functions: readonly SelfTime[], requests: number, bytes: number) => {
  const all = sum(functions)
  const tell = (name: string, time: number): void =>
    row({
      name: `${thread}: ${name}`,
      unit: 'ms/request',
      time: spreadOf([time / requests]),
      bytes,
      ratio: { to: 'the thread', value: time / all },
    })
  const rooms = [...Map.groupBy(functions, ({ room }) => room)].map(([room, own]) => [room, sum(own)] as const)
  for (const [room, time] of rooms.toSorted((left, right) => right[1] - left[1]))
    if (time > all / 100) tell(`all of ${room}`, time)
  for (const { name, time } of functions.slice(0, MOST_FUNCTIONS)) if (time > all / 100) tell(name, time)
}

export const profileSuite: Suite = {
  name: 'profile',
  title:
    'where the time of a request goes: functions and rooms of Sluice, in wall time with other processes in between',
  isExtra: true,
  async run(to) {
    for (const { kilobytes, requests } of cases) {
      const folder = mkdtempSync(join(tmpdir(), 'sluice-profile-'))
      try {
        const bytes = await profile(folder, kilobytes, requests)
        const [main = [], writer = []] = readProfiles(folder)
        report(to, `${kilobytes} KB`, main, ROUNDS * requests, bytes)
        report(to, `${kilobytes} KB, writer of the log`, writer, ROUNDS * requests, bytes)
      } finally {
        rmSync(folder, { recursive: true })
      }
    }
  },
}
