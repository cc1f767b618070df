import type { JsonValue } from '../../rules/canonical.ts'
import type { DetectorId } from '../../rules/registry.ts'

/** One of the identifiers of 45 CFR 164.514(b)(2)(i), what looks for it, and payloads in which each of those must find it. */
export type Identifier = {
  readonly letter: string
  readonly what: string
  readonly found: readonly (readonly [detector: DetectorId, example: JsonValue])[]
  /** What is not found, or only with more than the identifier itself. */
  readonly limits: string
}

const context = 'Bare digits only with a word that tells, within 30 characters or in a property name.'

/** The eighteen, in the order of the regulation, in words of our own. */
export const safeHarbor: readonly Identifier[] = [
  {
    letter: 'A',
    what: 'Names',
    found: [
      ['person-name', { lotNumber: 'Jane Doe' }],
      ['person-name', { operator: 'jdoe' }],
      ['user-path', { file: 'C:\\Users\\jane.doe\\sheet.csv' }],
    ],
    limits: 'A name that no list holds, alone under a property name that says nothing.',
  },
  {
    letter: 'B',
    what: 'Geographic units smaller than a state',
    found: [
      ['postal-address', { note: '12 Old Mill Lane, York YO1 7HH' }],
      ['postal-address', { zipCode: '62704' }],
    ],
    limits: 'A town alone.',
  },
  {
    letter: 'C',
    what: 'Days related to a person, and ages over 89',
    found: [
      ['date-of-birth', { note: 'born on 4 March 1980' }],
      ['person-date', { admissionDate: '2021-03-04' }],
      ['age-over-89', { patient: { age: 93 } }],
    ],
    limits: 'A date that nothing relates to a person: telemetry is full of them.',
  },
  {
    letter: 'D',
    what: 'Telephone numbers',
    found: [
      ['phone', { note: '+44 20 7946 0958' }],
      ['phone', { contactPhone: 2125552368 }],
    ],
    limits: context,
  },
  { letter: 'E', what: 'Fax numbers', found: [['phone', { fax: '030 901820' }]], limits: context },
  {
    letter: 'F',
    what: 'E-mail addresses',
    found: [['email', { note: 'ask jane.doe@example.org' }]],
    limits: 'None known.',
  },
  {
    letter: 'G',
    what: 'Social security numbers, and the national numbers of other countries',
    found: [
      ['us-ssn', { note: '536-90-4399' }],
      ['ca-sin', { sin: 521234567 }],
      ['uk-nino', { note: 'AB123456C' }],
      ['fr-nir', { note: '2 80 05 75 123 456 74' }],
      ['de-steuer-id', { steuerId: '65929970489' }],
      ['es-dni-nie', { note: '48210573C' }],
      ['it-codice-fiscale', { note: 'VRDLCU80C44F205A' }],
      ['se-personnummer', { note: '800304-2317' }],
      ['no-fodselsnummer', { fnr: '04038040184' }],
      ['dk-cpr', { note: '040380-3650' }],
      ['fi-hetu', { note: '040380-123L' }],
      ['au-tfn', { note: 'TFN 876 543 202' }],
    ],
    limits: context,
  },
  {
    letter: 'H',
    what: 'Medical record numbers',
    found: [
      ['mrn', { note: 'MRN: 00123456' }],
      ['mrn', { patientId: 'P-004512' }],
    ],
    limits: context,
  },
  {
    letter: 'I',
    what: 'Health plan beneficiary numbers',
    found: [
      ['insurance-number', { memberId: 'W123456789' }],
      ['ca-ohip', { note: 'OHIP 9876543217' }],
      ['ca-ramq', { note: 'TREM 8553 1218' }],
      ['uk-nhs', { note: 'NHS no. 4857773457' }],
      ['de-kvnr', { kvnr: 'T123456780' }],
      ['au-medicare', { note: 'Medicare 3456789171' }],
    ],
    limits: context,
  },
  {
    letter: 'J',
    what: 'Account numbers',
    found: [
      ['account-number', { note: 'account number: 4411882200' }],
      ['iban', { note: 'DE89 3704 0044 0532 0130 00' }],
      ['payment-card', { note: '4556 7375 8689 9855' }],
    ],
    limits: context,
  },
  {
    letter: 'K',
    what: 'Certificate and licence numbers',
    found: [
      ['licence-number', { note: "driver's license number S1234567" }],
      ['passport-number', { passportNo: '533401372' }],
    ],
    limits: 'Licences and certificates of programs and instruments are meant to pass, and look the same.',
  },
  {
    letter: 'L',
    what: 'Vehicle identifiers and plates',
    found: [
      ['vehicle', { note: 'VIN WVWZZZ1JZXW000001' }],
      ['vehicle', { licensePlate: 'AB-123-CD' }],
    ],
    limits: 'Only with a word that tells.',
  },
  {
    letter: 'M',
    what: 'Device identifiers and serial numbers',
    found: [
      ['patient-device', { note: 'pacemaker serial number PM-4411882' }],
      ['patient-device', { imei: '490154203237518' }],
    ],
    limits:
      "The instrument's own serial numbers are telemetry; the schema says which may leave. `mac-address` is off unless the policy switches it on.",
  },
  {
    letter: 'N',
    what: 'Web addresses',
    found: [['personal-url', { link: 'https://www.linkedin.com/in/jane-doe-4b21' }]],
    limits: 'Addresses that name nobody are meant to pass.',
  },
  {
    letter: 'O',
    what: 'IP addresses',
    found: [['ip-address', { note: 'GET from 81.2.69.142' }]],
    limits: 'Off unless the policy switches it on: versions look like addresses.',
  },
  {
    letter: 'P',
    what: 'Biometric identifiers',
    found: [['biometric', { fingerprint: 'Rk1SACAyMAAAAAEIAAAB' }]],
    limits: 'By property name only.',
  },
  {
    letter: 'Q',
    what: 'Photographs of a face',
    found: [['photo', { patientPhoto: 'IMG_0042.jpg' }]],
    limits: 'By property name only; nobody looks at the picture.',
  },
  {
    letter: 'R',
    what: 'Any other unique number, characteristic or code',
    found: [
      ['nucleotide-run', { note: 'GATTACAGATTACAGATTACAGATTACAGATTACA' }],
      ['rsid-genotype', { note: 'rs4988235 AG' }],
    ],
    limits: 'Genomes above all: every detector of the category `sequence` ([detectors](detectors.md)).',
  },
]
