import { validate } from 'stdnum/lib/cjs/se/personnummer.js'
import { clockLike } from './parts/clock-like.ts'
import { keywords } from './parts/context.ts'
import { luhn } from './parts/luhn.ts'
import { numberedId, whole } from './parts/numbered-id.ts'

/** Coordination numbers (samordningsnummer) add 60 to the day; the check digit stays as written. */
const withPlainDay = (written: string): string =>
  written.replace(
    /^((?:\d\d)?\d{4})([6-9])(?=\d)/,
    (_, front: string, tens: string) => front + String(Number(tens) - 6),
  )

const isDate = (compact: string): boolean => {
  const month = Number(compact.slice(-8, -6))
  const day = Number(withPlainDay(compact).slice(-6, -4))
  return month >= 1 && month <= 12 && day >= 1 && day <= 31
}

export const sePersonnummer = numberedId({
  id: 'se-personnummer',
  title: 'Personnummer or samordningsnummer (Sweden)',
  source: 'https://www.skatteverket.se/privat/folkbokforing/personnummer.4.3810a01c150939e893f18c29.html',
  candidate: whole('(?:19|20)?\\d{6}[-+]?\\d{4}'),
  form: { digitChain: 10 },
  sure: [{ digitGroups: 10 }],
  valid: (compact, written) => validate(written).isValid || (luhn(compact.slice(-10)) && isDate(compact)),
  alone: written => /[-+]/.test(written) && !clockLike(written),
  keyword: keywords(
    'person ?(?:nummer|nr)',
    'pers ?nr',
    'pnr',
    'samordnings ?nummer',
    'fodelse ?nummer',
    'swedish (?:personal|id)',
    'personal ?(?:identity|id)(?: ?(?:no|num|number))?',
  ),
  examples: {
    match: [
      '800304-2317',
      '19800304-2317',
      'personnummer 198003042317',
      { text: '8003042317', keys: ['personnummer'] },
    ],
    noMatch: ['800304-2318', '8003042317', '20231108-1606'],
  },
})
