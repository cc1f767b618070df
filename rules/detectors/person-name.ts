import { fold, wordsOf } from './parts/context.ts'
import type { Span, Subject, TextDetector } from '../detector.ts'
import {
  isCommon,
  isFamily,
  isGiven,
  isInstrument,
  isPair,
  isStrong,
  isSurePair,
  mayBeName,
} from './parts/names/name-evidence.ts'
import { nameKeyOf } from './parts/names/name-keys.ts'

const particle =
  '(?:van|von|vom|zu|zum|zur|der|den|de|del|della|di|da|do|dos|das|du|des|la|le|las|los|el|al|bin|ibn|ben|ter|ten|af|av|y|e|st\\.?|De|Di|Du|La|Le|Van|Von|Della|El|Al)'
/** A word with a capital: `Müller`, `O'Brien`, `McDonald`, `Jean-Pierre`, `DUPONT`. */
const capital = "\\p{Lu}(?:[\\p{L}\\p{M}]|['’](?=\\p{L})){1,24}(?:-\\p{L}[\\p{L}\\p{M}'’]{1,24}){0,2}"
const edge = '(?<![\\p{L}\\p{N}_])'
const end = '(?![\\p{L}\\p{N}_]|[-@/\\\\]\\p{L})'

const word = new RegExp(`${edge}${capital}${end}`, 'gu')
/** What may stand between two words of one name: a space, a comma, an initial, particles. */
const gap = new RegExp(`^(?:,? |[ \\u00a0](?:\\p{Lu}\\.? ){0,2}(?:${particle}[ ']){0,3}|[ ]?\\()$`, 'u')
const LONGEST_GAP = 20

type Token = Span & { readonly text: string }

const tokensOf = function* (text: string): Iterable<Token> {
  for (const { 0: token, index } of text.matchAll(word)) yield { text: token, start: index, end: index + token.length }
}

const joined = (text: string, left: Token, right: Token): boolean =>
  right.start - left.end <= LONGEST_GAP && gap.test(text.slice(left.end, right.start))

const isUpper = (token: string): boolean => token === token.toUpperCase()

const isName = (left: Token, right: Token, between: string): boolean => {
  if (isInstrument(left.text) || isInstrument(right.text)) return false
  const shouting = isUpper(left.text) && isUpper(right.text)
  const pair = shouting ? isSurePair : isPair
  if (pair(left.text, right.text) && !between.startsWith(',')) return true
  const familyFirst = between.startsWith(',') || isUpper(left.text) !== isUpper(right.text)
  return familyFirst && (between.startsWith(',') ? isSurePair : isPair)(right.text, left.text)
}

/** German articles, which stand before every noun; in names they come behind `von` and `van`. */
const article = /^ (?:der|den|des|das) $/

/** A word with a capital that no list holds, neither as a name nor as an ordinary word. */
const mayBeUnlisted = ({ text }: Token): boolean => text.length > 3 && mayBeName(text) && !isCommon(text)

/** A given name that is nothing else, and a family name that no list need hold: `Karsten Quillfeather`, `Karsten QUILLFEATHER`, `Quillfeather, Karsten`. */
const isHalfListed = (left: Token, right: Token, between: string): boolean => {
  const [given, family] = between.startsWith(',') ? [right, left] : [left, right]
  if (isUpper(given.text) || given.text.length < 4 || isInstrument(given.text) || !mayBeUnlisted(family)) return false
  if (article.test(between)) return false
  return isGiven(given.text) && !isCommon(given.text)
}

/** A given name and a family name side by side; the lists hold both, or surely the given name. */
const pairs = function* ({ text }: Subject): Iterable<Span> {
  let left: Token | undefined
  for (const right of tokensOf(text)) {
    if (left && joined(text, left, right)) {
      const between = text.slice(left.end, right.start)
      if (isName(left, right, between) || isHalfListed(left, right, between))
        yield { start: left.start, end: right.end }
    }
    left = right
  }
}

