import { anyKey, inContext } from './parts/context.ts'
import type { Span, TextDetector } from '../detector.ts'
import { isBaseToken } from './parts/nucleotides.ts'

/** Words that make eight letters a piece of sequence. `index` and `barcode` are left out: a kit's indexes are public. */
const KEYWORD =
  /\b(?:sequences?|seqs?|reads?\d?|bases|primers?|probe|oligos?|umis?|k ?-?mers?|alleles?|inserts?|amplicons?|haplotypes?|motifs?|contigs?|nucleotides?|dna|rna|cdna|codons?|spacers?|grna|sgrna|genotypes?|consensus)\b/

const TOKEN = /(?<![A-Za-z0-9])[ACGTUNacgtun]{8,11}(?![A-Za-z0-9])/g

/**
 * A whole word of 8 to 11 nucleotides next to a word that says so (within 30 characters, or in a name that leads to it).
 *
 * No English word of eight letters or more is written in A C G T U N alone; a random A-Z 0-9 token of eight has
 * (6/36)^8 = 6e-7 before a keyword is asked for; hexadecimal 0, because G or T is asked for.
 */
export const shortSequence = {
  kind: 'text',
  id: 'short-sequence',
  title: 'Short nucleotide sequence in context',
  category: 'sequence',
  source: 'run statistics as for nucleotide-run; the keywords are those of the SAM, VCF and MIxS field lists',
  needs: [
    { baseWord: 8, letters: 11 },
    { baseWord: 8, under: anyKey(KEYWORD) },
  ],
  find(subject) {
    const spans: Span[] = []
    for (const { 0: token, index } of subject.text.matchAll(TOKEN)) {
      const span = { start: index, end: index + token.length }
      if (isBaseToken(token) && inContext(subject, span, KEYWORD)) spans.push(span)
    }
    return spans
  },
  examples: {
    match: ['first bases GATTACAG of tile', { text: 'GATTACAGT', keys: ['umiSequence'] }, 'primer=ggatccta'],
    noMatch: [
      'GATTACAG',
      { text: 'ATTACTCG', keys: ['index'] },
      { text: 'Read1', keys: ['reads', 'name'] },
      'sequence deadbeef',
      'read accacaca',
    ],
  },
} as const satisfies TextDetector
