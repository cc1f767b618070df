import { keywords } from './parts/context.ts'
import { luhn } from './parts/luhn.ts'
import { numberedId, whole } from './parts/numbered-id.ts'

export const caOhip = numberedId({
  id: 'ca-ohip',
  title: 'Health card number (Ontario)',
  source: 'https://www.ontario.ca/page/health-card-version-code; check digit: ISO/IEC 7812-1 (Luhn)',
  category: 'health',
  candidate: whole('[1-9]\\d{3}([- ]?)\\d{3}\\1\\d{3}(?:[- ]?[A-Z]{2})?', 'i'),
  form: { digits: 10, digitLed: 1 },
  sure: [
    { digits: 10, digitGroups: 7, digitLed: 3, has: '-' },
    { digitGroups: 10, has: ' ' },
  ],
  valid: compact => luhn(compact.slice(0, 10)),
  alone: written => /^\d{4}-\d{3}-\d{3}/.test(written) || /^\d{4} \d{3} \d{3}[ -][A-Z]{2}$/.test(written),
  keyword: keywords(
    'ohip',
    'health ?(?:card|insurance)(?: ?(?:no|num|number))?',
    'hcn',
    'hin',
    'carte sante',
    'version code',
  ),
  examples: {
    match: ['9876-543-217', '9876-543-217-AB', 'OHIP 9876543217', { text: '9876543217', keys: ['healthCardNumber'] }],
    noMatch: ['9876-543-218', '9876543217', '9876 543 217'],
  },
})
