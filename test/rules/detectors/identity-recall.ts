/**
 * Measures recall and false blocks of the identity, health and secret detectors on sets made here with seeded faker.
 * `node test/rules/detectors/identity-recall.ts [tune|holdout] [--misses]`. Work on `tune` only; report both.
 */
import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { type Faker, allFakers } from '@faker-js/faker'
import { stdnum } from 'stdnum'
import { hitsIn, subjectsOf } from './identity-detectors.ts'

const halves = ['tune', 'holdout'] as const
type Half = (typeof halves)[number]
/** Which half a case belongs to: decided by its text, so that no order or seed moves it. */
const halfOf = (text: string): Half => halves[createHash('sha256').update(text).digest()[0]! % 2]!

type Case = { readonly family: string; readonly payload: unknown }
const languages = ['en', 'fr', 'de', 'es'] as const
type Language = (typeof languages)[number]

const pick = <T>(faker: Faker, list: readonly T[]): T => faker.helpers.arrayElement(list)
const pad = (value: number, width = 2): string => String(value).padStart(width, '0')

const sentences: Record<Language, Record<'name' | 'dob' | 'phone' | 'email' | 'mrn' | 'address', readonly string[]>> = {
  en: {
    name: [
      'Run aborted by %, see log.',
      'Patient % was sampled twice.',
      '%',
      'operator: %',
      'Results go to Dr. %',
      'call % about lane 3',
    ],
    dob: ['DOB: %', 'patient born on %', 'Date of birth %', 'birth date = %'],
    phone: ['call me at %', 'Phone: %', 'tel %', 'mobile %, after five'],
    email: ['mail % please', 'contact: %', '<%>'],
    mrn: ['MRN %', 'medical record number: %', 'patient ID %'],
    address: ['%', 'lives at %', 'address: %'],
  },
  fr: {
    name: [
      'Run arrêté par %, voir journal.',
      'Patient : %',
      '%',
      'opérateur : %',
      'Résultats pour le Dr %',
      'Mme % a appelé',
    ],
    dob: ['né le %', 'Date de naissance : %', 'née le %', 'DDN %'],
    phone: ['tél. %', 'Téléphone : %', 'appelez-moi au %', 'portable %'],
    email: ['écrire à %', 'courriel : %', '<%>'],
    mrn: ['numéro de dossier %', 'dossier médical : %', 'IPP %'],
    address: ['%', 'habite au %', 'adresse : %'],
  },
  de: {
    name: ['Lauf von % abgebrochen.', 'Patient: %', '%', 'Bediener: %', 'Befund an Dr. %', 'Frau % hat angerufen'],
    dob: ['geb. am %', 'Geburtsdatum: %', 'geboren am %', 'geb. %'],
    phone: ['Tel. %', 'Telefon: %', 'erreichbar unter Handy %', 'Rufnummer %'],
    email: ['Mail an %', 'Kontakt: %', '<%>'],
    mrn: ['Patientennummer %', 'Fallnummer: %', 'Patienten-ID %'],
    address: ['%', 'wohnhaft %', 'Adresse: %'],
  },
  es: {
    name: [
      'Proceso detenido por %, ver registro.',
      'Paciente: %',
      '%',
      'operador: %',
      'Resultados para el Dr. %',
      'la Sra. % ha llamado',
    ],
    dob: ['nacido el %', 'Fecha de nacimiento: %', 'nacida el %', 'F. nac. %'],
    phone: ['tel. %', 'Teléfono: %', 'llámame al %', 'móvil %'],
    email: ['escribir a %', 'correo: %', '<%>'],
    mrn: ['historia clínica %', 'NHC: %', 'número de paciente %'],
    address: ['%', 'vive en %', 'dirección: %'],
  },
}
const keyNames = {
  name: ['patientName', 'operator', 'createdBy', 'InvestigatorName', 'contact_name', 'note'],
  dob: ['dob', 'birthDate', 'date_of_birth', 'PatientBirthDate'],
  phone: ['phone', 'contactPhone', 'tel', 'mobileNumber'],
  email: ['email', 'userName', 'note'],
  mrn: ['mrn', 'patientId', 'medicalRecordNumber'],
  address: ['address', 'homeAddress', 'note'],
} as const

