import type { Database } from 'better-sqlite3'
import { readdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { settle } from '../writing/exclusive-file.ts'
import type { Journal } from '../writing/journal.ts'
import { LogError } from '../log-error.ts'
import { logFiles } from '../log-files.ts'
import { openReader } from '../reading/reader.ts'
import type { SegmentTask } from './segment-thread.ts'
import { isSegmentName, PIECE, segmentFile, segmentRoot, segmentsOf } from './segments.ts'
import { verifyLog } from '../verify/verify.ts'
import type { SegmentRange } from './write-segment.ts'

const DAY = 86_400_000

/** Milliseconds. Records as young as this stay in the database: what is reviewed, redacted, and looked at every day. */
export const SEAL_AFTER = 90 * DAY
/** Milliseconds of records that a segment has at least when it is sealed by itself: so that six years are seven files. */
export const SEGMENT_SPAN = 365 * DAY
/** Segments that are kept at one time. SQLite attaches ten files; two are left to whoever reads the log with others. */
export const MOST_SEGMENTS = 8

/**
 * The records that a segment would be made of now: as many whole pieces from the oldest on as there are records from before `before`. A
 * record is as old as the newest one before it, whatever clocks said. The last record of all is never among them, nor is a decision whose
 * payload is still held: who deletes payloads without a decision looks for decisions in the database alone.
 * @returns null when that is not one piece
 */
export const sealable = (database: Database, before: string): SegmentRange | null => {
  const first = (segmentsOf(database).at(-1)?.last ?? -1) + 1
  const young = database
    .prepare('SELECT min(sequence) FROM main.record WHERE sequence >= ? AND time >= ?')
    .pluck()
    .get(first, before) as number | null
  const newest = database.prepare('SELECT max(sequence) FROM main.record').pluck().get() as number | null
  const held = database
    .prepare('SELECT min(r.sequence) FROM main.held h JOIN main.record r ON r.id = h.decision WHERE r.sequence >= ?')
    .pluck()
    .get(first) as number | null
  const end = Math.min(young ?? newest ?? first, held ?? Infinity)
  const count = end - first - ((end - first) % PIECE)
  return count <= 0 ? null : { first, last: first + count - 1 }
}

/** Whether the oldest record that is in no segment is old enough for one to be sealed without being asked. */
const isDue = (database: Database, now: number): boolean => {
  const first = (segmentsOf(database).at(-1)?.last ?? -1) + 1
  // what was redacted has no time
  const oldest = database
    .prepare('SELECT time FROM main.record WHERE sequence >= ? AND time IS NOT NULL ORDER BY sequence LIMIT 1')
    .pluck()
    .get(first) as string | undefined
  return oldest !== undefined && Date.parse(oldest) < now - SEAL_AFTER - SEGMENT_SPAN
}

export type SealedSegment = SegmentRange & { readonly root: string; readonly file: string }

/**
 * Moves old records into a sealed segment. A log that does not verify is not touched. A crash on the way leaves everything where it was and
 * perhaps a file that is superfluous; or, from the record on, the records in both places, until they are dropped the next time.
 * @param age - milliseconds; records as young stay where they are
 * @returns null when there is nothing to seal
 * @throws LogError (as a rejection) `ERR_LOG_DAMAGED`, `ERR_LOG_SEGMENTS_FULL`, `ERR_LOG_SEGMENT`, and what `Journal.append` throws
 */
export const sealSegment = async (directory: string, journal: Journal, age: number): Promise<SealedSegment | null> => {
  const range = look(directory, database => sealable(database, new Date(Date.now() - age).toISOString()))
  if (range === null) return null
  await requireRoom(directory)
  await sweepSegments(directory)
  const roots = await writeInThread({ directory, range })
  const root = segmentRoot({ roots: Buffer.from(roots) })
  const { first, last } = range
  const time = new Date().toISOString()
  await journal.seal({ kind: 'segment.seal', id: `sealed-${first}`, time, first, last, root }, roots)
  await dropSealed(directory, journal)
  return { first, last, root, file: basename(segmentFile(directory, range)) }
}

/** What is done from time to time: ends what a crash interrupted, and seals a segment when one is due. */
export const tidySegments = async (directory: string, journal: Journal): Promise<SealedSegment | null> => {
  await sweepSegments(directory)
  await dropSealed(directory, journal)
  return look(directory, database => isDue(database, Date.now())) ? sealSegment(directory, journal, SEAL_AFTER) : null
}

const look = <Result>(directory: string, use: (database: Database) => Result): Result => {
  const database = openReader(directory)
  try {
    return use(database)
  } finally {
    database.close()
  }
}

const requireRoom = async (directory: string): Promise<void> => {
  const kept = look(directory, segmentsOf).filter(({ isPurged }) => !isPurged)
  if (kept.length >= MOST_SEGMENTS)
    throw new LogError('ERR_LOG_SEGMENTS_FULL', `the log has ${kept.length} sealed segments, and can have no more`)
  const { kind } = await verifyLog(directory)
  if (kind !== 'intact') throw new LogError('ERR_LOG_DAMAGED', 'a log that does not verify is not sealed')
}

/** Files of segments that the log does not name, or names as purged: left over from a crash. */
export const sweepSegments = async (directory: string): Promise<void> => {
  const folder = logFiles(directory).segments
  const kept = look(directory, segmentsOf)
    .filter(({ isPurged }) => !isPurged)
    .map(segment => basename(segmentFile(directory, segment)))
  const superfluous = filesIn(folder).filter(name => isSegmentName(name) && !kept.includes(name))
  for (const name of superfluous) rmSync(join(folder, name))
  if (superfluous.length > 0) await settle(folder)
}

const filesIn = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder)
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw fault
  }
}

/** Records that are dropped at one time: as many as take about ten milliseconds, because decisions wait for it. */
const DROP = 1_024

const dropSealed = async (directory: string, journal: Journal): Promise<void> => {
  const [start, end] = look(directory, database => [
    database.prepare('SELECT coalesce(min(sequence), 0) FROM main.record').pluck().get() as number,
    (segmentsOf(database).at(-1)?.last ?? -1) + 1,
  ])
  for (let before = start; before < end;) {
    before = Math.min(before + DROP, end)
    await journal.drop(before)
  }
}

const writeInThread = (task: SegmentTask): Promise<Uint8Array> =>
  new Promise((resolve, reject) => {
    const thread = new Worker(new URL('./segment-thread.ts', import.meta.url), { workerData: task })
    thread.once('message', resolve)
    thread.once('error', reject)
    thread.once('exit', () => reject(new LogError('ERR_LOG_SEGMENT', 'the thread that writes the segment ended')))
  })
