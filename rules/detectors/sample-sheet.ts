import type { TextDetector } from '../detector.ts'
import { isBaseToken } from './parts/nucleotides.ts'
import { spansOf } from './parts/pattern-spans.ts'

const COLUMN = /\bsample[_ ]?(?:id|name)\b/i
const INDEX_COLUMN = /\bindex2?\b|\bi[57](?:_index_id)?\b|\[BCLConvert_Data\]|\bbarcode\b/i
const SECTION = /\[(?:BCLConvert_Data|BCLConvert_Settings|Cloud_Data|Manifests)\]|\bIEMFileVersion\b|\bI7_Index_ID\b/g
const INDEX = /(?<![A-Za-z0-9])[ACGTN]{6,12}(?![A-Za-z0-9])/g
const MOST_WORTH_READING = 8

/** Demultiplexing sheets: a sample column, an index column and an index; a section of one; or eight different indexes. */
export const sampleSheet = {
  kind: 'text',
  id: 'sample-sheet',
  title: 'Sample sheet or index list',
  category: 'sequence',
  mandatory: true,
  source: 'https://support-docs.illumina.com/SHARE/SampleSheetv2/ (sections and columns)',
  needs: [{ has: '[' }, { baseWord: 6 }, { letterRun: 14 }, { has: '_', letterRun: 5, upper: 4 }],
  find({ text }) {
    const sections = spansOf(text, SECTION)
    if (sections.length > 0) return sections
    const indexes = spansOf(text, INDEX).filter(({ start, end }) => isBaseToken(text.slice(start, end)))
    if (indexes.length === 0) return []
    if (COLUMN.test(text) && INDEX_COLUMN.test(text)) return indexes
    const distinct = new Set<string>()
    for (const { start, end } of indexes)
      if (distinct.add(text.slice(start, end)).size >= MOST_WORTH_READING) return indexes
    return []
  },
  examples: {
    match: [
      'Sample_ID,index,index2\nS1,ATTACTCG,TATAGCCT',
      '[BCLConvert_Data]\nLane,Sample_ID',
      'ATTACTCG;x;TCCGGAGA;x;CGCTCATT;x;GAGATTCC;x;ATTCAGAA;x;GAATTCGT;x;CTGAAGCT;x;TAATGCGC',
    ],
    noMatch: ['ATTACTCG', 'Sample_ID,index', 'sample rate 4000', 'Index1 10'],
  },
} as const satisfies TextDetector
