/** The languages that the bars are about, and two groups of others. */
export type Language = 'en' | 'fr' | 'de' | 'es' | 'it' | 'nordic'

/** Kinds of national and health identifiers with a form or check digits of their own. */
export type IdKind =
  | 'us-ssn'
  | 'ca-sin'
  | 'ca-ohip'
  | 'ca-ramq'
  | 'uk-nhs'
  | 'uk-nino'
  | 'fr-nir'
  | 'de-kvnr'
  | 'de-steuer-id'
  | 'es-dni-nie'
  | 'it-codice-fiscale'
  | 'se-personnummer'
  | 'no-fodselsnummer'
  | 'dk-cpr'
  | 'fi-hetu'
  | 'au-medicare'
  | 'au-tfn'

export type PersonId = {
  readonly kind: IdKind
  readonly text: string
  /** Nobody who sees the text alone could take it for anything else: the usual separators, or letters and check digits. */
  readonly isSure: boolean
}

/** Somebody made up, with what a record would say of them. */
export type Person = {
  readonly language: Language
  readonly given: string
  readonly family: string
  readonly phone: string
  /** Of one line, or of several with line breaks. */
  readonly address: string
  readonly email: string
  readonly account: string
  readonly birth: { readonly year: number; readonly month: number; readonly day: number }
  readonly iban: string
  readonly card: string
  readonly ids: readonly PersonId[]
}

/** A name of a part of the world of which the detectors have no lists. */
export type RareName = { readonly given: string; readonly family: string }

export type People = { readonly persons: readonly Person[]; readonly rare: readonly RareName[] }
