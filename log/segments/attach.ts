import type { Database } from 'better-sqlite3'
import { existsSync } from 'node:fs'
import { hasSegmentSchema } from '../schema.ts'
import { segmentFile, segmentsOf } from './segments.ts'
import type { Segment } from './segments.ts'
import { views } from '../reading/views.ts'

/**
 * How the whole log is read where parts of it are sealed segments: they are attached, and temporary views of the names `record`,
 * `decisions` and so on hide those of the database. SQLite attaches ten files at most, here and in its shell, and
 * `seal-segment.ts` keeps the segments fewer.
 */

/** `missing`: there is no file. `altered`: it is no segment. `unreadable`: nobody can say. */
export type SegmentFault = 'missing' | 'altered' | 'unreadable'

/** A segment that is not purged, and the name under which it is attached, or why it is not. */
export type Attached =
  | { readonly segment: Segment; readonly schema: string; readonly fault: null }
  | { readonly segment: Segment; readonly schema: null; readonly fault: SegmentFault }

/** Attaches what is there, and makes the views. Not to be called within a transaction. */
export const attachSegments = (database: Database, directory: string): readonly Attached[] => {
  const attached = segmentsOf(database)
    .filter(({ isPurged }) => !isPurged)
    .map(segment => attach(database, directory, segment))
  const present = attached.filter(({ fault }) => fault === null).map(({ segment }) => segment)
  if (present.length > 0) for (const view of wholeLogViews(present)) database.exec(view)
  return attached
}

/** The same as long as the segment is there, whatever happens to others. */
const schemaOf = ({ first }: Segment): string => `segment_${first}`

const attach = (database: Database, directory: string, segment: Segment): Attached => {
  const file = segmentFile(directory, segment)
  const schema = schemaOf(segment)
  if (!existsSync(file)) return { segment, schema: null, fault: 'missing' }
  const fault = faultOf(() => {
    database.prepare(`ATTACH ? AS ${schema}`).run(file)
    return hasSegmentSchema(database, schema)
  })
  if (fault === null) return { segment, schema, fault }
  // one that could not be attached cannot be detached either
  faultOf(() => {
    database.exec(`DETACH ${schema}`)
    return true
  })
  return { segment, schema: null, fault }
}

const faultOf = (look: () => boolean): SegmentFault | null => {
  try {
    return look() ? null : 'altered'
  } catch (fault) {
    const { code } = fault as { readonly code?: string }
    return code === 'SQLITE_NOTADB' || code === 'SQLITE_CORRUPT' ? 'altered' : 'unreadable'
  }
}

/**
 * Records that are in a segment may still be in the database too, until they are dropped: the segment's count. The plus keeps that condition
 * from being the one that SQLite chooses an index by.
 */
const wholeLogViews = (segments: readonly Segment[]): readonly string[] => [
  `CREATE TEMP VIEW record AS
  ${segments.map(segment => `SELECT * FROM ${schemaOf(segment)}.record UNION ALL`).join('\n  ')}
  SELECT * FROM main.record WHERE +sequence > ${segments.at(-1)!.last}`,
  ...Object.values(views).map(view => view.replace('CREATE VIEW', 'CREATE TEMP VIEW')),
]

/** The same as statements for the sqlite3 shell, one for each segment and view; none when nothing is sealed. */
export const attachStatements = (database: Database, directory: string): readonly string[] => {
  const kept = segmentsOf(database).filter(({ isPurged }) => !isPurged)
  if (kept.length === 0) return []
  const attaching = kept.map(
    segment => `ATTACH '${segmentFile(directory, segment).replaceAll("'", "''")}' AS ${schemaOf(segment)}`,
  )
  return [...attaching, ...wholeLogViews(kept)]
}
