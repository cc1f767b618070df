import { ageOver89 } from '../../../rules/detectors/age-over-89.ts'
import { apiKey } from '../../../rules/detectors/api-key.ts'
import { auMedicare } from '../../../rules/detectors/au-medicare.ts'
import { auTfn } from '../../../rules/detectors/au-tfn.ts'
import { caOhip } from '../../../rules/detectors/ca-ohip.ts'
import { caRamq } from '../../../rules/detectors/ca-ramq.ts'
import { caSin } from '../../../rules/detectors/ca-sin.ts'
import { dateOfBirth } from '../../../rules/detectors/date-of-birth.ts'
import { deKvnr } from '../../../rules/detectors/de-kvnr.ts'
import { deSteuerId } from '../../../rules/detectors/de-steuer-id.ts'
import { dkCpr } from '../../../rules/detectors/dk-cpr.ts'
import { email } from '../../../rules/detectors/email.ts'
import { esDniNie } from '../../../rules/detectors/es-dni-nie.ts'
import { fiHetu } from '../../../rules/detectors/fi-hetu.ts'
import { frNir } from '../../../rules/detectors/fr-nir.ts'
import { healthTerms } from '../../../rules/detectors/health-terms.ts'
import { iban } from '../../../rules/detectors/iban.ts'
import { insuranceNumber } from '../../../rules/detectors/insurance-number.ts'
import { itCodiceFiscale } from '../../../rules/detectors/it-codice-fiscale.ts'
import { jwt } from '../../../rules/detectors/jwt.ts'
import { mrn } from '../../../rules/detectors/mrn.ts'
import { noFodselsnummer } from '../../../rules/detectors/no-fodselsnummer.ts'
import { paymentCard } from '../../../rules/detectors/payment-card.ts'
import { personName } from '../../../rules/detectors/person-name.ts'
import { phone } from '../../../rules/detectors/phone.ts'
import { postalAddress } from '../../../rules/detectors/postal-address.ts'
import { privateKey } from '../../../rules/detectors/private-key.ts'
import { sePersonnummer } from '../../../rules/detectors/se-personnummer.ts'
import { ukNhs } from '../../../rules/detectors/uk-nhs.ts'
import { ukNino } from '../../../rules/detectors/uk-nino.ts'
import { usSsn } from '../../../rules/detectors/us-ssn.ts'
import { userPath } from '../../../rules/detectors/user-path.ts'
import type { Subject, TextDetector } from '../../../rules/detector.ts'
import { traitsOf } from '../../../rules/traits.ts'

/** The detectors of the categories identity, health and secret. */
export const identityDetectors: readonly TextDetector[] = [
  email, phone, personName, dateOfBirth, ageOver89, postalAddress, userPath, mrn, insuranceNumber, healthTerms,
  usSsn, caSin, caRamq, caOhip, ukNhs, ukNino, frNir, deKvnr, deSteuerId, esDniNie, itCodiceFiscale,
  sePersonnummer, noFodselsnummer, dkCpr, fiHetu, auMedicare, auTfn, paymentCard, iban, privateKey, jwt, apiKey,
] // prettier-ignore

/** The ids of the detectors that find something in one text, behind their gates as the scanner runs them. */
export const hitsIn = (subject: Subject): string[] => {
  const traits = traitsOf(subject.text)
  return identityDetectors
    .filter(detector => detector.gate(traits, subject) && !Iterator.from(detector.find(subject)).next().done)
    .map(detector => detector.id)
}

/** Every text of a parsed JSON value, as the scanner would hand it over: values, numbers and property names. */
export const subjectsOf = function* (value: unknown, keys: readonly string[] = []): Iterable<Subject> {
  if (typeof value === 'string') yield { text: value, role: 'value', keys }
  else if (typeof value === 'number') yield { text: String(value), role: 'number', keys }
  else if (Array.isArray(value)) for (const item of value) yield* subjectsOf(item, keys)
  else if (value !== null && typeof value === 'object')
    for (const [name, item] of Object.entries(value)) {
      yield { text: name, role: 'key', keys }
      yield* subjectsOf(item, [...keys, name])
    }
}
