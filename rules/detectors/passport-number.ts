import type { TextDetector } from '../detector.ts'
import { labelledNumber } from './parts/labelled-number.ts'

const { needs, find } = labelledNumber([
  'passports?',
  'passeports?',
  'reisepass(?:[ -]?(?:nummer|nr))?',
  'pass(?:nummer|nr)',
  'pasaporte',
  'passaporto',
  'passi(?:numero|n numero)',
  '(?:national )?(?:id|identity)[ _]?card',
  "carte (?:nationale )?d['’]identit[eé]",
  'personalausweis(?:[ -]?(?:nummer|nr))?',
  'ausweis(?:nummer|nr)',
  "carta d['’]identit[aà]",
])

export const passportNumber = {
  kind: 'text',
  id: 'passport-number',
  title: 'Passport or identity card number',
  category: 'identity',
  source: '45 CFR 164.514(b)(2)(i)(K); ICAO Doc 9303 part 4 (up to nine letters and digits)',
  needs,
  find,
  examples: {
    match: [
      'passport number 533401372',
      'passeport n° 14AB12345',
      'Reisepassnummer C01X00T47',
      'pasaporte AAB123456',
      { text: '533401372', keys: ['traveller', 'passportNo'] },
    ],
    noMatch: ['533401372', 'bypassport 12', 'the passport was shown', { text: '1200', keys: ['passRate'] }],
  },
} as const satisfies TextDetector
