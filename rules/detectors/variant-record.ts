import type { JsonValue } from '../canonical.ts'
import { isArray, type Container } from '../container.ts'
import type { Span, ValueDetector } from '../detector.ts'

const REF =
  /^(?:(?:vcf[_ -]?)?ref(?:erence)?(?:[_ -]?(?:alleles?|bases?|nt|sequence))?|(?:wild[_ -]?type|wt|deleted)(?:[_ -]?(?:allele|sequence))?)$/i
const ALT =
  /^(?:(?:vcf[_ -]?)?alt(?:ernat(?:e|ive))?s?(?:[_ -]?(?:alleles?|bases?|nt|sequence))?|(?:variant|observed|tumou?r|mutant|mutated|inserted)(?:[_ -]?(?:alleles?|bases?|sequence|seq[_ -]?allele[12]?))?|obs|mut)$/i
const LOCUS =
  /^#?(?:chr(?:om(?:osome)?)?(?:[_ -]?(?:name|id))?|contig|seq(?:uence)?[_ -]?(?:name|id|region)|reference[_ -]?name|accession|pos(?:ition)?|start(?:[_ -]?pos(?:ition)?)?|gene(?:[_ -]?(?:name|symbol))?|transcript|rs[_ -]?id|zygosity|genotype|gt|vaf|allele[_ -]?freq(?:uency)?|assembly|build|genome[_ -]?build)$/i
const CHROMOSOME =
  /^(?:#?chr(?:om(?:osome)?)?(?:[_ -]?(?:name|id))?|contig|reference[_ -]?name|seq[_ -]?(?:name|id|region))$/i
const POSITION = /^(?:pos(?:ition)?|start(?:[_ -]?pos(?:ition)?)?|bp)$/i
const CALL_NAME = /^(?:geno(?:type)?|gt|alleles?|call)$/i

const CHROMOSOME_VALUE = /^(?:chr)?(?:[1-9]|1\d|2[0-6]|X|Y|XY|MT?)$/i
const PREFIXED = /^(?:chr(?:[1-9]|1\d|2[0-2]|X|Y|MT?)|N[CGTW]_\d{6,9}\.\d{1,3})$/i
const ALLELE = /^[ACGTUN]{1,400}$/i
/** Alternate alleles may also be symbolic: `<DEL>`, `*`, `.`, and several may stand in a row. */
const ALTERNATE = /^(?:[ACGTUN]{1,400}|<[A-Z:*_]{1,20}>|\*|\.|-)(?:,(?:[ACGTUN]{1,400}|<[A-Z:*_]{1,20}>|\*))*$/i
const CALL = /^(?:[0-9.][/|][0-9.]|[ACGT][/|]?[ACGT])$/i
/** Positions with fewer digits are lanes, tiles and cycles. */
const FAR = 10_000
const FAR_IN_ROW = 100_000

const isText = (value: JsonValue | undefined, pattern: RegExp): boolean =>
  typeof value === 'string' && pattern.test(value)

/** A text that fits, or an array of such. */
const areAll = (value: JsonValue | undefined, pattern: RegExp): boolean =>
  isArray(value) ? value.length > 0 && value.every(one => isText(one, pattern)) : isText(value, pattern)

const isFar = (value: JsonValue | undefined, least = FAR): boolean => {
  const position = isText(value, /^\d{1,10}$/) ? Number(value) : value
  return typeof position === 'number' && Number.isInteger(position) && position >= least
}

/** Reference and alternate allele, and beside them where or in whom: a record, or columns. */
const isVariant = (names: readonly string[], members: readonly JsonValue[]): boolean => {
  const has = (name: RegExp, fits: (value: JsonValue | undefined) => boolean): boolean =>
    names.some((one, at) => name.test(one) && fits(members[at]))
  const hasReference = has(REF, value => areAll(value, ALLELE))
  if (hasReference && has(ALT, value => areAll(value, ALTERNATE)) && has(LOCUS, value => value !== null)) return true
  if (!has(POSITION, value => isFar(isArray(value) ? value[0] : value))) return false
  return has(CALL_NAME, value => areAll(value, CALL)) && has(CHROMOSOME, value => value !== null)
}

/** A row: chromosome, position, perhaps an identifier, reference and alternate allele. */
const isRow = (members: readonly JsonValue[]): boolean => {
  const [chromosome, position, ...rest] = members
  const name = typeof chromosome === 'number' ? String(chromosome) : chromosome
  const isNamed = isText(name, PREFIXED)
  if (!isNamed && !isText(name, CHROMOSOME_VALUE)) return false
  if (isNamed ? !(typeof position === 'number' || isText(position, /^\d{1,10}$/)) : !isFar(position, FAR_IN_ROW))
    return false
  const from = rest
    .slice(0, 2)
    .findIndex((one, at) => isText(one, ALLELE) && areAll(rest[at + 1], isNamed ? ALTERNATE : ALLELE))
  return from >= 0
}

const find = function* ({ names, members }: Container): Iterable<Span> {
  if (names === null ? isRow(members) : isVariant(names, members)) yield { start: 0, end: members.length }
}

/**
 * Variants as objects, columns or rows: alleles of reference and sample, with a locus, a gene or a genotype beside them. One is enough.
 *
 * `ref` and `alt` that are both nucleotide letters were in none of 1,561 real telemetry payloads (sequence-facts.md, section 3). Rows without
 * `chr` ask for a position of six digits, so that lane, tile and two letters are none.
 */
export const variantRecord = {
  kind: 'value',
  id: 'variant-record',
  title: 'Genetic variant as a record',
  category: 'sequence',
  source:
    'https://samtools.github.io/hts-specs/VCFv4.5.pdf section 1.6; https://docs.gdc.cancer.gov/Data/File_Formats/MAF_Format/; spellings of VEP, ANNOVAR and Beacon v2',
  needs: [
    { members: 3, named: [REF, ALT, LOCUS] },
    { members: 3, named: [CHROMOSOME, POSITION, CALL_NAME] },
    { members: 4, isArray: true, holds: ['letters', 'bases', 'text', 'number'] },
  ],
  find,
  examples: {
    match: [
      { value: { chrom: 'chr7', pos: 140753336, ref: 'A', alt: 'T' } },
      { value: { chromosome: '7', position: 140753336, reference: 'A', alternate: 'T', zygosity: 'het' } },
      { value: { referenceName: '7', start: 140753335, referenceBases: 'A', alternateBases: ['T'] } },
      { value: { Hugo_Symbol: 'BRAF', Start_Position: 140753336, Reference_Allele: 'A', Tumor_Seq_Allele2: 'T' } },
      { value: { chrom: ['7', '17'], pos: [140753336, 7674220], ref: ['A', 'C'], alt: ['T', 'T'] } },
      { value: { chr: '1', pos: 82154, genotype: 'AG' } },
      { value: ['chr7', 140753336, '.', 'A', 'T'] },
      { value: ['7', 140753336, 'A', 'T'] },
      { value: [7, '140753336', 'rs113488022', 'A', 'T'] },
    ],
    noMatch: [
      { value: { ref: 'main', alt: 'release', pos: 3 } },
      { value: { ref: 'A', alt: 'B', pos: 3 } },
      { value: { reference: 4.2, alternate: 4.4, position: 12 } },
      { value: ['1', 1101, 'A', 'T'] },
      { value: [1, 21101, 'A', 'C'] },
      { value: [1, 2, 3, 4] },
      { value: { from: 'A', to: 'C', position: 12 } },
      { value: { chr: '1', pos: 12, call: 'ok' } },
    ],
  },
} as const satisfies ValueDetector
