import type { Random } from '../../kit/random.ts'
import { digits, letters } from '../genome.ts'
import type { Language, Person } from './person.ts'

type Half = 'a' | 'b'

const two = (value: number): string => String(value).padStart(2, '0')

const monthNames: Readonly<Record<Language, string>> = {
  en: 'en-GB', fr: 'fr-FR', de: 'de-DE', es: 'es-ES', it: 'it-IT', nordic: 'sv-SE',
} // prettier-ignore

/** A day as people of that language write it. */
export const writtenDate = (random: Random, half: Half, language: Language, birth: Person['birth']): string => {
  const [year, month, day] = [birth.year, two(birth.month), two(birth.day)]
  const long = new Date(Date.UTC(birth.year, birth.month - 1, birth.day)).toLocaleDateString(monthNames[language], {
    timeZone: 'UTC',
    day: 'numeric',
    month: half === 'a' ? 'long' : 'short',
    year: 'numeric',
  })
  const local =
    language === 'en'
      ? `${month}/${day}/${year}`
      : language === 'de'
        ? `${day}.${month}.${year}`
        : `${day}/${month}/${year}`
  const forms =
    half === 'a'
      ? [`${year}-${month}-${day}`, local, `${day}-${month}-${year}`]
      : [`${year}/${month}/${day}`, local, `${year}-${month}-${day}T00:00:00Z`, `${year}${month}${day}`]
  return random.pick([...forms, long])
}

/** A full name as forms, prose and devices order its parts. */
export const writtenName = (random: Random, half: Half, { given, family }: { given: string; family: string }): string =>
  random.pick(
    half === 'a'
      ? [`${given} ${family}`, `${given} ${family}`, `${family.toUpperCase()} ${given}`, `${family}, ${given}`]
      : [
          `${given} ${family}`,
          `${given} ${family}`,
          `${given} ${family.toUpperCase()}`,
          `${family}, ${given}`,
          `${family.toUpperCase()}^${given.toUpperCase()}`,
        ],
  )

/** Accounts and folders that name somebody. */
export const writtenAccount = (random: Random, half: Half, { given, family, account }: Person): string => {
  const [first, last] = [plainLetters(given), plainLetters(family)]
  return random.pick(
    half === 'a'
      ? [`/home/${account}/runs`, `C:\\Users\\${first}.${last}\\Desktop\\SampleSheet.csv`, `LAB\\${first[0]}${last}`]
      : [
          `/Users/${account}/Documents/run.xml`,
          `\\\\fileserver\\home\\${account}\\sheet.csv`,
          `HOSPITAL\\${first}.${last}`,
          `D:\\Users\\${first} ${last}\\x.csv`,
        ],
  )
}

const plainLetters = (name: string): string =>
  name
    .normalize('NFD')
    .toLowerCase()
    .replaceAll(/[^a-z]/g, '') || 'jane'

