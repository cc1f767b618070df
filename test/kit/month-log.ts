import { createLog } from '../../log/writing/create-log.ts'
import { openJournal } from '../../log/writing/journal.ts'
import type { DecisionEntry, Entry } from '../../log/record.ts'
import { blockOf, decisionOf, origin, outcomeOf } from '../log/samples.ts'
import { seeded } from './run-metadata.ts'

const DAY = 86_400_000

/** A property name that would run in a browser, if a page took it for markup. */
export const hostileName = '<img src=x onerror="console.error(1)"></script><script>console.error(2)</script>'

const instruments = ['novaseq-01', 'novaseq-02', 'miseq-07', 'promethion-3'] as const
const routes = ['run-performance', 'run-status', 'instrument-performance'] as const

const finding = (detector: string, category: string, pointer: string) => ({
  detector,
  category,
  surface: 'body',
  pointer,
  chain: [],
  length: 40,
})

const blocks: readonly Partial<DecisionEntry>[] = [
  {
    findings: [
      finding('nucleotide-run', 'sequence', '/lanes/0/note'),
      finding('nucleotide-run', 'sequence', '/lanes/4/note'),
    ],
  },
  { findings: [finding('email', 'identity', '/operator/contact')] },
  { findings: [finding('person-name', 'identity', `/run/${hostileName}`)] },
  {
    reason: 'schema-violation',
    rule: 'additionalProperties',
    place: { surface: 'body', pointer: '/run/#3' },
    findings: [],
  },
  { reason: 'instrument-unknown', instrument: null, route: null, destination: null, findings: [] },
]

/**
 * Writes a log of thirty days that end at `end`, in milliseconds: the same every time, of made-up traffic.
 * @returns number of decisions
 */
export const monthLog = async (directory: string, end: number): Promise<number> => {
  createLog(directory, origin)
  const journal = await openJournal({ directory, maxQueue: 1_000_000 })
  const random = seeded(7)
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!
  const entries: Entry[] = []
  const policy = `sha256:${'ab'.repeat(32)}`
  const at = (time: number): string => new Date(time).toISOString()
  entries.push({
    kind: 'rules.activate',
    id: 'activation-1',
    time: at(end - 40 * DAY),
    policy,
    previous: null,
    cause: 'start',
    actor: 'sluice',
  })
  let decisions = 0
  for (let day = 30; day > 0; day--) {
    const isWeekend = day % 7 < 2
    const count = Math.floor((isWeekend ? 12 : 50) * (0.6 + random()))
    for (let index = 0; index < count; index++) {
      const time = at(end - day * DAY + Math.floor((index * DAY) / count))
      const base = {
        time,
        instrument: pick(instruments),
        route: pick(routes),
        destination: 'telemetry.vendor.example:443',
      }
      const isStopped = random() < (day === 11 ? 0.5 : 0.06)
      const decision = isStopped
        ? blockOf({ ...base, ...pick(blocks) })
        : decisionOf({ ...base, bytesOut: 800 + Math.floor(random() * 60_000) })
      decisions++
      entries.push(decision)
      if (!isStopped)
        entries.push(
          outcomeOf(
            decision.id,
            random() < 0.02 ? { result: 'failed', status: null, error: 'connection_timeout' } : {},
          ),
        )
      if (isStopped && index % 9 === 0)
        entries.push({ kind: 'review.resume', time, because: 'the vendor answers again', actor: 'os:ada' })
    }
    if (day === 18)
      entries.push({
        kind: 'gap',
        since: at(end - day * DAY),
        time: at(end - day * DAY + 90_000),
        cause: 'commit-failed',
        refused: 4,
      })
    if (day === 9)
      entries.push({
        kind: 'rules.activate',
        id: 'activation-2',
        time: at(end - day * DAY),
        policy: `sha256:${'cd'.repeat(32)}`,
        previous: policy,
        cause: 'activate',
        actor: 'ada',
      })
  }
  await Promise.all(entries.map(entry => journal.append(entry)))
  await journal.close()
  return decisions
}
