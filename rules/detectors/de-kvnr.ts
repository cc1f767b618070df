import { keywords } from './parts/context.ts'
import { numberedId, whole } from './parts/numbered-id.ts'

const digitSum = (value: number): number => (value > 9 ? value - 9 : value)

/** The letter counts as its two-digit place in the alphabet; weights 1 and 2 in turn, digit sums, modulus 10. */
const hasCheckDigit = (compact: string): boolean => {
  const place = String(compact.charCodeAt(0) - 64).padStart(2, '0')
  const sum = (place + compact.slice(1, 9))
    .split('')
    .reduce((sum, digit, index) => sum + digitSum(Number(digit) * (index % 2 === 0 ? 1 : 2)), 0)
  return sum % 10 === Number(compact[9])
}

export const deKvnr = numberedId({
  id: 'de-kvnr',
  title: 'Krankenversichertennummer (Germany)',
  source:
    'https://www.gkv-spitzenverband.de/krankenversicherung/kv_grundprinzipien/krankenversichertennummer/kvnr.jsp, § 290 SGB V',
  category: 'health',
  // The card may go on with the number of the fund (nine digits) and a check digit over both.
  candidate: whole('[A-Z][ -]?\\d{3}[ -]?\\d{3}[ -]?\\d{3}(?:[ -]?\\d{9}[ -]?\\d?)?', 'i'),
  form: { digits: 9, letters: 1 },
  sure: [],
  valid: hasCheckDigit,
  alone: () => false,
  keyword: keywords(
    'kvnr',
    'kv ?nummer',
    'kv ?nr',
    '(?:kranken)?versicherten ?(?:nummer|nr|id)',
    '(?:kranken)?versicherungs ?(?:nummer|nr)',
    'versicherte[rn]?',
    'krankenversich\\p{L}*',
    'krankenkasse\\p{L}*',
    'egk',
    'gesundheitskarte',
    'health insurance(?: ?(?:no|num|number|id))?',
    'insurance(?: ?(?:no|num|number|id))?',
  ),
  examples: {
    match: [
      'KVNR T123456780',
      'KVNR T1234567801015751121',
      'Versichertennummer: A 123 456 780',
      { text: 'T123456780', keys: ['kvnr'] },
    ],
    noMatch: ['T123456780', 'KVNR T123456781', { text: 'T123456780', keys: ['serial'] }],
  },
})
