import type { TextDetector } from '../detector.ts'
import { spansOf } from './parts/pattern-spans.ts'

const ILLUMINA = '[\\w-]{3,40}:\\d{1,6}:[A-Z0-9-]{5,20}:[1-8]:\\d{4,5}:\\d{1,7}:\\d{1,7}'
const ILLUMINA_OLD = '[\\w-]{1,40}:[1-8]:\\d{1,4}:\\d{1,6}:-?\\d{1,6}#[0-9A-Z+]{1,30}/[12]'
const MGI = '[A-Z]{1,3}\\d{6,12}L\\dC\\d{3}R\\d{3,10}'
const PACBIO = 'm\\d{5}e?U?_\\d{6}_\\d{6}(?:_s\\d)?/\\d{1,12}/(?:ccs|fwd|rev|\\d{1,8}_\\d{1,8})'
const NANOPORE =
  'runid=[0-9a-f]{8,40}\\s{1,3}(?:\\S{1,60}\\s{1,3}){0,6}read=\\d{1,9}|\\bread=\\d{1,9}\\s{1,3}ch=\\d{1,5}\\b'
const NAME = new RegExp(`(?<![\\w-])(?:${ILLUMINA}|${ILLUMINA_OLD}|${MGI}|${PACBIO})(?![\\w])|${NANOPORE}`, 'g')

/**
 * Names of single reads: Illumina 1.8 and 1.4, MGI, PacBio, Nanopore. A name tells the flow cell coordinate of a read.
 * Run identifiers use underscores and PacBio movie names have no `/hole`: neither is hit (0 in 1,561 real payloads).
 */
export const readName = {
  kind: 'text',
  id: 'read-name',
  title: 'Name of a sequencing read',
  category: 'sequence',
  source:
    'https://help.basespace.illumina.com/files-used-by-basespace/fastq-files; https://pacbiofileformats.readthedocs.io/ (BAM, read names)',
  needs: [
    { colons: 6, digits: 8, length: 22 },
    { has: '#/', colons: 4, digits: 5 },
    { has: '/_', digits: 18 },
    { has: '=', blanks: 1, letters: 6, digits: 2 },
    { digits: 13, upper: 4, longestWord: 17 },
  ],
  find: ({ text }) => spansOf(text, NAME),
  examples: {
    match: [
      'A00187:1009:HK33MDRX3:1:1101:2204:1000',
      'HWUSI-EAS100R:6:73:941:1973#ATCACG/1',
      'V350012345L1C001R0010000042',
      'm84202_240913_162115_s3/12345/ccs',
      '9f1 runid=da39a3ee5e6b sampleid=x read=17 ch=42',
    ],
    noMatch: [
      '230912_A00187_1009_AHK33MDRX3',
      'm84202_240913_162115_s3',
      'novaseq_flu@NovaSeq_1.26.10',
      '2023-11-08T16:06:55:123',
      'sequencing_MIN106_DNA:FLO-MIN106:SQK-PBK004',
    ],
  },
} as const satisfies TextDetector
