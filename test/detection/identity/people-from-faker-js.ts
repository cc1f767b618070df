import { type Faker, allFakers } from '@faker-js/faker'
import { stdnum } from 'stdnum'
import type { IdKind, Language, People, Person, PersonId } from './person.ts'

type Locale = keyof typeof allFakers

const locales: Readonly<Record<Language, readonly Locale[]>> = {
  en: ['en_US', 'en_GB', 'en_CA', 'en_AU'],
  fr: ['fr', 'fr_CA', 'fr_BE', 'fr_CH'],
  de: ['de', 'de_AT', 'de_CH'],
  es: ['es', 'es_MX'],
  it: ['it'],
  nordic: ['sv', 'nb_NO', 'da', 'fi'],
}

/** Locales of which the name lists of the detectors know nothing. */
const rareLocales: readonly Locale[] = ['lv', 'sl_SI', 'id_ID', 'vi', 'en_HK', 'ku_kmr_latin']

const two = (value: number): string => String(value).padStart(2, '0')
const number = (faker: Faker, length: number): string => faker.string.numeric({ length, allowLeadingZeros: false })
const pick = <T>(faker: Faker, list: readonly T[]): T => faker.helpers.arrayElement(list)
const day = (faker: Faker): readonly string[] => {
  const date = faker.date.birthdate()
  return [two(date.getFullYear() % 100), two(date.getMonth() + 1), two(date.getDate())]
}
const by = (country: string, name: string) => (text: string) => stdnum[country]![name]!.validate(text).isValid

/** Modulus 11, weights 10 to 2 (NHS Data Dictionary); the library does not have it. */
const isNhsNumber = (text: string): boolean =>
  Array.from(text).reduce((sum, digit, index) => sum + Number(digit) * (index === 9 ? 1 : 10 - index), 0) % 11 === 0

/** How one identifier is drawn, until the library says that it is one, and then written: sure alone, or not. */
type Drawn = {
  readonly kind: IdKind
  readonly draw: (faker: Faker) => string
  readonly isValid: (text: string) => boolean
  readonly write: readonly (readonly [form: (text: string) => string, isSure: boolean])[]
}

const plain = (text: string): string => text
const grouped =
  (shape: RegExp, form: string) =>
  (text: string): string =>
    text.replace(shape, form)

const ofCountry: Partial<Record<Locale, readonly Drawn[]>> = {
  en_US: [
    {
      kind: 'us-ssn',
      draw: f => number(f, 9),
      isValid: text => !/^(?:9|666|...00|.{5}0000)/.test(text) && by('US', 'ssn')(text),
      write: [
        [grouped(/(...)(..)(....)/, '$1-$2-$3'), true],
        [plain, false],
      ],
    },
  ],
  en_GB: [
    {
      kind: 'uk-nhs',
      draw: f => number(f, 10),
      isValid: isNhsNumber,
      write: [
        [plain, false],
        [grouped(/(...)(...)(....)/, '$1 $2 $3'), true],
      ],
    },
    {
      kind: 'uk-nino',
      draw: f => pick(f, ['AB', 'CE', 'JH', 'WM']) + number(f, 6) + pick(f, ['A', 'B', 'C', 'D']),
      isValid: by('GB', 'nino'),
      write: [
        [plain, true],
        [grouped(/(..)(..)(..)(..)(.)/, '$1 $2 $3 $4 $5'), true],
      ],
    },
  ],
  en_CA: [
    {
      kind: 'ca-sin',
      draw: f => number(f, 9),
      isValid: text => !text.startsWith('8') && by('CA', 'sin')(text),
      write: [
        [plain, false],
        [grouped(/(...)(...)(...)/, '$1-$2-$3'), true],
        [grouped(/(...)(...)(...)/, '$1 $2 $3'), false],
      ],
    },
  ],
  en_AU: [{ kind: 'au-tfn', draw: f => number(f, 9), isValid: by('AU', 'tfn'), write: [[plain, false]] }],
  fr: [
    {
      kind: 'fr-nir',
      draw: f => {
        const body = `${pick(f, ['1', '2'])}${day(f)[0]}${day(f)[1]}75${number(f, 6)}`
        return body + two(97 - Number(BigInt(body) % 97n))
      },
      isValid: by('FR', 'nir'),
      write: [
        [plain, false],
        [grouped(/(.)(..)(..)(..)(...)(...)(..)/, '$1 $2 $3 $4 $5 $6 $7'), true],
      ],
    },
  ],
  fr_CA: [
    {
      kind: 'ca-ramq',
      draw: f => {
        const [year, month, date] = day(f)
        return `${f.string.alpha({ length: 4, casing: 'upper' })}${year}${pick(f, [month!, String(Number(month) + 50)])}${date}${number(f, 2)}`
      },
      isValid: () => true,
      write: [
        [plain, true],
        [grouped(/(....)(....)(....)/, '$1 $2 $3'), true],
      ],
    },
  ],
  de: [
    {
      kind: 'de-steuer-id',
      draw: f => number(f, 11),
      isValid: by('DE', 'idnr'),
      write: [
        [plain, false],
        [grouped(/(..)(...)(...)(...)/, '$1 $2 $3 $4'), true],
      ],
    },
  ],
  es: [
    {
      kind: 'es-dni-nie',
      draw: f => number(f, 8) + pick(f, Array.from('TRWAGMYFPDXBNJZSQVHLCKE')),
      isValid: by('ES', 'dni'),
      write: [
        [plain, true],
        [grouped(/(..)(...)(...)(.)/, '$1.$2.$3-$4'), true],
      ],
    },
    {
      kind: 'es-dni-nie',
      draw: f => pick(f, ['X', 'Y', 'Z']) + number(f, 7) + pick(f, Array.from('TRWAGMYFPDXBNJZSQVHLCKE')),
      isValid: by('ES', 'nie'),
      write: [[plain, true]],
    },
  ],
  sv: [
    {
      kind: 'se-personnummer',
      draw: f => day(f).join('') + number(f, 4),
      isValid: text => by('SE', 'personnummer')(grouped(/(......)(....)/, '$1-$2')(text)),
      write: [
        [plain, false],
        [grouped(/(......)(....)/, '$1-$2'), true],
      ],
    },
  ],
  nb_NO: [
    {
      kind: 'no-fodselsnummer',
      draw: f => day(f).toReversed().join('') + number(f, 5),
      isValid: by('NO', 'fodselsnummer'),
      write: [
        [plain, false],
        [grouped(/(......)(.....)/, '$1 $2'), true],
      ],
    },
  ],
  da: [
    {
      kind: 'dk-cpr',
      draw: f => day(f).toReversed().join('') + number(f, 4),
      isValid: by('DK', 'cpr'),
      write: [
        [plain, false],
        [grouped(/(......)(....)/, '$1-$2'), false],
      ],
    },
  ],
  fi: [
    {
      kind: 'fi-hetu',
      draw: f =>
        `${day(f).toReversed().join('')}-${number(f, 3)}${pick(f, Array.from('0123456789ABCDEFHJKLMNPRSTUVWXY'))}`,
      isValid: by('FI', 'hetu'),
      write: [[plain, true]],
    },
  ],
}