/** `J. Smith` and `J.-P. Martin`. */
const initialled = new RegExp(`${edge}(?:\\p{Lu}\\.[ -]?){1,3}(${capital})${end}`, 'gu')
const initials = function* ({ text }: Subject): Iterable<Span> {
  for (const hit of text.matchAll(initialled))
    if (hit[1]!.length > 3 && isFamily(hit[1]!) && isStrong(hit[1]!) && !isInstrument(hit[1]!))
      yield { start: hit.index, end: hit.index + hit[0].length }
}

/** DICOM's person name, `DOE^JANE`, as also HL7 v2 writes it. */
const caret =
  /(?<![\p{L}\p{N}^])\p{L}[\p{L}\p{M}' -]{0,40}[\p{L}\p{M}]\^\p{L}[\p{L}\p{M}][\p{L}\p{M}' .-]{0,40}(?![\p{L}\p{N}])/gu
const dicom = function* ({ text }: Subject): Iterable<Span> {
  if (!text.includes('^')) return
  for (const hit of text.matchAll(caret)) yield { start: hit.index, end: hit.index + hit[0].length }
}

/** Forms of address, in the case in which they are written. */
const titled = new RegExp(
  `${edge}(Mr|MR|Mrs|MRS|Ms|Dr|DR|Prof|Professor|Doctor|M(?=\\.)|MM(?=\\.)|Mme|MME|Mlle|Monsieur|Madame|Mademoiselle|Docteur|Dre|Frau|Herrn?|Sr|Sra|Srta|Señora?|Don(?= )|Doña|Dña|Sig(?:\\.ra)?|Signora?|Dott(?:\\.ssa)?|Fru|Hr|Rouva|Miss)\\.?[ ](?:(?:Dr|Prof|med)\\.? ){0,3}(?:\\p{Lu}\\.[ -]?){0,2}(?:${particle} ){0,2}(${capital})${end}`,
  'gu',
)
/** Titles that are ordinary words as well need a name that is in the lists. */
const weakTitle = /^(?:Don|Miss|Doctor|MR|DR|Sr|Hr)$/
const titles = function* ({ text }: Subject): Iterable<Span> {
  for (const hit of text.matchAll(titled)) {
    const [written, title = '', name = ''] = hit
    if (weakTitle.test(title) ? isStrong(name) : mayBeName(name))
      yield { start: hit.index, end: hit.index + written.length }
  }
}

const sure =
  "(?:patient|patiente|patientin|pt|subject|donor|mother|father|paciente|paziente|pasient|potilas)(?:'s|’s)?[ _](?:full[ _])?name|(?:full|first|last|given|family|middle|maiden)[ _]?name|surname|forename|nom (?:du|de la|de) patiente?|nom de (?:famille|naissance)|pr[ée]noms?|nom complet|vornamen?|nachnamen?|familienname|geburtsname|name (?:des|der) patient(?:en|in)|nombre (?:completo|del paciente|de la paciente)|apellidos?|nome e cognome|cognome|fornavn|etternavn|efternavn|förnamn|efternamn|etunimi|sukunimi"
/** Labels behind which a colon makes one unknown word with a capital a name. */
const somebody =
  'patiente?|patientin|pt|paciente|paziente|pasient|potilas|donor|proband|participant|technician|technicienne?|investigator|physician|m[ée]decin|nurse|mother|father|sister|brother|mutter|vater|madre|padre|m[èe]re|p[èe]re'
const loose =
  'subject|operator|op[ée]rateur|op[ée]ratrice|operador|operatore|bediener(?:in)?|doctor|arzt|ärztin|m[ée]dico|contact|kontakt|ansprechpartner(?:in)?|user(?:name)?|utilisateur|usuario|benutzer|login|author|name|nom|nombre|nome|navn|namn|nimi|dear|attn|cher|chère|liebe[r]?|estimad[oa]|signed|signed by|created by|performed by|run by|started by|requested by|reviewed by|ordered by|approved by|called|named|appel[ée]e?|nomm[ée]e?|namens|llamad[oa]'
