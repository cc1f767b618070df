import type { FindingRecord } from '../record.ts'
import { hexOf, type AnyRecord, type Encoder } from './encoder.ts'

/** Members of records that have a column of their own; what has none is in the column `other`, as JSON. */
const columns = [
  'sequence',
  'time',
  'kind',
  'id',
  'decision',
  'instrument',
  'client',
  'ingress',
  'method',
  'destination',
  'route',
  'path',
  'verdict',
  'reason',
  'rule',
  'place',
  'findings',
  'bytesIn',
  'bytesOut',
  'digest',
  'policy',
  'held',
  'replayOf',
  'result',
  'status',
  'error',
  'bytes',
  'ms',
  'action',
  'actor',
  'cause',
] as const

/** Said once for all by the format, or by the leaf hash. */
const unsaid = ['v', 'salt', 'seal']

/** @see RFC 4180; lines end with CRLF, one of which the caller writes as its line end */
export const csv: Encoder = {
  heading: `${[...columns, 'other', 'leaf_hash'].join(',')}\r`,
  lines: ({ body, leaf }) => {
    const record = JSON.parse(body) as AnyRecord
    const known = columns.map(name => cellOf(name, record[name]))
    return [`${[...known, otherOf(record), hexOf(leaf)].map(quoted).join(',')}\r`]
  },
}

const cellOf = (name: string, value: unknown): string => {
  if (value === null || value === undefined) return ''
  if (name === 'findings') return (value as readonly FindingRecord[]).map(spellFinding).join('; ')
  if (name === 'place') return spellPlace(value as { surface: string; pointer: string })
  return typeof value === 'object' ? JSON.stringify(value) : `${value as string | number | boolean}`
}

const spellFinding = ({ detector, category, surface, pointer }: FindingRecord): string =>
  `${detector} (${category}) in ${surface} ${pointer}`

const spellPlace = ({ surface, pointer }: { readonly surface: string; readonly pointer: string }): string =>
  `${surface} ${pointer}`

const otherOf = (record: AnyRecord): string => {
  const known: readonly string[] = [...columns, ...unsaid]
  const others = Object.entries(record).filter(([name]) => !known.includes(name))
  return others.length === 0 ? '' : JSON.stringify(Object.fromEntries(others))
}

/**
 * A cell as it stands in the file. A spreadsheet takes a text that begins with one of these for a formula, so such a text gets
 * an apostrophe in front, which spreadsheets take for "this is text".
 * @see https://owasp.org/www-community/attacks/CSV_Injection
 */
const quoted = (text: string): string => {
  const guarded = /^[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/u.test(text) ? `'${text}` : text
  return /[",;'\s]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded
}
