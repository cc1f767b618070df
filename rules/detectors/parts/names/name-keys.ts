import { wordsOf } from '../context.ts'

const person =
  '(?:patient|patiente|patientin|subject|donor|person|participant|proband|client|customer|employee|physician|doctor|clinician|nurse|pathologist|investigator|operator|technician|technologist|analyst|scientist|contact|user|mother|father|parent|spouse|guardian|relative|next of kin|owner|author|submitter|requester|requestor|provider|sender|recipient|reviewer|approver|supervisor|staff|director|manager|paziente|paciente|medecin|medico|arzt|arztin|bediener|benutzer|utilisateur|operateur|usuario|operador|operatore|utente|kontakt|contacto|contatto|potilas|kayttaja|bruker|anvandare|bruger|pasient|lakare|laege|lege)'

/** `patientName`, `lastName`, `Nachname`: what stands there is a name, even one that no list holds. */
const strict = new RegExp(
  `(?:^| )(?:(?!(?:user|owner|client|customer|provider|submitter|sender|recipient|utilisateur|usuario|utente|benutzer|bruker|bruger|anvandare|kayttaja)s? ?(?:full )?name)${person}s? ?(?:full )?names?|(?:full|first|last|middle|given|family|maiden|second|legal|preferred) ?names?|(?:first|last|middle|given|family|maiden|sur|fore) ?names?|prenoms?|nom (?:de )?(?:famille|naissance|complet|du patient|patient)|nom ?(?:patient|famille)|vornamen?|nachnamen?|familienname|geburtsname|nombre (?:completo|del paciente|y apellidos)|apellidos?|cognome|nome (?:completo|e cognome|del paziente)|fornavn|efternavn|etternavn|fornamn|efternamn|etunimi|sukunimi|mothers maiden name|alias name)$`,
  'u',
)

/** `operator`, `createdBy`, `userName`: what stands there may be a name, an account or a machine. */
const user = new RegExp(
  `(?:^| )(?:${person}s?|${person} ?(?:name|id|login|account)|user ?(?:name|id)|login(?: name)?|log ?on|(?:base ?space )?user ?name|uid|pi|principal investigator|assigned ?to|assignee|(?:created|modified|updated|edited|started|stopped|run|performed|requested|reviewed|approved|signed|submitted|ordered|collected|prepared|operated|uploaded|entered|verified|cree|erstellt|creado)(?: ?(?:by|par|von|por))|ansprechpartner(?:in)?|responsable|verantwortlich\\p{L}*|sachbearbeiter(?:in)?|assistant|signature|attn|attention)$`,
  'u',
)
const plainName =
  /^(?:names?|first|last|middle|given|family|text|full|value|display|display name|nom|nombre|nome|navn|namn|nimi|apellido|prefix)$/
const somebody = new RegExp(`(?:^| )${person}s?(?: |$)`, 'u')

export type NameKey = 'name' | 'user' | 'none'

const kindOf = (last: string, outer: string): NameKey => {
  if (strict.test(last)) return 'name'
  if (plainName.test(last) && somebody.test(outer)) return 'name'
  return user.test(last) ? 'user' : 'none'
}

const remembered = new Map<string, NameKey>()

/** What the property names that lead to a text say: a person's name, a user or account, or nothing of a person. */
export const nameKeyOf = (keys: readonly string[]): NameKey => {
  const last = keys.at(-1)
  if (last === undefined) return 'none'
  const path = keys.length > 1 ? keys.slice(-3).join('\u0000') : last
  const known = remembered.get(path)
  if (known !== undefined) return known
  const kind = kindOf(wordsOf(last), keys.slice(-3, -1).map(wordsOf).join(' '))
  if (remembered.size >= 4096) remembered.clear()
  if (path.length <= 256) remembered.set(path, kind)
  return kind
}
