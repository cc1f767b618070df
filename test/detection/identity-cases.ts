import type { JsonValue } from '../../rules/canonical.ts'
import { seeded, type Random } from '../kit/random.ts'
import { disguisesFor } from './disguises.ts'
import {
  clinicalOfHalfA,
  clinicalOfHalfB,
  contextsOfHalfA,
  contextsOfHalfB,
  idLabelsOfHalfA,
  idLabelsOfHalfB,
  inProse,
  logLine,
} from './identity/contexts.ts'
import type { Language, People, Person } from './identity/person.ts'
import { madeUp, writtenAccount, writtenDate, writtenLink, writtenName, writtenSecret } from './identity/values.ts'
import type { Case, Half } from './measure.ts'

const contexts = { a: contextsOfHalfA, b: contextsOfHalfB } as const
const idLabels = { a: idLabelsOfHalfA, b: idLabelsOfHalfB } as const
const clinical = { a: clinicalOfHalfA, b: clinicalOfHalfB } as const
const seeds = { a: 4_711, b: 90_125 } as const

/** Names under which nobody expects a person. */
const otherKeys = {
  a: ['lotNumber', 'note', 'value', 'serialNumber'],
  b: ['partNumber', 'comment', 'x', 'recipeName'],
} as const

/** Something that must not leave, and the words that may stand around it. */
type Leak = {
  readonly family: string
  readonly language: Language
  readonly value: string
  readonly sentences: readonly string[]
  readonly keys: readonly string[]
  /** Clear without any word around it. */
  readonly isSure: boolean
}

const textDisguises = disguisesFor('text').filter(({ name }) => name !== 'plain')

/** Every way in which one leak may stand in a payload: whatever has no telling word is left out unless the value is sure alone. */
const carried = function* (half: Half, random: Random, leak: Leak): Iterable<Case> {
  const { family, language, value, isSure } = leak
  const one = (disguise: string, payload: JsonValue): Case => ({ family, disguise, language, payload })
  if (leak.keys.length > 0) {
    const key = random.pick(leak.keys)
    yield one('telling key', random.chance(0.5) ? { [key]: value } : { run: 7, subject: [{ [key]: value }] })
    if (/^[1-9]\d{1,14}$/.test(value)) yield one('number under a telling key', { [key]: Number(value) })
  }
  const sentence = random.pick(leak.sentences).replace('%', () => value)
  yield one('sentence', { message: sentence })
  yield one('log line', { log: logLine(half, sentence) })
  yield one('prose', { comment: inProse(half, sentence) })
  yield one('property name', { counts: { [isSure ? value : sentence]: 1 } })
  if (isSure) yield one('other key', { [random.pick(otherKeys[half])]: value })
  const { name, wear } = random.pick(textDisguises)
  yield one(`disguise ${name}`, { message: wear(sentence) })
}

const sentencesOf = (half: Half, kind: keyof typeof contextsOfHalfA, language: Language): readonly string[] =>
  contexts[half][kind].sentences[language] ?? contexts[half][kind].sentences.en

const leakOf =
  (half: Half, person: Person) =>
  (family: keyof typeof contextsOfHalfA, value: string, isSure: boolean): Leak => ({
    family,
    language: person.language,
    value,
    isSure,
    sentences: sentencesOf(half, family, person.language),
    keys: contexts[half][family].keys,
  })

