import type { JsonValue } from '../canonical.ts'
import { isArray, isObject, type Container } from '../container.ts'
import type { Span, ValueDetector } from '../detector.ts'

/** Loci of CODIS, of the European Standard Set and of the Y chromosome. */
const LOCUS =
  /^(?:D(?:[1-9]|1\d|2[0-2]|X|Y)S\d{2,5}|DYS\d{3}(?:\.\d|a\/b|I{1,2})?|DYF\d{3}|v[Ww][Aa]|VWA|TH01|TPOX|CSF1PO|FGA|Penta[ _-]?[DE]|SE33|Y[ _-]?GATA[ _-]?H4|AMEL(?:X|Y|ogenin)?)$/
const LEAST_LOCI = 5
const LEAST_TYPED = 3
const MOST_FIELDS = 16

const isRepeat = (value: JsonValue | undefined): boolean => {
  const repeats = typeof value === 'string' ? /^\d{1,2}(?:\.[1-3])?$/.test(value) && Number(value) : value
  return typeof repeats === 'number' && repeats >= 2 && repeats <= 60
}

/** Two numbers of repeats, as an array, as text or under names. */
const isPair = (value: JsonValue | undefined): boolean => {
  if (typeof value === 'string')
    return /^\d{1,2}(?:\.[1-3])?\s?[-,/;|]\s?\d{1,2}(?:\.[1-3])?$|^X\s?[,/]?\s?[XY]$/.test(value)
  const two = isArray(value) ? value : isObject(value) ? Object.values(value) : []
  return two.length === 2 && two.every(isRepeat)
}

/** The locus that a record or a row tells of. */
const locusOf = (member: JsonValue): string | null => {
  if (typeof member === 'string') return LOCUS.test(member) ? member : null
  const fields = isArray(member) ? member : isObject(member) ? Object.values(member) : []
  const locus = fields.slice(0, MOST_FIELDS).find(field => typeof field === 'string' && LOCUS.test(field))
  return (locus as string | undefined) ?? null
}

const find = function* ({ names, members }: Container): Iterable<Span> {
  // Most lists tell of something else, and their first and middle member show it.
  if (names === null && locusOf(members[0]!) === null && locusOf(members[members.length >> 1]!) === null) return
  const loci = new Set<string>()
  let typed = 0
  for (const [at, member] of members.entries()) {
    const name = names?.[at]
    const locus = name === undefined ? locusOf(member) : LOCUS.test(name) ? name : null
    if (locus === null) continue
    loci.add(locus)
    if (isPair(member)) typed++
  }
  if (loci.size >= LEAST_LOCI || typed >= LEAST_TYPED) yield { start: 0, end: members.length }
}

/**
 * A forensic STR profile as a map, as records, as rows or as a list of loci: five different loci, or three with their two alleles.
 * `FGA` and `TPOX` alone may stand for anything; nothing in telemetry has five of these names.
 */
export const strRecord = {
  kind: 'value',
  id: 'str-record',
  title: 'STR profile as a record',
  category: 'sequence',
  mandatory: true,
  source:
    'https://www.fbi.gov/how-we-can-help-you/dna-fingerprint-act-of-2005-expungement-policy/codis-and-ndis-fact-sheet (CODIS core loci); https://strbase.nist.gov/',
  needs: [
    { members: 3, named: [LOCUS] },
    { members: LEAST_LOCI, isArray: true, holds: ['text'] },
    { members: LEAST_TYPED, isArray: true, holds: ['row', 'record'] },
  ],
  find,
  examples: {
    match: [
      { value: { D3S1358: [15, 17], vWA: [16, 18], FGA: [21, 24] } },
      { value: { D3S1358: '15,17', TH01: '6,9.3', FGA: '21,24' } },
      { value: { D8S1179: 13, D21S11: 29, D7S820: 10, CSF1PO: 11, TH01: 7 } },
      { value: ['D8S1179', 'D21S11', 'D7S820', 'CSF1PO', 'TH01'] },
      { value: ['D8S1179', 'D21S11', 'D7S820', 'CSF1PO', 'TH01'].map(locus => ({ locus, alleles: [11, 12] })) },
      { value: ['D8S1179', 'D21S11', 'D7S820', 'CSF1PO', 'TH01'].map(locus => [locus, 11, 12]) },
    ],
    noMatch: [
      { value: { FGA: [21, 24], laser: [1, 2], stage: [3, 4] } },
      { value: { D3S1358: 1, vWA: 2, lane: 3 } },
      { value: ['FGA', 'FGA', 'FGA', 'FGA', 'FGA', 'CPLD'] },
      { value: ['D00450', 'FPGA', 'CPLD', 'TDI', 'RTA'] },
    ],
  },
} as const satisfies ValueDetector
