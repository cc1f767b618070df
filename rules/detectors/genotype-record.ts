import type { JsonValue } from '../canonical.ts'
import { isArray, isObject, type Container } from '../container.ts'
import type { Span, ValueDetector } from '../detector.ts'

const RS = /^rs\d{4,12}$/i
/** rsIDs, and the identifiers that genotyping arrays and consumer files give to other markers. */
const MARKER = /^(?:rs\d{4,12}|kgp\d{4,12}|VG\d{2}S\d{3,8}|AX-\d{6,12}|(?:exm|GSA)-rs\d{4,12})$/i
const GENOTYPE = /^(?:[ACGT][ACGT]?|[ACGT][/|;,][ACGT]|--|DD|II|DI|ID|D\/[DI]|I\/[DI])$/i
/** Allele numbers as in the GT field of VCF. */
const CALL = /^[0-9.][/|][0-9.]$/
const LEAST_MARKERS = 5

/** Names that say of what they name that it is a marker, or the alleles of one. */
const MARKER_NAME =
  /^(?:rs[_ -]?(?:id|number|num)|dbsnp(?:[_ -]?id)?|snp(?:[_ -]?(?:id|name))?|marker(?:[_ -]?(?:id|name))|marker)$/i
const ALLELE_NAME = /^(?:geno(?:type)?s?|gt|alleles?|allele[_ -]?[12ab]|effect[_ -]?allele|risk[_ -]?allele)$/i
/** And those that may stand for alleles beside a marker. */
const CALL_NAME = /^(?:calls?|a[12]|dosage|value|result)$/i

const isMarker = (value: JsonValue | undefined): value is string => typeof value === 'string' && MARKER.test(value)

/** What stands for the alleles of one marker: `AG`, `A/G`, `0/1`, two letters in an array, or any of these in a record. */
const isGenotype = (value: JsonValue | undefined): boolean => isCalled(value, 1)

const isCalled = (value: JsonValue | undefined, depth: number): boolean => {
  if (typeof value === 'string') return GENOTYPE.test(value) || CALL.test(value)
  if (depth === 0) return false
  if (isArray(value)) return value.length > 0 && value.length <= 2 && value.every(one => isCalled(one, 0))
  if (!isObject(value)) return false
  return Object.entries(value)
    .slice(0, MOST_FIELDS)
    .some(
      ([name, inner]) =>
        (ALLELE_NAME.test(name) || CALL_NAME.test(name)) &&
        (isCalled(inner, 0) || (isArray(inner) && isGenotype(inner))),
    )
}

const MOST_FIELDS = 32

const one = (at: number): Span => ({ start: at, end: at + 1 })

/** Members that are named after a marker: one with alleles is enough, else five. */
const namedMarkers = function* (names: readonly string[], members: readonly JsonValue[]): Iterable<Span> {
  const places = [...names.keys()].filter(at => MARKER.test(names[at]!))
  const typed = places.filter(at => isGenotype(members[at]))
  if (typed.length > 0) yield* typed.map(one)
  else if (places.filter(at => RS.test(names[at]!)).length >= LEAST_MARKERS) yield* places.map(one)
}

/** A record of one marker and, beside it, the alleles: one of them has to be named as what it is. */
const isRecord = (names: readonly string[], members: readonly JsonValue[]): boolean => {
  const has = (name: RegExp, fits: (value: JsonValue | undefined) => boolean): boolean =>
    names.some((one, at) => name.test(one) && fits(members[at]))
  if (has(MARKER_NAME, isMarker) && has(CALL_NAME, isGenotype)) return true
  return has(ALLELE_NAME, isGenotype) && members.some(isMarker)
}

/** A row `rs4477212, AA` or `rs4477212, 1, 82154, A, A`. */
const isRow = (members: readonly JsonValue[]): boolean =>
  members.length <= MOST_FIELDS && isMarker(members[0]) && members.slice(1).some(member => isGenotype(member))

/** Strings of a container, or the markers of the records in it, that are different rsIDs. */
const listed = (members: readonly JsonValue[]): readonly number[] => {
  const seen = new Set<string>()
  return [...members.keys()].filter(at => {
    const id = members[at]
    if (typeof id !== 'string' || !RS.test(id) || seen.has(id)) return false
    seen.add(id)
    return true
  })
}

const find = function* ({ names, members }: Container): Iterable<Span> {
  if (names !== null) yield* namedMarkers(names, members)
  if (names === null ? isRow(members) : isRecord(names, members)) yield { start: 0, end: members.length }
  const ids = listed(members)
  if (ids.length >= LEAST_MARKERS) yield* ids.map(one)
}

/**
 * Genotypes as a map from marker to alleles, as records or as rows; and five different rsIDs, as names or in a list. Four digits are asked
 * for, so that the serial ports `rs232` and `rs485` are none.
 *
 * The rsID itself was in none of 1,561 real telemetry payloads (sequence-facts.md, section 4).
 */
export const genotypeRecord = {
  kind: 'value',
  id: 'genotype-record',
  title: 'Genotypes by marker',
  category: 'sequence',
  source:
    'https://www.ncbi.nlm.nih.gov/snp/docs/RefSNP_about/; Lin et al. 2004, Science 305:183 (30 to 80 SNPs name a person)',
  needs: [
    { members: 1, named: [MARKER] },
    { members: 2, named: [MARKER_NAME] },
    { members: 2, named: [ALLELE_NAME] },
    { members: 2, isArray: true, holds: ['marker'] },
    { members: LEAST_MARKERS, holds: ['marker'] },
  ],
  find,
  examples: {
    match: [
      { value: { rs4477212: 'AA', rs3094315: 'AG' } },
      { value: { rs4477212: ['A', 'G'] } },
      { value: { rs4477212: { genotype: 'A/G', quality: 99 } } },
      { value: { rsid: 'rs4477212', genotype: 'AG' } },
      { value: { marker: 'rs4477212', allele1: 'A', allele2: 'G' } },
      { value: ['rs4477212', 'AA'] },
      { value: ['rs4477212', '1', 82154, 'A', 'A'] },
      { value: ['rs4477212', 'rs3094315', 'rs3131972', 'rs12124819', 'rs11240777'] },
      { value: { rs4477212: 0, rs3094315: 1, rs3131972: 2, rs12124819: 0, rs11240777: 1 } },
    ],
    noMatch: [
      { value: { rs232: 'A', rs485: 'C' } },
      { value: { rs485: { value: 'A' } } },
      { value: { name: 'rs485', value: 'A' } },
      { value: { id: 'flow-cell', value: 'A' } },
      { value: ['rs232', 'rs422', 'rs423', 'rs485', 'rs530'] },
      { value: { rssi: 3, rs4477212: 4 } },
    ],
  },
} as const satisfies ValueDetector
