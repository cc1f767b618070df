import type { TextDetector } from '../detector.ts'
import { anyKey, inContext } from './parts/context.ts'
import { spansOf } from './parts/pattern-spans.ts'

const NAME =
  /\b(?:LiteralSequenceExpression|ReferenceLengthExpression|DerivedSequenceExpression|SequenceReference|MolecularSequence|call_genotype|call_GT|variant_allele|variant_contig|sequence_length_template|barcode_(?:front|rear)_foundseq|foundseq|refgetAccession|barcode_full_arrangement)\b|\bga4gh:(?:VA|SL|SQ|CX)\.|\bSQ\.[A-Za-z0-9_-]{32}(?![A-Za-z0-9_-])|["']?htsget["']?\s{0,2}:\s{0,2}[{"]/g
/** A part of each of those names: cheaper than the names. */
const HINT = /Sequence|call_[gG]|variant_[ac]|foundseq|_length_template|refgetA|ga4gh|SQ\.|htsget|full_arr/
/** Molecular reports: variant, allele and gene observations of the FHIR genomics guide. */
const LOINC =
  /(?<![\d-])(?:69548-6|69547-8|69551-0|81254-5|48018-6|48004-6|48005-3|51958-7|53037-8|81252-9|81290-9)(?![\d-])/g
/** Five digits and one, where letters may be glued on. */
const LOINC_LOOKS = [/(?:(?<!0)0{5}|~)$/, /^0(?!0)/]
/** The member that holds all of an htsget answer. */
const TICKET = 'htsget'
const LOINC_CONTEXT = /\b(?:loinc|fhir|component|coding|observation|code)\b/

/** Names and codes by which genomics records are written as JSON: GA4GH VRS, refget, htsget; FHIR genomics; Zarr; found barcodes. */
export const genomicsJson = {
  kind: 'text',
  id: 'genomics-json',
  title: 'Genomics record in JSON',
  category: 'sequence',
  mandatory: true,
  source:
    'https://vrs.ga4gh.org/; https://hl7.org/fhir/uv/genomics-reporting/; https://samtools.github.io/hts-specs/ (htsget, refget); MinKNOW sequencing_summary columns',
  needs: [
    { letterRun: 6, nonHex: 3 },
    { has: '_', letterRun: 4, lower: 4 },
    { has: ':.', letters: 4 },
    { has: '.', letters: 2, length: 35 },
    { letterRun: 4, dashes: 1, looks: LOINC_LOOKS },
    { dashes: 1, looks: LOINC_LOOKS, under: anyKey(LOINC_CONTEXT) },
  ],
  find: subject => [
    ...(subject.role === 'key' && subject.text === TICKET ? [{ start: 0, end: TICKET.length }] : []),
    ...(HINT.test(subject.text) ? spansOf(subject.text, NAME) : []),
    ...spansOf(subject.text, LOINC).filter(span => inContext(subject, span, LOINC_CONTEXT)),
  ],
  examples: {
    match: [
      'LiteralSequenceExpression',
      'barcode_front_foundseq',
      'ga4gh:VA.Oop4kjdTtKcg1kiZjIJAAR3bp7qi4aNT',
      { text: '81254-5', keys: ['coding', 'code'] },
      '{"htsget":{"format":"BAM"}}',
    ],
    noMatch: ['81254-5', 'sequencing_kit', 'SQK-PBK004', 'sequence_number', 'SQ.1'],
  },
} as const satisfies TextDetector
