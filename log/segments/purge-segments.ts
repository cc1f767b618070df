import type { Database } from 'better-sqlite3'
import { hash } from 'node:crypto'
import { rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { settle } from '../writing/exclusive-file.ts'
import type { Journal } from '../writing/journal.ts'
import { LogError } from '../log-error.ts'
import { rootOf } from '../proofs/merkle.ts'
import { openReader } from '../reading/reader.ts'
import { SEAL_AFTER } from './seal-segment.ts'
import { segmentFile, segmentRoot, segmentsOf, treeOfPieces } from './segments.ts'
import type { Segment } from './segments.ts'

const DAY = 86_400_000

/**
 * Milliseconds that the log is kept by default: six years, as long as HIPAA has documentation kept (45 CFR 164.316(b)(2)(i)); two of them
 * may be leap years.
 */
export const RETENTION = 2_192 * DAY
/** Nothing younger can be purged, whatever is asked for: it is not even sealed without being asked. */
export const PURGE_FLOOR = SEAL_AFTER

export type PurgeItem = {
  readonly first: number
  readonly last: number
  readonly count: number
  /** RFC 6962 root of these records alone, in base64. */
  readonly root: string
  /** Times of the oldest and the newest record in it. */
  readonly since: string
  readonly until: string
}

/**
 * `held`: a payload of one of its decisions is still kept. `in-use`: it has the last start, the policy in force, or a pause.
 */
export type PurgeObstacle = { readonly first: number; readonly last: number; readonly why: 'held' | 'in-use' }

export type PurgeList = {
  /** From the oldest on. */
  readonly segments: readonly PurgeItem[]
  /** The segment before which the list ends although it is old enough. */
  readonly obstacle: PurgeObstacle | null
  /** Digest of the list. */
  readonly token: string
}

/**
 * The segments whose youngest record is older than an age.
 * @param age - milliseconds
 * @throws LogError `ERR_LOG_PURGE_YOUNG`, and as `openReader`
 */
export const purgeList = (directory: string, age: number, now: number = Date.now()): PurgeList => {
  if (age < PURGE_FLOOR)
    throw new LogError('ERR_LOG_PURGE_YOUNG', `records younger than ${PURGE_FLOOR / DAY} days are not purged`)
  const database = openReader(directory)
  try {
    return listOf(database, new Date(now - age).toISOString())
  } finally {
    database.close()
  }
}

const listOf = (database: Database, before: string): PurgeList => {
  const segments: PurgeItem[] = []
  let obstacle: PurgeObstacle | null = null
  const inUse = newestInUse(database)
  for (const segment of segmentsOf(database).filter(({ isPurged }) => !isPurged)) {
    const { first, last } = segment
    const { since, until } = timesOf(database, segment)
    if (until === null || since === null || until >= before) break
    const why = last >= inUse ? 'in-use' : holdsPayload(database, segment) ? 'held' : null
    if (why !== null) {
      obstacle = { first, last, why }
      break
    }
    segments.push({ first, last, count: last - first + 1, root: segmentRoot(segment), since, until })
  }
  return { segments, obstacle, token: tokenOf(segments) }
}

const tokenOf = (segments: readonly PurgeItem[]): string => hash('sha256', JSON.stringify(segments)).slice(0, 16)

const timesOf = (database: Database, { first }: Segment) =>
  database
    .prepare(
      `SELECT (SELECT min(time) FROM segment_${first}.record) AS since,
         (SELECT max(time) FROM segment_${first}.record) AS until`,
    )
    .get() as { readonly since: string | null; readonly until: string | null }

/** What a start has to find: the number of the last run, the policy in force, what is paused, and the number of the last change of keys. */
const newestInUse = (database: Database): number => {
  const newest = database.prepare('SELECT max(sequence) FROM record WHERE id >= ? AND id < ?').pluck()
  const found = ['run', 'activation', 'config', 'traffic', 'key'].map(
    word => newest.get(`${word}-`, `${word}.`) as number | null,
  )
  const paused = database
    .prepare(
      `SELECT max(sequence) AS sequence, kind FROM record WHERE id >= 'traffic-' AND id < 'traffic.'
       GROUP BY body ->> '$.instrument'`,
    )
    .all() as { readonly sequence: number; readonly kind: string }[]
  const pauses = paused.filter(({ kind }) => kind === 'traffic.pause').map(({ sequence }) => sequence)
  return Math.min(...found.map(sequence => sequence ?? Infinity), ...pauses)
}

const holdsPayload = (database: Database, { first }: Segment): boolean =>
  ['held', 'spool'].some(
    table =>
      database
        .prepare(`SELECT 1 FROM main.${table} h JOIN segment_${first}.record r ON r.id = h.decision LIMIT 1`)
        .get() !== undefined,
  )

export type PurgeRequest = { readonly age: number; readonly token: string; readonly actor: string }

/**
 * Deletes the segments of a list that somebody has seen. Each is recorded first, and its file removed then; what a crash leaves is swept later.
 * @throws LogError (as a rejection) `ERR_LOG_PURGE_CHANGED` when the list is another one by now; as `purgeList`, and as `Journal.append`
 */
export const purgeSegments = async (
  directory: string,
  journal: Journal,
  { age, token, actor }: PurgeRequest,
): Promise<readonly PurgeItem[]> => {
  const list = purgeList(directory, age)
  if (list.token !== token)
    throw new LogError('ERR_LOG_PURGE_CHANGED', 'the segments to purge are not those of the token')
  for (const { first, last, count } of list.segments) {
    const root = rootUpTo(directory, last)
    const time = new Date().toISOString()
    await journal.append({ kind: 'segment.purge', id: `purged-${first}`, time, first, last, count, root, actor })
    const file = segmentFile(directory, { first, last })
    rmSync(file, { force: true })
    await settle(dirname(file))
  }
  return list.segments
}

/** What a checkpoint of the log's first `last` + 1 records would sign. */
const rootUpTo = (directory: string, last: number): string => {
  const database = openReader(directory)
  try {
    const upTo = segmentsOf(database).filter(segment => segment.last <= last)
    return rootOf(treeOfPieces(upTo)).toString('base64')
  } finally {
    database.close()
  }
}
