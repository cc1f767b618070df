import { keywords } from './parts/context.ts'
import { numberedId, whole } from './parts/numbered-id.ts'

const weights = [1, 3, 7, 9, 1, 3, 7, 9]
const hasCheckDigit = (compact: string): boolean =>
  weights.reduce((sum, weight, index) => sum + weight * Number(compact[index]), 0) % 10 === Number(compact[8])

export const auMedicare = numberedId({
  id: 'au-medicare',
  title: 'Medicare card number (Australia)',
  source: 'https://meteor.aihw.gov.au/content/270101 (weights 1 3 7 9, modulus 10)',
  category: 'health',
  candidate: whole('[2-6]\\d{3}([ -]?)\\d{5}\\1\\d(?:[ /-]?\\d)?'),
  form: { digitChain: 10 },
  sure: [{ digitGroups: 10 }],
  valid: hasCheckDigit,
  alone: written => /^\d{4}[ -]\d{5}/.test(written),
  keyword: keywords('medicare(?: ?(?:card|no|num|number|id))*', 'irn'),
  examples: {
    match: ['3456 78917 1', 'Medicare 3456789171', { text: '3456789171', keys: ['medicareNumber'] }],
    noMatch: ['3456 78918 1', '3456789171', '7456 78917 1'],
  },
})