const months: Record<Language, string> = { en: 'en-GB', fr: 'fr-FR', de: 'de-DE', es: 'es-ES' }
const dateText = (faker: Faker, language: Language): string => {
  const date = faker.date.birthdate()
  const [y, m, d] = [date.getFullYear(), pad(date.getMonth() + 1), pad(date.getDate())]
  return pick(faker, [
    `${y}-${m}-${d}`,
    language === 'de' ? `${d}.${m}.${y}` : `${d}/${m}/${y}`,
    `${d}-${m}-${y}`,
    date.toLocaleDateString(months[language], { day: 'numeric', month: 'long', year: 'numeric' }),
    language === 'en' ? `${m}/${d}/${String(y).slice(2)}` : `${d}.${m}.${String(y).slice(2)}`,
  ])
}
const names = (faker: Faker): string => {
  const [given, family] = [faker.person.firstName(), faker.person.lastName()]
  return pick(faker, [
    `${given} ${family}`,
    `${given} ${family}`,
    `${family.toUpperCase()} ${given}`,
    `${family}, ${given}`,
    `${given} ${family}`,
  ])
}
const grouped: Record<Language, readonly string[]> = {
  en: ['(212) 555-%3', '+1 415-555-2%3', '0161 496 0%3', '+44 20 7946 0%3', '212-555-2%3', '07700 900%3'],
  fr: ['01 42 68 5%1 %2', '+33 6 12 34 5%1 %2', '06.12.34.5%1.%2', '04 72 40 1%1 %2', '0612345%1%2'],
  de: ['030 901820%2', '+49 89 5160%2', '0171 34567%2', '0221/47110%2', '(040) 42838%2', '01512 34567%2'],
  es: ['612 34 5%1 %2', '+34 91 123 4%1 %2', '912 345 6%2', '61234567%1', '+34 612 345 6%2'],
}
const phones = (faker: Faker, language: Language): string =>
  pick(faker, grouped[language]).replace(/%(\d)/g, (_, width) => faker.string.numeric(Number(width)))
const addresses: Record<Language, (faker: Faker) => string> = {
  en: f =>
    `${f.location.buildingNumber()} ${f.location.street()}, ${f.location.city()}, ${f.location.state({ abbreviated: true })} ${f.string.numeric(5)}`,
  fr: f =>
    `${f.number.int({ min: 1, max: 99 })} ${pick(f, ['rue', 'avenue', 'boulevard', 'place'])} ${pick(f, ['de la République', 'des Lilas', 'Victor Hugo', 'du Moulin', "de l'Église", 'Saint-Denis'])}, ${f.string.numeric(5)} ${f.location.city()}`,
  de: f => `${f.location.street()} ${f.number.int({ min: 1, max: 99 })}, ${f.string.numeric(5)} ${f.location.city()}`,
  es: f =>
    `${pick(f, ['Calle', 'Avenida', 'Paseo', 'Plaza'])} ${pick(f, ['de Alcalá', 'Mayor', 'de la Constitución', 'San Juan', 'del Prado'])} ${f.number.int({ min: 1, max: 99 })}, ${f.string.numeric(5)} ${f.location.city()}`,
}
const values: Record<keyof typeof keyNames, (faker: Faker, language: Language) => string> = {
  name: names,
  dob: dateText,
  phone: phones,
  email: f => f.internet.email().toLowerCase(),
  mrn: f => pick(f, [f.string.numeric(8), `P${f.string.numeric(6)}`, `${f.string.numeric(3)}-${f.string.numeric(4)}`]),
  address: (f, language) => addresses[language](f),
}