const nameRun = `[\\p{L}\\p{M}][\\p{L}\\p{M}'’-]{1,40}(?:,? (?:${particle} ){0,2}(?:\\p{Lu}\\.? )?[\\p{L}\\p{M}][\\p{L}\\p{M}'’-]{1,40}){0,2}`
const labelled = new RegExp(
  `${edge}(?:(${sure}|(?:${somebody})(?=\\s?[:=]))|(?:${somebody}|${loose}))(?:\\s?\\([\\p{L} ]{1,12}\\))?(\\s{0,2}[:=]\\s{0,2}["']?|[ ]{1,2}(?:is |was |ist |est |es |war |era )?)(${nameRun})${end}`,
  'giu',
)

const wordsIn = (run: string): readonly string[] => run.split(/[ ,]+/).filter(part => part.length > 1)

/** After a label that can only introduce a name: the first word is no ordinary word, or the lists know it. */
const surelyNamed = (parts: readonly string[]): boolean => {
  const first = parts[0] ?? ''
  if (isInstrument(first)) return false
  return isGiven(first) || isFamily(first) || (!isCommon(first) && /^\p{Lu}/u.test(first))
}

const titleCase = /^\p{Lu}[\p{Ll}'’]+(?:-\p{L}+)? \p{Lu}[\p{L}'’-]*\p{Ll}/u

/** After a label that may introduce anything: names from the lists, or two unknown words with capitals after a colon. */
const probablyNamed = (run: string, colon: boolean, clinical: boolean): boolean => {
  const parts = wordsIn(run)
  const comma = run.includes(',')
  const [first = '', second = ''] = parts
  if (isInstrument(first) || (second !== '' && isInstrument(second))) return false
  if (isPair(first, second) || (comma && isPair(second, first)) || isSurePair(second, first)) return true
  if (/^\p{Lu}/u.test(first) && isStrong(first) && (colon || mayBeName(second))) return true
  return (
    (colon || (clinical && titleCase.test(`${first} ${second}`))) &&
    [first, second].every(one => mayBeName(one) && !isCommon(one))
  )
}

const labels = function* ({ text }: Subject): Iterable<Span> {
  for (const hit of text.matchAll(labelled)) {
    const [written, certain, sign = '', run = ''] = hit
    const colon = /[:=]/.test(sign)
    const named =
      certain !== undefined && colon
        ? surelyNamed(wordsIn(run))
        : probablyNamed(run, colon, /^(?:pa[tcsz]i|pt|potilas|donor|proband)/i.test(written))
    if (named) yield { start: hit.index + written.length - run.length, end: hit.index + written.length }
  }
}

