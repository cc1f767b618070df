import type { Span } from '../../detector.ts'

/** A line of a text and its fields. `fields` holds at most 64, cut at tabs if the line has any, else at blanks, else at commas. */
export type Row = Span & { readonly fields: readonly string[] }

const MOST_FIELDS = 64
/** No row of any format worth finding is shorter. */
const SHORTEST_ROW = 9

/** The lines of a text, without `\n`, `\r\n` or `\r`; those shorter than `least` are left out. Time is linear in the text. */
export const linesOf = (text: string, least = 1): Span[] => {
  const lines: Span[] = []
  let start = 0
  for (let index = 0; index <= text.length; index++) {
    const code = index < text.length ? text.charCodeAt(index) : 10
    if (code !== 10 && code !== 13) continue
    if (index - start >= least) lines.push({ start, end: index })
    start = index + 1
  }
  return lines
}

const COMMA = 44

/** Which separator cuts a line: 0 for blanks. */
const separatorOf = (text: string, { start, end }: Span): number => {
  let blank = false
  let comma = false
  for (let index = start; index < end; index++) {
    const code = text.charCodeAt(index)
    if (code === 9) return 9
    if (code === 32) blank = true
    else if (code === COMMA) comma = true
  }
  return blank || !comma ? 0 : COMMA
}

const cut = (text: string, { start, end }: Span, separator: number): string[] => {
  const fields: string[] = []
  let from = start
  for (let index = start; index <= end && fields.length < MOST_FIELDS; index++) {
    const code = index < end ? text.charCodeAt(index) : separator
    if (code !== separator && !(separator === 0 && code === 32)) continue
    if (separator !== 0 || index > from) fields.push(unquoted(text.slice(from, index)))
    from = index + 1
  }
  return fields
}

/** A field without the double quotes around it; there are several where a table stands in a field of another one (RFC 4180). */
const unquoted = (field: string): string => {
  let start = 0
  let end = field.length
  while (end - start >= 2 && field.charCodeAt(start) === 34 && field.charCodeAt(end - 1) === 34) {
    start++
    end--
  }
  return field.slice(start, end)
}

/** The fields of a line. Double quotes around a field are taken off. */
export const rowOf = (text: string, line: Span): Row => ({
  ...line,
  fields: cut(text, line, separatorOf(text, line)),
})

/**
 * The lines for which `test` holds, if there are at least `least` of them, else none.
 * @param test - looks at the fields of one line; must not depend on other lines
 */
export const rowsWhere = (text: string, least: number, test: (fields: readonly string[]) => boolean): Span[] => {
  const rows: Span[] = []
  const lines = linesOf(text, SHORTEST_ROW)
  if (lines.length < least) return rows
  for (const line of lines) if (test(rowOf(text, line).fields)) rows.push(line)
  return rows.length >= least ? rows : []
}

/** Whether a field is a non-negative decimal integer of at most 12 digits. */
export const isCount = (field: string | undefined): boolean => {
  if (field === undefined || field.length === 0 || field.length > 12) return false
  for (let index = 0; index < field.length; index++) {
    const code = field.charCodeAt(index)
    if (code < 48 || code > 57) return false
  }
  return true
}

/** A reference sequence as alignments and variant calls name it: chr7, X, MT, chrUn_KI270302v1, NC_000007.14, GL000191.1. */
export const isChromosome = (field: string | undefined): boolean =>
  field !== undefined &&
  field.length <= 40 &&
  /^(?:chr[\w.-]{1,36}|[1-9]|1\d|2[0-6]|X|Y|XY|MT?|N[CGTW]_\d{6,9}\.\d{1,2}|(?:GL|KI|JH|KQ|CM|CP)\d{6}\.\d)$/i.test(
    field,
  )

/** Whether a field is written in nucleotide letters alone. */
export const isBases = (field: string | undefined): boolean => field !== undefined && /^[ACGTUN]+$/i.test(field)