const leaks = function* (): Iterable<Case> {
  for (const language of languages) {
    const faker = allFakers[language]
    faker.seed(4711)
    faker.setDefaultRefDate('2026-01-01')
    for (const family of Object.keys(values) as (keyof typeof keyNames)[])
      for (let round = 0; round < 240; round++) {
        const value = values[family](faker, language)
        const sentence = pick(faker, sentences[language][family]).replace('%', () => value)
        yield { family: `${family} ${language}`, payload: { message: sentence } }
        yield { family: `${family} ${language}`, payload: { run: 7, [pick(faker, keyNames[family])]: value } }
      }
  }
}

type Id = {
  readonly family: string
  readonly draw: (faker: Faker) => string
  readonly valid: (text: string) => boolean
  readonly label: readonly string[]
  readonly key: readonly string[]
}
const by = (country: string, name: string) => (text: string) => stdnum[country]![name]!.validate(text).isValid
const digits = (width: number) => (faker: Faker) => faker.string.numeric({ length: width, allowLeadingZeros: false })
const day = (faker: Faker) =>
  pad(faker.number.int({ min: 1, max: 28 })) +
  pad(faker.number.int({ min: 1, max: 12 })) +
  pad(faker.number.int({ min: 40, max: 99 }))
/** Numbers with right check digits, found by drawing until the library says yes. */
const ids: readonly Id[] = [
  {
    family: 'ssn',
    draw: f => digits(9)(f).replace(/(...)(..)/, '$1-$2-'),
    valid: text => !/^9|^666|-00-|0000$/.test(text) && by('US', 'ssn')(text),
    label: ['SSN', 'Social Security Number:'],
    key: ['ssn', 'socialSecurityNumber'],
  },
  {
    family: 'sin',
    draw: digits(9),
    valid: text => !text.startsWith('8') && by('CA', 'sin')(text),
    label: ['SIN', 'NAS :'],
    key: ['sin', 'socialInsuranceNumber'],
  },
  {
    family: 'nino',
    draw: f =>
      `${pick(f, ['AB', 'CE', 'JH', 'WM'])} ${digits(6)(f)} ${pick(f, ['A', 'B', 'C', 'D'])}`.replace(
        / (..)(..)(..) /,
        ' $1 $2 $3 ',
      ),
    valid: by('GB', 'nino'),
    label: ['NI number', 'NINO:'],
    key: ['nino', 'nationalInsuranceNumber'],
  },
  {
    family: 'nir',
    draw: f =>
      `${pick(f, ['1', '2'])}${digits(2)(f)}0${digits(1)(f)}75${digits(6)(f)}`.replace(/.*/, n =>
        n === '' ? n : n + pad(97 - Number(BigInt(n) % 97n)),
      ),
    valid: by('FR', 'nir'),
    label: ['numéro de sécurité sociale', 'NIR :'],
    key: ['nir', 'numeroSecuriteSociale'],
  },
  {
    family: 'steuer-id',
    draw: digits(11),
    valid: by('DE', 'idnr'),
    label: ['Steuer-ID', 'Steueridentifikationsnummer:'],
    key: ['steuerId', 'steuerliche_identifikationsnummer'],
  },
  {
    family: 'dni',
    draw: f => digits(8)(f) + pick(f, 'TRWAGMYFPDXBNJZSQVHLCKE'.split('')),
    valid: by('ES', 'dni'),
    label: ['DNI', 'DNI:'],
    key: ['dni', 'documentoIdentidad'],
  },
  {
    family: 'personnummer',
    draw: f => `${digits(2)(f)}0${digits(1)(f)}1${digits(1)(f)}-${digits(4)(f)}`,
    valid: by('SE', 'personnummer'),
    label: ['personnummer', 'Personnr:'],
    key: ['personnummer'],
  },
  {
    family: 'fodselsnummer',
    draw: f => day(f) + digits(5)(f),
    valid: by('NO', 'fodselsnummer'),
    label: ['fødselsnummer', 'Fnr:'],
    key: ['fodselsnummer'],
  },
  {
    family: 'cpr',
    draw: f => `${day(f)}-${digits(4)(f)}`,
    valid: by('DK', 'cpr'),
    label: ['CPR-nr.', 'CPR:'],
    key: ['cprNummer'],
  },
]
const numbers = function* (): Iterable<Case> {
  const faker = allFakers.en
  faker.seed(5)
  for (const { family, draw, valid, label, key } of ids)
    for (let round = 0; round < 120; round++) {
      let text = draw(faker)
      while (!valid(text)) text = draw(faker)
      yield { family: `id ${family}, labelled`, payload: { message: `${pick(faker, label)} ${text}, checked` } }
      yield { family: `id ${family}, keyed`, payload: { person: { [pick(faker, key)]: text.replace(/[ -]/g, '') } } }
    }
  for (let round = 0; round < 120; round++) {
    yield { family: 'iban', payload: { note: faker.finance.iban({ formatted: round % 2 === 0 }) } }
    yield {
      family: 'payment card',
      payload: { cardNumber: faker.finance.creditCardNumber('visa').replace(/-/g, round % 2 === 0 ? ' ' : '') },
    }
  }
}