/** Values that need no list of anybody's: a made-up number or code of the kind. */
export const madeUp: Readonly<Record<'mrn' | 'insurance' | 'account-number' | 'licence' | 'passport' | 'plate' | 'vin' | 'device' | 'age-over-89' | 'icd-10' | 'snomed' | 'loinc', (random: Random, half: Half) => string>> = {
  mrn: (random, half) =>
    random.pick(half === 'a' ? [digits(random, 8), `P${digits(random, 6)}`, `${digits(random, 3)}-${digits(random, 4)}`] : [digits(random, 7), `H${digits(random, 3)}-${digits(random, 5)}`, `${letters(random, 2)}${digits(random, 7)}`, digits(random, 10)]),
  insurance: (random, half) =>
    half === 'a' ? `${letters(random, 1)}${digits(random, 9)}` : random.pick([`${letters(random, 3)}${digits(random, 9)}`, digits(random, 11), `${digits(random, 4)}-${digits(random, 6)}`]),
  'account-number': (random, half) => (half === 'a' ? digits(random, 10) : random.pick([digits(random, 8), `${digits(random, 4)}-${digits(random, 7)}`])),
  licence: (random, half) => (half === 'a' ? `${letters(random, 1)}${digits(random, 7)}` : random.pick([`${letters(random, 5)}${digits(random, 6)}${letters(random, 2)}9XX`, digits(random, 9), `${letters(random, 1)}${digits(random, 3)}-${digits(random, 4)}-${digits(random, 4)}`])),
  passport: (random, half) => (half === 'a' ? digits(random, 9) : random.pick([`${letters(random, 2)}${digits(random, 7)}`, `C${digits(random, 2)}${letters(random, 2)}${digits(random, 4)}`, `${digits(random, 2)}${letters(random, 2)}${digits(random, 5)}`])),
  plate: (random, half) => (half === 'a' ? `${letters(random, 2)}-${digits(random, 3)}-${letters(random, 2)}` : random.pick([`B-${letters(random, 2)} ${digits(random, 4)}`, `${letters(random, 2)}${digits(random, 2)} ${letters(random, 3)}`, `${digits(random, 4)} ${letters(random, 3)}`, `${digits(random, 1)}${letters(random, 3)}${digits(random, 3)}`])),
  vin: (random, half) => `${half === 'a' ? 'WVWZZZ1JZ' : random.pick(['1HGCM8263', 'VF1AAAAA5', 'WBA3A5C5X'])}${random.pick(['X', 'W', 'D'])}${letters(random, 1, 'ABCDEFGHJKLMN')}${digits(random, 6)}`,
  device: (random, half) => (half === 'a' ? `35${digits(random, 13)}` : random.pick([`49${digits(random, 13)}`, `PM-${digits(random, 7)}`, `${letters(random, 3)}${digits(random, 6)}${letters(random, 1)}`])),
  'age-over-89': random => String(90 + random.below(22)),
  'icd-10': (random, half) => random.pick(half === 'a' ? ['C50.9', 'E11.9', 'F32.1', 'Z85.3'] : ['I21.4', 'G35', 'B20', 'C34.11', 'O26.891', 'Q90.9']),
  snomed: (random, half) => random.pick(half === 'a' ? ['254837009', '73211009'] : ['195967001', '44054006', '38341003', '363406005']),
  loinc: (random, half) => random.pick(half === 'a' ? ['2345-7', '718-7'] : ['4548-4', '21639-1', '94500-6', '33747-0']),
} // prettier-ignore

const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const alphanumeric = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** Credentials as they stand in configurations, headers and logs; all are sure without a context. */
export const writtenSecret = (random: Random, half: Half): string =>
  random.pick(
    half === 'a'
      ? [
          `AKIA${letters(random, 16, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567')}`,
          `ghp_${letters(random, 36, alphanumeric)}`,
          `password=${letters(random, 10, alphanumeric)}`,
          `${base64url({ alg: 'HS256' })}.${base64url({ sub: digits(random, 6) })}.${letters(random, 43, alphanumeric)}`,
          `-----BEGIN PRIVATE KEY-----\n${letters(random, 64, alphanumeric)}\n-----END PRIVATE KEY-----`,
          `https://jane:${letters(random, 9, alphanumeric)}@example.org/x`,
        ]
      : [
          `AWS_SECRET_ACCESS_KEY=${letters(random, 40, alphanumeric)}`,
          `github_pat_${letters(random, 22, alphanumeric)}_${letters(random, 59, alphanumeric)}`,
          `xoxp-${digits(random, 11)}-${digits(random, 11)}-${letters(random, 24, alphanumeric.toLowerCase())}`,
          `Authorization: Basic ${Buffer.from(`jane:${letters(random, 12, alphanumeric)}`).toString('base64')}`,
          `-----BEGIN RSA PRIVATE KEY-----\n${letters(random, 64, alphanumeric)}`,
          `${base64url({ typ: 'JWT', alg: 'RS256', kid: '1' })}.${base64url({ email: 'x', exp: 1_700_000_000 })}.${letters(random, 86, alphanumeric)}`,
          `postgres://lims:${letters(random, 14, alphanumeric)}@db.example.org:5432/runs`,
          `"client_secret": "${letters(random, 32, alphanumeric)}"`,
          `api_key: ${letters(random, 32, '0123456789abcdef')}`,
          `glpat-${letters(random, 20, alphanumeric)}`,
        ],
  )

/** Links whose path names somebody. */
export const writtenLink = (random: Random, half: Half, { given, family }: Person): string => {
  const [first, last] = [plainLetters(given), plainLetters(family)]
  return random.pick(
    half === 'a'
      ? [
          `https://www.linkedin.com/in/${first}-${last}-4b21`,
          `https://lims.example.org/patients/${digits(random, 6)}`,
          `https://orcid.org/0000-0002-1825-0097`,
        ]
      : [
          `https://github.com/users/${first}${last}`,
          `https://portal.example.org/patient/${digits(random, 7)}/report`,
          `https://facebook.com/${first}.${last}`,
          `https://ehr.example.org/view?mrn=${digits(random, 8)}`,
        ],
  )
}
