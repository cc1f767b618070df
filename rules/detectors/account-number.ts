import type { TextDetector } from '../detector.ts'
import { labelledNumber } from './parts/labelled-number.ts'

const { needs, find } = labelledNumber([
  '(?:bank|billing|customer|patient|checking|savings|payment|deposit)[ _]?(?:account|acct)(?:[ _]?(?:id|no|num|number))?',
  '(?:account|acct)[ _.]{0,2}(?:no|num|number|#)',
  'acct',
  'routing[ _]?(?:no|num|number)',
  'sort[ _]?code',
  'num[eé]ro (?:de )?compte(?: bancaire)?',
  '(?:n°|no) ?(?:de )?compte(?: bancaire)?',
  'compte bancaire',
  'konto(?:nummer|[ -]?nr)',
  'bankkonto',
  'n[uú]mero de cuenta(?: bancaria)?',
  'cuenta (?:bancaria|corriente)',
  'conto corrente',
  'numero (?:di |del )?conto',
  'kontonummer',
  'tilinumero',
])

export const accountNumber = {
  kind: 'text',
  id: 'account-number',
  title: 'Account number of a person',
  category: 'identity',
  source: '45 CFR 164.514(b)(2)(i)(J): account numbers',
  needs,
  find,
  examples: {
    match: [
      'account number: 4411882200',
      'bank account 0044-1188220',
      'numéro de compte : 4411882200',
      'Kontonummer: 4411882',
      { text: '4411882200', keys: ['patientAccountNumber'] },
    ],
    noMatch: [
      '4411882200',
      'service account 12',
      { text: '20015846', keys: ['partNumber'] },
      { text: '31', keys: ['accountCount'] },
    ],
  },
} as const satisfies TextDetector
