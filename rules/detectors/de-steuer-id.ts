import { validate } from 'stdnum/lib/cjs/de/idnr.js'
import { keywords } from './parts/context.ts'
import { numberedId, whole } from './parts/numbered-id.ts'

export const deSteuerId = numberedId({
  id: 'de-steuer-id',
  title: 'Steuerliche Identifikationsnummer (Germany)',
  source: '§ 139b AO; check digit: ISO/IEC 7064 MOD 11,10',
  candidate: whole('[1-9]\\d[ ]?\\d{3}[ ]?\\d{3}[ ]?\\d{3}'),
  form: { digitChain: 11 },
  sure: [{ digitGroups: 11, has: ' ' }],
  valid: compact => validate(compact).isValid,
  alone: written => /^\d\d \d{3} \d{3} \d{3}$/.test(written),
  keyword: keywords(
    'steuer ?(?:id|idnr|identifikation\\p{L}*|nummer|nr)',
    'steuer(?:liche)? ?identifikation\\p{L}*',
    'st ?id ?nr',
    'idnr',
    'id ?nr',
    'tin',
    'tax ?(?:id|number|no)',
  ),
  examples: {
    match: ['65 929 970 489', 'Steuer-ID 65929970489', { text: '65929970489', keys: ['steuerId'] }],
    noMatch: ['65 929 970 480', '65929970489', '12 345 678 901'],
  },
})
