import type { Database } from 'better-sqlite3'
import type { Journal } from './journal.ts'
import { LogError } from '../log-error.ts'
import { openReader } from '../reading/reader.ts'
import { redactable } from '../record.ts'
import type { LogRecord, RedactEntry, RedactReason } from '../record.ts'
import { segmentsOf } from '../segments/segments.ts'

/** `record`: id of a decision, or number of a decision, an outcome or a review. */
export type RedactRequest = { readonly record: string | number; readonly reason: RedactReason; readonly actor: string }

/**
 * Empties the body of one record; its leaf hash stays, so that the log is as provable as before. The redaction is itself a record,
 * without which an empty body is evidence of tampering.
 * @returns `null` when there is no such record, or it was redacted before
 * @throws LogError (as a rejection) `ERR_LOG_REDACT_KIND`, `ERR_LOG_REDACT_HELD`, `ERR_LOG_REDACT_SEALED`, and as `Journal.append`
 */
export const redactRecord = async (
  directory: string,
  journal: Journal,
  { record, reason, actor }: RedactRequest,
): Promise<RedactEntry | null> => {
  const found = find(directory, record)
  if (found === null) return null
  const entry = { ...found, kind: 'redact', time: new Date().toISOString(), reason, actor } as const
  await journal.append(entry)
  return entry
}

type Found = Pick<RedactEntry, 'id' | 'target' | 'leaf' | 'was' | 'decision' | 'verdict'>

const find = (directory: string, record: string | number): Found | null => {
  const database = openReader(directory)
  try {
    return describe(database, record)
  } finally {
    database.close()
  }
}

const describe = (database: Database, record: string | number): Found | null => {
  const where = typeof record === 'number' ? 'sequence = ?' : "id = ? AND kind = 'decision'"
  const row = database
    .prepare(`SELECT sequence, body, lower(hex(leaf)) AS leaf FROM record WHERE ${where}`)
    .get(record) as { sequence: number; body: string; leaf: string } | undefined
  if (row === undefined || row.body === '{}') return null
  const content = JSON.parse(row.body) as LogRecord
  if (!isRedactable(content))
    throw new LogError('ERR_LOG_REDACT_KIND', `a record of the kind ${content.kind} is not redacted`)
  if (row.sequence <= (segmentsOf(database).at(-1)?.last ?? -1))
    throw new LogError('ERR_LOG_REDACT_SEALED', `record ${row.sequence} is in a sealed segment`)
  const isDecision = content.kind === 'decision'
  const decision = isDecision ? content.id : content.decision
  if (isNeeded(content) && isKept(database, decision))
    throw new LogError('ERR_LOG_REDACT_HELD', `the payload of decision ${decision} is still held`)
  const { sequence: target, leaf } = row
  return {
    id: `redacted-${target}`,
    target,
    leaf,
    was: content.kind,
    decision,
    verdict: isDecision ? content.verdict : null,
  }
}

type Redactable = Extract<LogRecord, { readonly kind: (typeof redactable)[number] }>

const isRedactable = (record: LogRecord): record is Redactable =>
  (redactable as readonly string[]).includes(record.kind)

const isKept = (database: Database, id: string): boolean =>
  database
    .prepare('SELECT 1 FROM held WHERE decision = @id UNION ALL SELECT 1 FROM spool WHERE decision = @id')
    .get({ id }) !== undefined

/** As long as a payload is held, what befell it says what may be done about it; a note does not. */
const isNeeded = ({ kind }: Redactable): boolean => kind !== 'outcome' && kind !== 'review.note'
