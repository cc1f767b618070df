import { validate } from 'stdnum/lib/cjs/au/tfn.js'
import { keywords } from './parts/context.ts'
import { numberedId, whole } from './parts/numbered-id.ts'

export const auTfn = numberedId({
  id: 'au-tfn',
  title: 'Tax file number (Australia)',
  source: 'https://www.ato.gov.au/individuals-and-families/tax-file-number (modulus 11)',
  candidate: whole('\\d{3}([- ]?)\\d{3}\\1\\d{3}'),
  form: { digitChain: 9 },
  sure: [],
  valid: compact => validate(compact).isValid,
  alone: () => false,
  keyword: keywords('tfn', 'tax ?file(?: ?(?:no|num|number))?'),
  examples: {
    match: ['TFN 876 543 202', { text: '876543202', keys: ['taxFileNumber'] }],
    noMatch: ['876 543 202', '876543202', 'TFN 876 543 203'],
  },
})
