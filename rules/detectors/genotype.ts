import type { TextDetector } from '../detector.ts'
import { spansOf, spansOfDistinct } from './parts/pattern-spans.ts'
import { isChromosome, isCount, rowsWhere } from './parts/rows.ts'

const RS_GENOTYPE = /\b[Rr][Ss]\d{4,12}\b[^A-Za-z0-9]{1,4}(?:[ACGT][;|/]?[ACGT]?|--|DD|II|DI)(?![A-Za-z0-9])/g
const RS_LOOK = /^AA0{4,12}$/
const HEADER = /\brs_?id[\s,;]{1,4}chr(?:omosome|om)?[\s,;]{1,4}pos(?:ition)?\b|\bRSID"?,"?CHROMOSOME\b/gi

/**
 * An rsID with its genotype, or the header of a consumer genotype file. Measured: 0 hits in 1,561 real payloads. Four
 * digits and two dashes are asked for: with three, and a single dash, the serial ports `rs232-04` are hit.
 */
export const rsidGenotype = {
  kind: 'text',
  id: 'rsid-genotype',
  title: 'rsID with a genotype',
  category: 'sequence',
  source:
    'https://www.ncbi.nlm.nih.gov/snp/docs/RefSNP_about/; Lin et al. 2004, Science 305:183 (30 to 80 SNPs name a person)',
  needs: [{ looks: [RS_LOOK, /^AA?$/] }, { looks: [RS_LOOK], dashes: 2 }, { letterWord: 3, letters: 10, words: 3 }],
  find: ({ text }) => [...spansOf(text, RS_GENOTYPE), ...spansOf(text, HEADER)],
  examples: {
    match: [
      'rs4477212 AA',
      'rs113488022: A/T',
      '{"rs3094315":"AG"}',
      'rs4988235 = --',
      '# rsid\tchromosome\tposition\tgenotype',
    ],
    noMatch: ['rs232-04', 'rs485 A', 'rs4477212', 'users 12345 AA', 'rs12345 -'],
  },
} as const satisfies TextDetector

/** Five different rsIDs: a panel or a person's list, even without genotypes. Own identifier, so that a policy can except it. */
export const rsidList = {
  kind: 'text',
  id: 'rsid-list',
  title: 'List of rsIDs',
  category: 'sequence',
  source: 'https://www.ncbi.nlm.nih.gov/snp/docs/RefSNP_about/',
  needs: [{ digits: 20, nonHex: 10, words: 5 }],
  find: ({ text }) => spansOfDistinct(text, /\brs\d{4,12}\b/gi, 5),
  examples: {
    match: ['rs4477212 rs3094315 rs3131972 rs12124819 rs11240777'],
    noMatch: ['rs4477212 rs4477212 rs4477212 rs4477212 rs4477212', 'rs232 rs485 rs422 rs423 rs530 rs4477212'],
  },
} as const satisfies TextDetector

const GENOTYPE = /^(?:[ACGTDI0-]{1,2}|[ACGT][/|][ACGT])$/
const ALLELE = /^[ACGT0DI]$/
const MARKER = /^(?:rs|i|kgp|VG|AX-)\d{3,12}$/i

/** 23andMe, MyHeritage, FTDNA (`id chrom pos genotype`) and AncestryDNA (`id chrom pos allele allele`). */
const isConsumerRow = ([marker, chromosome, position, first, second]: readonly string[]): boolean =>
  marker !== undefined &&
  MARKER.test(marker) &&
  isChromosome(chromosome) &&
  isCount(position) &&
  (GENOTYPE.test(first ?? '') || (ALLELE.test(first ?? '') && ALLELE.test(second ?? '')))

/** PLINK .bim: chromosome, marker, centimorgan, position, two alleles. */
const isMarkerRow = ([chromosome, marker, distance, position, first, second]: readonly string[]): boolean =>
  isChromosome(chromosome) &&
  MARKER.test(marker ?? '') &&
  /^\d{1,3}(?:\.\d{1,9})?$/.test(distance ?? '') &&
  isCount(position) &&
  /^[ACGT0]+$/.test(first ?? '') &&
  /^[ACGT0]+$/.test(second ?? '')

/** PLINK .ped: family, person, two parents, sex 0-2, phenotype, then pairs of alleles. */
const isPedigreeRow = (fields: readonly string[]): boolean => {
  if (fields.length < 10 || !/^[0-2]$/.test(fields[4]!) || !/^(?:-?\d{1,3}(?:\.\d{1,6})?)$/.test(fields[5]!))
    return false
  const alleles = fields.slice(6)
  return (
    alleles.every(field => ALLELE.test(field)) &&
    new Set(alleles).size >= 2 &&
    alleles.some(field => /[GT]/.test(field))
  )
}

/** Rows of raw genotypes. One row is enough: marker, chromosome, position and genotype do not come together by chance. */
export const rawGenotypes = {
  kind: 'text',
  id: 'raw-genotypes',
  title: 'Raw genotype table',
  category: 'sequence',
  mandatory: true,
  source: 'https://www.cog-genomics.org/plink/1.9/formats (ped, bim); export files of 23andMe and AncestryDNA',
  needs: [
    { blanks: 3, digits: 4, bases: 1, length: 14 },
    { has: ',', digits: 4, bases: 1, length: 14 },
  ],
  find: ({ text }) =>
    rowsWhere(text, 1, fields => isConsumerRow(fields) || isMarkerRow(fields) || isPedigreeRow(fields)),
  examples: {
    match: [
      'rs4477212\t1\t82154\tAA',
      '"rs3094315","1","752566","AG"',
      'rs4477212\t1\t82154\tT\tT',
      '1 rs3131972 0 752721 A G',
      'FAM1 1001 0 0 2 1 A A G G C T',
    ],
    noMatch: ['rs232\tX\t15\t7', 'lane 1 tile 1101 A C G T', 'RUN 5 0 0 1 0 A A A A', 'i12 left 3 AB'],
  },
} as const satisfies TextDetector
