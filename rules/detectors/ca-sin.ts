import { validate } from 'stdnum/lib/cjs/ca/sin.js'
import { keywords } from './parts/context.ts'
import { numberedId, whole } from './parts/numbered-id.ts'

export const caSin = numberedId({
  id: 'ca-sin',
  title: 'Social insurance number (Canada)',
  source:
    'https://www.canada.ca/en/employment-social-development/services/sin.html; check digit: ISO/IEC 7812-1 (Luhn)',
  candidate: whole('\\d{3}([- .]?)\\d{3}\\1\\d{3}'),
  form: { digitChain: 9 },
  sure: [{ digitGroups: 9, has: '-' }],
  valid: compact => compact[0] !== '8' && validate(compact).isValid,
  alone: written => /^[1-79]\d\d-/.test(written),
  keyword: keywords(
    'sin',
    'nas',
    'social ?insurance(?: ?(?:no|num|number))?',
    'assurance ?sociale',
    "num[eé]ro d'assurance sociale",
  ),
  examples: {
    match: ['521-234-567', 'SIN: 521 234 567', 'NAS 521234567', { text: '521234567', keys: ['socialInsuranceNumber'] }],
    noMatch: ['521-234-568', '521 234 567', '521234567', { text: '521234567', keys: ['lotNumber'] }],
  },
})
