import { anyKey, inKeys, keywords, mayHold } from './parts/context.ts'
import { datesIn, isNearDate } from './parts/dated.ts'
import type { TextDetector } from '../detector.ts'

/** Birth, in folded words. Some are too common in other senses in running text and count in property names only. */
const words = [
  'd ?\\.?o ?\\.?b',
  '(?:date|day|place|year) ?of ?birth',
  'birth ?(?:date|day|year|dt|time)?s?',
  'born(?: on| in)?',
  'date ?(?:de )?(?:la )?naiss\\p{L}*',
  'naissance',
  'date ?naiss',
  'ddn',
  'nee?(?:\\(e\\))?(?: le| en|\\W{1,3})',
  'ne e',
  'geb(?:oren|urt\\p{L}*|\\.?dat\\p{L}*|\\. ?am)?',
  'geb ?dat\\p{L}*',
  'fecha ?(?:de )?(?:nacimiento|nac)',
  'f\\. ?nac\\.?',
  'nacimiento',
  'nacid[oa]s?',
  'fdn',
  'nat[oa] (?:il|a|nel|in data)',
  'nascita',
  'data ?(?:di )?(?:nascita|nasc)',
  'ddn',
  'nascimento',
  'fodsels?\\p{L}*',
  'fodelse\\p{L}*',
  'foedsels?\\p{L}*',
  'fodt',
  'fodd(?: den)?',
  'synty[mn]\\p{L}*',
  'synt\\.',
] as const
const inText = keywords(...words)
const inName = keywords(...words, 'nat[oa]', 'nee?', 'patient ?birth ?date')

/** Under a birth-date name, whatever is long enough to be a year or a date is one: 1980, 3211488000, 800304. */
const bare = /^\s*-?\d{4,14}(?:\.\d{1,3})?\s*$/

export const dateOfBirth = {
  kind: 'text',
  id: 'date-of-birth',
  title: 'Date of birth',
  category: 'identity',
  source: '45 CFR 164.514(b)(2)(i)(C): all elements of dates, except year, directly related to an individual',
  needs: [
    { digits: 4, digitLed: 3, letters: 3, letterWord: 1 },
    { letters: 3, letterWord: 1, looks: [/^(?:0{6}|0{8})$/] },
    { digits: 3, digitLed: 1, letters: 6, letterRun: 3, letterWord: 1 },
    { digits: 3, under: anyKey(inName) },
  ],
  *find(subject) {
    const named = inKeys(subject, inName)
    if (named && bare.test(subject.text)) {
      yield { start: 0, end: subject.text.length }
      return
    }
    if (!named && !mayHold(subject.text, inText)) return
    for (const span of datesIn(subject)) if (named || isNearDate(subject, span, inText)) yield span
  },
  examples: {
    match: [
      'DOB 03/04/1980',
      'born on 4 March 1980',
      'née le 4 mars 1980',
      'geb. am 04.03.1980',
      'fecha de nacimiento: 04-03-1980',
      'nato il 4 marzo 1980',
      'född 1980-03-04',
      'born 1980-03-04T00:00:00Z',
      { text: '1980-03-04', keys: ['patient', 'dob'] },
      { text: '19800304', keys: ['birthDate'] },
    ],
    noMatch: [
      '1980-03-04',
      '06/05/2024 00:00:00',
      { text: '2024-06-05', keys: ['consumables', 'expires'] },
      { text: '20231108', keys: ['runDate'] },
      { text: '2023-11-08T16:06', keys: ['runStart'] },
    ],
  },
} as const satisfies TextDetector
