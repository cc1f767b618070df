import { fold, inKeys, inLastKey, lastKey } from './parts/context.ts'
import type { TextDetector } from '../detector.ts'

const over89 = '(?:9\\d|1[01]\\d|12[0-5])'
const years =
  '(?:[ -]?(?:years?|yrs?|y)[ -]?(?:old|of age)|[ -]?y/?o|[ -]?yo| ?ans| ?jahre alt|-?jahrige[rnsm]?| ?jahre| ?anos| ?anni| ?ar gam\\p{L}*| ?-?vuotias)'
/** Ages in running text, in folded words: `92 years old`, `92-year-old`, `aged 92`, `âgé de 92 ans`, `im Alter von 92`. */
const phrase = new RegExp(
  `(?<![\\p{L}\\p{N}.])(?:(?:patient\\p{L}{0,3} (?:is |was )?)?(?:age|aged|agee?s?(?: de)?|alter(?: von)?|edad(?: de)?|eta(?: di)?|alder)[ :=]{1,3}${over89}(?![\\p{L}\\p{N}.,]?\\d)|${over89}${years}(?![\\p{L}\\p{N}]))`,
  'gu',
)

/** `age`, `patientAge`, `ageYears`, `ageAtDiagnosis`; the age of a lamp, a laser or a kit is none of our business. */
const key =
  /^(?:(?:patient|subject|donor|participant|maternal|mother|father|current|person|paziente|paciente)s? )?(?:age|alter|edad|eta|alder|ika)(?: (?:in )?(?:years?|yrs?|y))?(?: at \p{L}+(?: \p{L}+)?)?$/u
const bare = new RegExp(`^\\s*${over89}(?:\\.\\d+)?\\s*(?:y|yrs?|years?|ans|jahre|anos|anni)?\\s*$`)

/** How an age looks, alone or with `yo`, `y`, `years` behind it. */
const AGE_LOOK = /^0{2,3}(?:A?$|AA)/

/** The things whose age instruments report. */
const thing = /\b(?:instrument|laser|lamp|kit|reagent|flow ?cell|filter|pump|log|cache|cert|session|file)s?\b/

export const ageOver89 = {
  kind: 'text',
  id: 'age-over-89',
  title: 'Age over 89',
  category: 'identity',
  source: '45 CFR 164.514(b)(2)(i)(C): all ages over 89',
  needs: [
    { letterRun: 2, looks: [AGE_LOOK] },
    { letters: 2, has: '/', looks: [AGE_LOOK] },
    { looks: [/^0{2,3}(?!0)/], under: lastKey(key) },
  ],
  *find(subject) {
    const { text } = subject
    if (inLastKey(subject, key) && !inKeys(subject, thing) && bare.test(text)) {
      yield { start: 0, end: text.length }
      return
    }
    if (!/\p{L}/u.test(text)) return
    for (const { 0: written, index } of fold(text).matchAll(phrase))
      yield { start: Math.min(index, text.length - 1), end: Math.min(index + written.length, text.length) }
  },
  examples: {
    match: [
      'a 92-year-old',
      'aged 97',
      'âgée de 101 ans',
      'im Alter von 93',
      '94 años',
      { text: '91', keys: ['patient', 'age'] },
    ],
    noMatch: [
      '89 years old',
      'aged 45',
      { text: '95', keys: ['instrument', 'age'] },
      { text: '95', keys: ['percentPf'] },
      'cycle 92',
    ],
  },
} as const satisfies TextDetector