/** Words of a whole value that is nothing but words: `Jane Doe`, `doe, jane`, `jane.doe`, `J. Doe`. */
const wholeValue = /^[\s"']{0,4}([\p{L}\p{M}][\p{L}\p{M}'’.,_ -]{0,79})[\s"']{0,4}$/u
const splitValue = (text: string): readonly string[] => {
  const value = text.length <= 90 ? wholeValue.exec(text)?.[1] : undefined
  return value === undefined ? [] : value.split(/[\s,._]+/).filter(part => part !== '')
}

const underNameKey = (parts: readonly string[]): boolean =>
  parts.length > 0 && parts.length <= 6 && parts.join('').length > 1 && !parts.some(isInstrument)

/** `jsmith`, `j.smith2`, `smithj`: an initial and a family name. */
const isAccount = (text: string): boolean => {
  const [, account] = /^([a-z]{4,24})\d{0,4}$/.exec(fold(text.trim())) ?? []
  if (account === undefined || isCommon(account) || isInstrument(account)) return false
  const rests = [account.slice(1), account.slice(0, -1)]
  return rests.some(rest => isFamily(rest) && isStrong(rest))
}

const underUserKey = (parts: readonly string[], text: string): boolean => {
  if (parts.some(isInstrument) || parts.length > 5) return false
  if (parts.length < 2) return isAccount(text) || (parts[0] !== undefined && isStrong(parts[0]))
  if (parts.some(isStrong)) return true
  const unknown = parts.every(part => part.length > 1) && !parts.every(isCommon)
  return unknown && (parts.every(part => /^\p{Lu}/u.test(part)) || /^\p{L}{2,}[._]\p{L}{2,}$/u.test(text.trim()))
}

/** A value that is a pair whatever its key: `jane.doe`, `jane_doe`, `Jane Quillfeather`. */
const isBarePair = (parts: readonly string[], text: string): boolean => {
  const [first = '', second = ''] = parts
  if (parts.length !== 2 || parts.some(isInstrument)) return false
  if (text.includes(',')) return /^\p{Lu}[^,]*, \p{Lu}/u.test(text.trim()) && isPair(second, first)
  if (first.length + second.length < 7) return false
  if (isSurePair(first, second)) return true
  const unknownFamily = /^\p{Lu}\p{Ll}+ \p{Lu}[\p{L}'’-]{3,}$/u.test(text.trim())
  return unknownFamily && isGiven(first) && isStrong(first) && first.length > 3 && !isCommon(second)
}

const isWholeName = ({ text, keys, role }: Subject): boolean => {
  if (role === 'key')
    return isBarePair(splitValue(text.includes(' ') ? text : wordsOf(text).replaceAll(' ', '.')), text)
  const parts = splitValue(text)
  const kind = nameKeyOf(keys)
  if (kind === 'name') return underNameKey(parts)
  return isBarePair(parts, text) || (kind === 'user' && underUserKey(parts, text))
}

export const personName = {
  kind: 'text',
  id: 'person-name',
  title: 'Name of a person',
  category: 'identity',
  source: '45 CFR 164.514(b)(2)(i)(A); DICOM PS3.5 section 6.2 (PN); name lists of @faker-js/faker',
  needs: [
    { noDigits: 1, letters: 3 },
    { letters: 2, under: keys => nameKeyOf(keys) === 'name' },
    { has: '^', letters: 3 },
    { blanks: 1, letters: 3 },
    { has: '(', upper: 2, letters: 4 },
    { has: '.', upper: 2, letters: 5 },
    { has: ':', letters: 4 },
    { has: '=', letters: 4 },
    { letters: 4, under: keys => nameKeyOf(keys) === 'user' },
  ],
  *find(subject) {
    if (isWholeName(subject)) {
      yield { start: 0, end: subject.text.length }
      return
    }
    yield* dicom(subject)
    if (!/[\s:=.]/.test(subject.text)) return
    yield* pairs(subject)
    yield* initials(subject)
    yield* titles(subject)
    yield* labels(subject)
  },
  examples: {
    match: [
      'Jane Doe',
      'run started by Jane Doe at noon',
      'DOE^JANE',
      'Dr. Okonkwo was told',
      'Frau Müller',
      'M. de La Tour',
      'patient: Quillfeather',
      'patient jane doe',
      'Patient name: MÜLLER',
      'DUPONT Marie',
      'García, Ana',
      { text: 'Quillfeather', keys: ['patient', 'lastName'] },
      { text: 'jane.doe', keys: ['createdBy'] },
      { text: 'jdoe', keys: ['operator'] },
      { text: "Siobhán O'Brien", keys: ['note'] },
      { text: 'Jürgen von der Heide', keys: ['operator'] },
    ],
    noMatch: [
      'Illumina,Bruno Fluidics Controller,0,v2.0340',
      'HiSeq Rapid Flow Cell v2',
      'Left Buffer Interface Board',
      'NovaSeq Control Software',
      { text: 'sbsuser', keys: ['userName'] },
      { text: 'Read1', keys: ['reads', 'name'] },
      { text: 'Bruno', keys: ['instrumentName'] },
      { text: 'Fluidics Board', keys: ['board'] },
      'The patient was asked to come back in May.',
    ],
  },
} as const satisfies TextDetector