/** Names that no list here was made from: only the shape of the sentence or the key can tell. */
const unlisted = function* (): Iterable<Case> {
  for (const locale of ['lv', 'sl_SI', 'id_ID', 'vi', 'en_HK', 'ku_kmr_latin'] as const) {
    const faker = allFakers[locale]
    faker.seed(11)
    for (let round = 0; round < 120; round++) {
      const name = `${faker.person.firstName()} ${faker.person.lastName()}`
      const language = pick(faker, languages)
      yield {
        family: 'unlisted name, labelled',
        payload: {
          message: pick(
            faker,
            sentences[language].name.filter(s => /atient|aciente|perat|ediener|Dr|Mme|Frau|Sra/.test(s)),
          ).replace('%', () => name),
        },
      }
      yield { family: 'unlisted name, keyed', payload: { [pick(faker, keyNames.name.slice(0, 5))]: name } }
      yield { family: 'unlisted name, bare', payload: { note: name } }
    }
  }
}

const word = 'abcdefghijklmnopqrstuvwxyz'
/** Sentences without persons: software documentation, cut into paragraphs; lines that name people are left out by form. */
const prose = function* (): Iterable<Case> {
  const files = globSync('node_modules/{*,@*/*}/{README,readme,CONTRIBUTING,SECURITY,CODE_OF_CONDUCT}.md')
    .sort()
    .slice(0, 160)
  const people = /@|author|maintain|copyright|license|licence|contributor|thanks|sponsor|credit|http|\d{7}|\|/i
  for (const file of files)
    for (const paragraph of readFileSync(file, 'utf8').split(/\n\s*\n/))
      if (paragraph.length > 60 && paragraph.length < 900 && !people.test(paragraph) && !/^[\s`#|<[*]/.test(paragraph))
        yield { family: 'prose (English)', payload: { message: paragraph } }
}

const telemetry = function* (): Iterable<Case> {
  const faker = allFakers.en
  faker.seed(99)
  const n = (width: number) => faker.string.numeric({ length: width, allowLeadingZeros: false })
  const a = (width: number) => faker.string.alphanumeric({ length: width, casing: 'upper' })
  const p = <T>(list: readonly T[]) => pick(faker, list)
  const made: Record<string, () => unknown> = {
    runId: () =>
      `${pad(faker.number.int({ min: 15, max: 26 }))}${pad(faker.number.int({ min: 1, max: 12 }))}${pad(faker.number.int({ min: 1, max: 28 }))}_A${n(5)}_${n(4)}_A${a(9)}`,
    flowCellId: () => a(9),
    serial: () => p([`NV${n(7)}-RGSBS`, `LC${n(9)}-LC3`, `MS${n(7)}-300V2`, `FAO${n(5)}`, `MN${n(5)}`, `FS${n(8)}`]),
    lotNumber: () => n(p([8, 9, 10])),
    partNumber: () => n(8),
    version: () => `${n(1)}.${n(2)}.${n(2)}.${n(p([1, 5]))}`,
    firmware: () => `novaseq_${faker.string.alpha({ length: 3, casing: 'lower' })}@NovaSeq_${n(1)}.${n(2)}.${n(2)}`,
    expires: () =>
      `${pad(faker.number.int({ min: 1, max: 12 }))}/${pad(faker.number.int({ min: 1, max: 28 }))}/20${n(2)} 00:00:00`,
    start: () => faker.date.recent().toISOString(),
    duration: () => `${pad(faker.number.int(47))}:${pad(faker.number.int(59))}:${pad(faker.number.int(59))}.${n(7)}`,
    clusterCount: () => faker.number.int(5e9),
    yieldBases: () => faker.number.int(9e14),
    percentQ30: () => faker.number.float({ max: 100, fractionDigits: 2 }),
    plusMinus: () => `${n(2)}.${n(2)} +/- ${n(1)}.${n(2)}`,
    pair: () => `0.${n(3)} / 0.${n(3)}`,
    runHash: () => faker.string.hexadecimal({ length: 40, casing: 'lower', prefix: '' }),
    analysisId: () => faker.string.uuid(),
    epoch: () => faker.number.int({ min: 1.5e12, max: 1.8e12 }),
    movie: () => `m84${n(3)}_2311${pad(faker.number.int({ min: 1, max: 28 }))}_${n(6)}_s1`,
    board: () =>
      `${p(['Left', 'Right', 'Main', 'Upper'])} ${p(['Buffer', 'Camera', 'Focus', 'Chassis', 'Laser', 'Pump'])} ${p(['Interface', 'Module', 'Control'])} Board`,
    kit: () => `${p(['NovaSeq', 'NextSeq', 'HiSeq', 'MiSeq'])} ${p(['Rapid', 'Reagent', 'Index', 'SBS'])} Kit v${n(1)}`,
    log: () =>
      `${p(['INFO', 'WARN', 'ERROR'])}: ${p(['lane', 'tile', 'pump', 'valve'])} ${n(4)} ${p(['timeout after', 'moved to', 'calibrated in'])} ${n(5)} ms`,
    path: () => p(['D:\\Illumina\\MiSeqOutput\\', '/data/minknow/reads/', '/opt/illumina/']) + n(6),
    code: () => faker.string.fromCharacters(word, 3).toUpperCase() + '-' + n(5),
  }
  for (let round = 0; round < 250; round++)
    for (const [name, make] of Object.entries(made)) yield { family: 'telemetry', payload: { [name]: make() } }
}

const isBlocked = (payload: unknown): string[] => [...subjectsOf(payload)].flatMap(hitsIn)

const measure = (cases: Iterable<Case>, expectBlock: boolean, half: Half, show: boolean): void => {
  const counts = new Map<string, { all: number; blocked: number }>()
  for (const { family, payload } of cases) {
    const text = JSON.stringify(payload)
    if (halfOf(text) !== half) continue
    const count = counts.get(family) ?? { all: 0, blocked: 0 }
    const hits = isBlocked(payload)
    const blocked = hits.length > 0
    counts.set(family, { all: count.all + 1, blocked: count.blocked + Number(blocked) })
    if (show && blocked !== expectBlock) process.stdout.write(`  ${family}: ${hits.join()} ${text.slice(0, 300)}\n`)
  }
  for (const [family, { all, blocked }] of [...counts].sort(([one], [other]) => one.localeCompare(other)))
    process.stdout.write(
      `${half} ${family.padEnd(26)} blocked ${String(blocked)}/${String(all)} ${((100 * blocked) / all).toFixed(1)} %\n`,
    )
}

const [which, flag] = process.argv.slice(2)
for (const half of halves.filter(half => which === undefined || which === half)) {
  const show = flag === '--misses' && half === 'tune'
  measure(leaks(), true, half, show)
  measure(numbers(), true, half, show)
  measure(unlisted(), true, half, show)
  measure(prose(), false, half, show)
  measure(telemetry(), false, half, show)
}
