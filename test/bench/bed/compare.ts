import { cpuSeconds, load, type Subject } from './proxy-bed.ts'
import { spreadOf, type Spread } from '../measure.ts'

const KIBIBYTE = 2 ** 10
const CONNECTIONS = 32
const ROUNDS = 5

/** How the messages of a subject go. */
export type Way = {
  readonly tunnel?: string
  readonly isLeak?: boolean
  readonly rate?: number
  readonly connections?: number
}

export type Costs = {
  readonly cpu: Spread
  readonly rate: Spread
  readonly p50: Spread
  readonly p99: Spread
  /** Share of a core that the load generator took. */
  readonly generator: Spread
  readonly bytes: number
}

/** Several loads of each subject in turn, so that a busy machine is as busy for one as for the other. */
export const compare = async (
  subjects: readonly (Subject & Way)[],
  kilobytes: number,
  requests: number,
  rounds = ROUNDS,
): Promise<ReadonlyMap<string, Costs>> => {
  const series = new Map(subjects.map(({ name }) => [name, [] as (readonly number[])[]]))
  for (let round = -1; round < rounds; round++)
    for (const { name, pids, port, serverName, ca, ...way } of subjects) {
      const { tunnel = null, isLeak = false, rate = null, connections = CONNECTIONS } = way
      const job = { port, serverName, ca, tunnel, isLeak, rate, connections, requests, bytes: kilobytes * KIBIBYTE }
      const before = cpuSeconds(pids)
      const { seconds, bytes, p50, p99, cpu: generator } = await load({ ...job, seed: round + 2 })
      const cpu = ((cpuSeconds(pids) - before) * 1000) / requests
      if (round >= 0) series.get(name)!.push([cpu, requests / seconds, p50, p99, bytes / requests, generator / seconds])
    }
  return new Map(
    [...series].map(([name, rows]) => {
      const spread = (at: number): Spread => spreadOf(rows.map(row => row[at]!))
      return [
        name,
        { cpu: spread(0), rate: spread(1), p50: spread(2), p99: spread(3), bytes: rows[0]![4]!, generator: spread(5) },
      ]
    }),
  )
}
