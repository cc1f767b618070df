import type { JsonValue } from '../canonical.ts'
import { readJson, type JsonFault, type JsonLimits } from '../json.ts'

export type LinesReading =
  | {
      readonly ok: true
      readonly lines: readonly string[]
      readonly values: JsonValue[]
      /** As `maxMembers` counts them. */
      readonly members: number
    }
  | { readonly ok: false; readonly fault: JsonFault; readonly rule: string | null; readonly line: number }

/**
 * Reads newline-delimited JSON: one JSON text on each line, every line ended by LF or CR LF, the last one perhaps by nothing. A
 * byte order mark, an empty line and a second text on a line are no JSON, and a body without a line is none either.
 *
 * The limits hold for all lines together, as if they were the elements of one array: that is how they are looked through.
 * @param maxLines - one line more is too large
 * @returns what is wrong with the first line at fault, counted from 0
 * @see https://github.com/ndjson/ndjson-spec
 */
export const readLines = (text: string, maxLines: number, limits: JsonLimits): LinesReading => {
  const lines = splitLines(text, maxLines)
  if (lines === null) return { ok: false, fault: 'json-too-large', rule: 'maxLines', line: maxLines }
  const values: JsonValue[] = []
  let members = 0
  for (const [line, source] of lines.entries()) {
    // The list is a level and the line a member of it.
    const left = { ...limits, maxDepth: limits.maxDepth - 1, maxMembers: limits.maxMembers - members - 1 }
    const reading = left.maxMembers < 0 ? tooMany : readJson(source, left)
    if (!reading.ok) return { ok: false, fault: reading.fault, rule: null, line }
    values.push(reading.value)
    members += reading.members + 1
  }
  return { ok: true, lines, values, members }
}

const tooMany = { ok: false, fault: 'json-too-large' } as const

/** The lines without what ends them; null when there are too many. */
const splitLines = (text: string, maxLines: number): readonly string[] | null => {
  const lines = text.split('\n', maxLines + 2)
  // What stands behind the last line break is a line only if there is something.
  if (lines.length > 1 && lines.at(-1) === '') lines.pop()
  return lines.length > maxLines ? null : lines.map(line => line.replace(/\r$/, ''))
}
