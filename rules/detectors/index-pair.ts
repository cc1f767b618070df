import type { JsonValue } from '../canonical.ts'
import type { Container } from '../container.ts'
import type { Span, ValueDetector } from '../detector.ts'
import { inLastKey, keywords } from './parts/context.ts'
import { isBaseToken } from './parts/nucleotides.ts'

/** Names under which short sequences stand that say which sample a read belongs to, or what was put at its ends. */
const TELLING =
  /^(?:(?:sample|read|inline|custom|library|lib|demux|expected|observed|found|unknown|top)?[_ -]?(?:i[57]|index(?:es|ing)?[_ -]?(?:read)?|indices|bar[_ -]?codes?|tags?|umis?|adapt[eo]rs?|mids?)[_ -]?(?:[12357ab]|read[_ -]?[12]|i[57])?[_ -]?(?:seq(?:uences?)?|bases|nt|oligo|read)?[_ -]?[12]?)$/i
const WORDS = keywords(
  'i[57]',
  'index ?[12]?',
  'indexes',
  'indices',
  'bar ?codes?',
  'tags?',
  'umis?',
  'adapt[eo]rs?',
  'mids?',
)

const SHORTEST = 6
/** Both together; a single index of a kit is public, and says nothing of who sent it. */
const LEAST = 12

const isShort = (value: JsonValue | undefined): value is string =>
  typeof value === 'string' && value.length >= SHORTEST && /^[ACGTUN]+$/i.test(value)

const find = function* ({ names, members, keys }: Container): Iterable<Span> {
  const isTelling = (at: number): boolean => (names === null ? true : TELLING.test(names[at]!))
  if (names === null && !inLastKey({ keys }, WORDS)) return
  const places = [...members.keys()].filter(at => isTelling(at) && isShort(members[at]))
  const different = [...new Set(places.map(at => members[at] as string))]
  const together = different.join('')
  if (different.length >= 2 && together.length >= LEAST && isBaseToken(together))
    yield* places.map(at => ({ start: at, end: at + 1 }))
}

/**
 * Two different short sequences or more side by side under names of indexes, barcodes, adapters or UMIs: one index of a kit is public and
 * passes, a pair tells samples of a run apart (sequence-facts.md, section 1). A kit's own indexes that a site has to send are excepted by
 * the lab at their place.
 *
 * False positives: a value of six random letters A to Z and digits is all of A C G T U N with (6/36)^6 = 2e-5, a pair with 5e-10; no word is
 * in question in pairs under such names (`tagged`, `cut`: too short, or other letters).
 */
export const indexPair = {
  kind: 'value',
  id: 'index-pair',
  title: 'Indexes, barcodes or adapters of a sample',
  category: 'sequence',
  source:
    'https://support-docs.illumina.com/SHARE/SampleSheetv2/ (Index, Index2, AdapterRead1); run statistics as for short-sequence',
  needs: [
    { members: 2, named: [TELLING] },
    { members: 2, isArray: true, holds: ['bases'] },
  ],
  find,
  examples: {
    match: [
      { value: { index1: 'ATTACTCG', index2: 'TATAGCCT' } },
      { value: { Index: 'ATTACTCG', Index2: 'TATAGCCT', Lane: 1 } },
      { value: { i7: 'ATTACTCG', i5: 'TATAGCCT' } },
      { value: ['ATTACTCG', 'TATAGCCT'], keys: ['barcodes'] },
      { value: { adapter_read1: 'AGATCGGAAG', adapter_read2: 'GATCGTCGGA' } },
    ],
    noMatch: [
      { value: { index1: 'ATTACTCG', index2: 'ATTACTCG' } },
      { value: { index: 'ATTACTCG', lane: 1 } },
      { value: { index1: 'AAAAAA', index2: 'CCCCCC' } },
      { value: ['ATTACTCG', 'TATAGCCT'], keys: ['names'] },
      { value: { index1: 'UDP0001', index2: 'UDP0002' } },
      { value: { index1: 10, index2: 10 } },
    ],
  },
} as const satisfies ValueDetector