/** A telephone number that nobody takes for anything else: with a plus sign, or in at least three groups. */
const isSurePhone = (text: string): boolean => /^\(?\+\d/.test(text) || (text.match(/\d+/g) ?? []).length >= 3

const leaksOf = function* (half: Half, random: Random, person: Person): Iterable<Leak> {
  const { language } = person
  const leak = leakOf(half, person)
  yield leak('name', writtenName(random, half, person), true)
  yield leak('phone', person.phone, isSurePhone(person.phone))
  yield leak('address', person.address, true)
  yield leak('birth-date', writtenDate(random, half, language, person.birth), false)
  yield leak('email', person.email, true)
  yield leak('iban', person.iban, true)
  yield leak(
    'card',
    random.chance(0.5) ? person.card : person.card.replaceAll(/\D/g, '').replaceAll(/(\d{4})(?=\d)/g, '$1 '),
    false,
  )
  for (const { kind, text, isSure } of person.ids) {
    const { labels, keys } = idLabels[half][kind]
    const sentences = labels.map(label => `${label} %, checked`)
    yield { family: 'national-id', language, value: text, isSure, sentences, keys }
  }
  yield {
    family: 'account',
    language,
    value: writtenAccount(random, half, person),
    isSure: true,
    sentences: ['copied %', 'cannot open "%"'],
    keys: [],
  }
  yield leak('mrn', madeUp.mrn(random, half), false)
}

/** Kinds that need no person, fewer of each. */
const otherLeaksOf = function* (half: Half, random: Random, person: Person): Iterable<Leak> {
  const { language } = person
  const leak = leakOf(half, person)
  for (const kind of [
    'insurance',
    'account-number',
    'licence',
    'passport',
    'plate',
    'vin',
    'device',
    'age-over-89',
    'icd-10',
    'snomed',
    'loinc',
  ] as const)
    yield leak(kind, madeUp[kind](random, half), false)
  yield leak(
    'person-date',
    writtenDate(random, half, language, { ...person.birth, year: 2015 + random.below(10) }),
    false,
  )
  yield {
    family: 'secret',
    language,
    value: writtenSecret(random, half),
    isSure: true,
    sentences: ['%', 'used %'],
    keys: [],
  }
  yield {
    family: 'link',
    language,
    value: writtenLink(random, half, person),
    isSure: true,
    sentences: ['see %'],
    keys: [],
  }
  yield {
    family: 'clinical phrase',
    language,
    value: random.pick(clinical[half]),
    isSure: true,
    sentences: ['%'],
    keys: [],
  }
}

/** Leaks that anybody would see: a person's data with a word that tells what it is, or in a form that tells by itself. */
export const identityCases = function* (half: Half, { persons, rare }: People): Iterable<Case> {
  const random = seeded(seeds[half])
  for (const [index, person] of persons.entries()) {
    for (const leak of leaksOf(half, random, person)) yield* carried(half, random, leak)
    if (index % 4 === 0) for (const leak of otherLeaksOf(half, random, person)) yield* carried(half, random, leak)
  }
  for (const name of rare) {
    const { keys } = contexts[half].name
    const language = random.pick(['en', 'fr', 'de', 'es'] as const)
    const sentences = ['Patient: %', 'Patient name: %', 'Dr. %', 'patient = %']
    yield* carried(half, random, {
      family: 'rare name',
      language,
      value: `${name.given} ${name.family}`,
      isSure: false,
      sentences,
      keys,
    })
  }
  yield* biometrics(half)
}

const biometricRecords = {
  a: [
    { fingerprint: 'Rk1SACAyMAAAAAEIAAABPAFiAMUAxQEAAAAoKoBlAHG' },
    { faceTemplate: [0.12, 0.4, -0.11] },
    { patientPhoto: 'IMG_0042.jpg' },
    { iris_scan: '9f8e7d6c5b4a' },
  ],
  b: [
    { retinaScan: 'a81f00d39c' },
    { voicePrint: [0.7, 0.1] },
    { face_photo: 'DSC01234.JPG' },
    { fingerprintTemplate: 'Rk1SACAyMAAAAADkAAABPAFi' },
    { portrait: 'data:image/jpeg;base64,/9j/4AAQSkZJRgABAQEAYABgAAD/2wBDAAgGBgcG' },
    { biometrics: { palm: '0011223344' } },
  ],
} as const satisfies Record<Half, readonly JsonValue[]>

const biometrics = function* (half: Half): Iterable<Case> {
  for (const payload of biometricRecords[half])
    yield { family: 'biometric or photo', disguise: 'telling key', language: 'en', payload }
}

/** What nobody could decide: a name that no list holds, with no word that says it is one. Told apart, and not part of any bar. */
export const undecidableCases = function* (half: Half, { rare }: People): Iterable<Case> {
  const random = seeded(seeds[half] + 1)
  for (const { given, family } of rare)
    for (const value of [`${given} ${family}`, family])
      yield {
        family: value === family ? 'rare family name alone' : 'rare full name alone',
        disguise: 'other key',
        payload: { [random.pick(otherKeys[half])]: value },
      }
}
