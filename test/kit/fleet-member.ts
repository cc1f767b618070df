import { createWriteStream, mkdirSync, readFileSync } from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import { createLog } from '../../log/writing/create-log.ts'
import { exportLog, passingCursor } from '../../log/export/export-log.ts'
import { jsonl } from '../../log/export/jsonl.ts'
import { openJournal } from '../../log/writing/journal.ts'
import { logFiles } from '../../log/log-files.ts'
import type { Entry } from '../../log/record.ts'
import { openRecordSource } from '../../log/reading/record-source.ts'
import { blockOf, decisionOf, outcomeOf } from '../log/samples.ts'

/** A simulated appliance of a fleet: a log that the real writer wrote. */
export type FleetMember = {
  readonly log: string
  readonly directory: string
  /** Text of checkpoint.pub. */
  readonly key: string
}

const MINUTE = 60_000

/** What a busy instrument leaves: decisions with their outcomes, one in ten or so blocked, a minute apart, up to `end`. */
const entriesOf = function* (records: number, end: number): Generator<Entry> {
  const at = (index: number): string => new Date(end - (records - index) * MINUTE).toISOString()
  const policy = `sha256:${'ab'.repeat(32)}`
  const activation = { kind: 'rules.activate', id: 'activation-1', policy, previous: null } as const
  yield { ...activation, time: at(0), cause: 'start', actor: 'sluice' }
  for (let index = 1; index < records;) {
    const time = at(index)
    const decision = index % 21 === 0 ? blockOf({ time }) : decisionOf({ time })
    yield decision
    index++
    if (decision.verdict !== 'forward' || index >= records) continue
    yield outcomeOf(decision.id, { time: at(index) })
    index++
  }
}

/** @param records - how many its log has in the end
 * @param end - time of the last, in milliseconds */
export const makeMember = async (
  folder: string,
  name: string,
  records: number,
  end = Date.now(),
  directory = join(folder, name),
): Promise<FleetMember> => {
  const log = `${name}.lab.example/sluice`
  mkdirSync(folder, { recursive: true })
  createLog(directory, log)
  await appendTo(directory, entriesOf(records, end))
  return { log, directory, key: readFileSync(logFiles(directory).verifierKey, 'utf8') }
}

export const appendTo = async (directory: string, entries: Iterable<Entry>): Promise<void> => {
  const journal = await openJournal({ directory, maxQueue: 1_000_000 })
  try {
    let waiting: Promise<unknown>[] = []
    for (const entry of entries) {
      waiting.push(journal.append(entry))
      if (waiting.length < 10_000) continue
      await Promise.all(waiting)
      waiting = []
    }
    await Promise.all(waiting)
  } finally {
    await journal.close()
  }
}

/** What `sluice log export --checkpoints` writes of it. @param from - the first record that was not handed on before */
export const exported = async (
  { directory, log }: Pick<FleetMember, 'directory' | 'log'>,
  write: (text: string) => Promise<void> | void,
  from = 0,
): Promise<void> => {
  const source = openRecordSource(directory)
  const sink = { write: async (text: string) => write(text), flush: async () => undefined }
  try {
    await exportLog(source, passingCursor(from), jsonl, { origin: log, version: '0' }, sink, jsonl.checkpoint)
  } finally {
    source.close()
  }
}

export const exportedLines = async (member: FleetMember, from = 0): Promise<string[]> => {
  let text = ''
  await exported(member, part => void (text += part), from)
  return text.trimEnd().split('\n')
}

export const exportTo = async (member: FleetMember, file: string): Promise<void> => {
  const stream = createWriteStream(file)
  await exported(member, async text => {
    if (!stream.write(text)) await once(stream, 'drain')
  })
  stream.end()
  await once(stream, 'close')
}