const drawn = (faker: Faker, { kind, draw, isValid, write }: Drawn): readonly PersonId[] => {
  let text = draw(faker)
  for (let tries = 0; !isValid(text); tries++) {
    if (tries > 20_000) throw new Error(`no valid ${kind} can be drawn`)
    text = draw(faker)
  }
  return write.map(([form, isSure]) => ({ kind, text: form(text), isSure }))
}

const addressOf = (faker: Faker, language: Language): string => {
  const [street, city, code] = [faker.location.street(), faker.location.city(), faker.location.zipCode()]
  const house = faker.number.int({ min: 1, max: 320 })
  const line = pick(faker, [', ', ', ', '\n'])
  if (language === 'en')
    return `${house} ${street}${line}${city}${line}${faker.location.state({ abbreviated: true })} ${code}`
  if (language === 'fr') return `${house} ${street}${line}${code} ${city}`
  return `${street} ${house}${line}${code} ${city}`
}

const personOf = (faker: Faker, language: Language, locale: Locale): Person => {
  const date = faker.date.birthdate({ mode: 'age', min: 2, max: 88 })
  const [given, family] = [faker.person.firstName(), faker.person.lastName()]
  return {
    language,
    given,
    family,
    phone: faker.phone.number({ style: pick(faker, ['national', 'international', 'human']) }),
    address: addressOf(faker, language),
    email: faker.internet.email({ firstName: given, lastName: family }),
    account: faker.internet.username({ firstName: given, lastName: family }).toLowerCase(),
    birth: { year: date.getFullYear(), month: date.getMonth() + 1, day: date.getDate() },
    iban: faker.finance.iban({ formatted: faker.datatype.boolean() }),
    card: faker.finance.creditCardNumber({ issuer: pick(faker, ['visa', 'mastercard', 'american_express']) }),
    ids: (ofCountry[locale] ?? []).flatMap(one => drawn(faker, one)),
  }
}

/** Half a: `count` persons for each language, from the lists of @faker-js/faker, with numbers that `stdnum` says are valid. */
export const peopleFromFakerJs = (count: number, seed: number): People => {
  const seededFaker = (locale: Locale): Faker => {
    const faker = allFakers[locale]
    faker.seed(seed)
    faker.setDefaultRefDate('2026-01-01')
    return faker
  }
  const each = <T>(times: number, make: () => T): readonly T[] =>
    Array.from({ length: Math.max(1, Math.floor(times)) }, make)
  return {
    persons: (Object.entries(locales) as (readonly [Language, readonly Locale[]])[]).flatMap(([language, ofLanguage]) =>
      ofLanguage.flatMap(locale => {
        const faker = seededFaker(locale)
        return each(count / ofLanguage.length, () => personOf(faker, language, locale))
      }),
    ),
    rare: rareLocales.flatMap(locale => {
      const faker = seededFaker(locale)
      return each(count / 8, () => ({ given: faker.person.firstName(), family: faker.person.lastName() }))
    }),
  }
}
