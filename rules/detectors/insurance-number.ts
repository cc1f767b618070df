import type { TextDetector } from '../detector.ts'
import { labelledNumber } from './parts/labelled-number.ts'

const { needs, find } = labelledNumber([
  '(?:health[ _]?)?insurance[ _]?(?:policy[ _]?)?(?:id|no|num|number|member id)',
  '(?:insurance )?policy[ _]?(?:no|num|number)',
  'member[ _]?(?:id|no|number)',
  'subscriber[ _]?(?:id|no|number)',
  'beneficiary[ _]?(?:id|no|number)',
  'group[ _]number',
  'health ?(?:plan|fund|scheme)(?: (?:beneficiary|member))?[ _]?(?:id|no|num|number)',
  'plan ?(?:member|beneficiary)[ _]?(?:id|no|num|number)',
  'insured[ _]?(?:id|no|num|number)',
  'medicaid(?:[ _]?(?:id|no|number))?',
  'mbi',
  'num[eé]ro (?:d.)?assur[eé]e?',
  'num[eé]ro (?:de )?(?:police|mutuelle|adh[eé]rent)',
  "num[eé]ro d['’ ]assurance(?: maladie| sant[eé])?",
  'carte vitale',
  'versicherten[ -]?(?:nummer|nr)',
  '(?:kranken)?versicherungs[ -]?(?:nummer|nr)',
  'n[uú]mero de (?:afiliad[oa]|p[oó]liza|afiliaci[oó]n|tarjeta sanitaria)',
  'p[oó]liza',
  'tarjeta sanitaria',
  'numero (?:di )?polizza',
  'tessera sanitaria',
  'forsikrings ?(?:nummer|nr)',
])

export const insuranceNumber = {
  kind: 'text',
  id: 'insurance-number',
  title: 'Health plan or insurance number',
  category: 'health',
  source: '45 CFR 164.514(b)(2)(i)(I): health plan beneficiary numbers',
  needs,
  find,
  examples: {
    match: [
      'insurance no. XJ-4451-889',
      'Member ID: W1234 56789',
      'Versicherungsnummer 65 170839 J 003',
      'numéro de mutuelle 88120044',
      { text: '88120044', keys: ['insuranceNumber'] },
    ],
    noMatch: ['88120044', { text: '20015846', keys: ['partNumber'] }, 'retry policy 3 times', 'group 12'],
  },
} as const satisfies TextDetector
