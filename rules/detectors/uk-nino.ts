import { validate } from 'stdnum/lib/cjs/gb/nino.js'
import { keywords } from './parts/context.ts'
import { numberedId, whole } from './parts/numbered-id.ts'

/** Letters that are never used in the prefix, and prefixes that are never given out. */
const prefix = /^(?![DFIQUV]|.[DFIOQUV])(?!BG|GB|KN|NK|NT|TN|ZZ)[A-Z]{2}/

/** How the word that ends in the suffix looks. */
const look = /^(?:AA0{6}A|(?:0{2}){0,3}A)$/

export const ukNino = numberedId({
  id: 'uk-nino',
  title: 'National Insurance number (UK)',
  source: 'https://www.gov.uk/hmrc-internal-manuals/national-insurance-manual/nim39110',
  candidate: whole('[A-Z]{2}[ -]?\\d{2}[ -]?\\d{2}[ -]?\\d{2}[ -]?[A-D]', 'i'),
  form: { digits: 6, letters: 3, letterRun: 2, looks: [look] },
  sure: [{ digits: 6, upper: 3, letterRun: 2, looks: [look] }],
  valid: compact => prefix.test(compact) && validate(compact).isValid,
  alone: written => !/[a-z]/.test(written),
  keyword: keywords('nino', 'ni ?(?:no|num|number)', 'national ?insurance(?: ?(?:no|num|number))?'),
  examples: {
    match: ['AB 12 34 56 C', 'AB123456C', 'NI number ab123456c', { text: 'ab 12 34 56 c', keys: ['nino'] }],
    noMatch: ['HK33MDRX3', 'BG123456C', 'AB123456E', 'DQ123456C'],
  },
})
