import { getCountries, parsePhoneNumberFromString, type CountryCode } from 'libphonenumber-js/max'
import { anyKey, inContext, keywords } from './parts/context.ts'
import type { Span, Subject, TextDetector } from '../detector.ts'
import { withoutDates } from './parts/date-forms.ts'

/** The countries whose national forms are looked for, unless the policy names others. */
const defaultRegions: readonly CountryCode[] = [
  'US', 'CA', 'GB', 'FR', 'DE', 'ES', 'IT', 'SE', 'NO', 'DK', 'FI', 'IS', 'AU',
] // prettier-ignore

/** Seven to fifteen digits (ITU-T E.164) in groups, with at most three separators between two digits. */
const candidate =
  /(?<![\p{L}\p{N}_]|\d[.:/-])(?:\+[ ]?)?\(?\+?\d(?:[ \u00a0()./\u2010-\u2013-]{0,3}\d){6,16}(?: ?(?:x|ext\.?|#) ?\d{1,6})?(?![\p{L}\p{N}_]|[.:]\d)/gu

/** Words behind which a number is a telephone number, whatever the numbering plan says of it. */
const sure = [
  '(?:tele)?phones?(?: ?(?:no|num|number))?',
  'tel(?:f|ef)?',
  'tfno',
  'tele?fax',
  'fax',
  'mobile ?(?:phone|no|num|number)',
  'cell ?phone',
  'my cell',
  'my mobile',
  'whatsapp',
  'landline',
  'telefon\\p{L}*',
  'telefoon\\p{L}*',
  'rufnummer',
  'handy(?: ?(?:nummer|nr))',
  'mobil(?:nummer|nr|telefon)',
  'portable(?! \\p{L})',
  'numero de (?:portable|tel\\p{L}*|cellulaire|movil|cellulare)',
  'telefono',
  'celular',
  'cellulare',
  'puhelin\\p{L}*',
  'puh',
  'tlf',
  'tlfnr',
  'matkapuhelin',
] as const
const surely = keywords(...sure)
/** And words that say more than one thing: there the number has to be one that somebody could have. */
const word = keywords(
  ...sure,
  'ph',
  'mobile(?! phase)',
  'mob',
  'cellular',
  '(?<!flow )cell ?(?:no|num|number)',
  'call (?:me|us|him|her|back|at|on)',
  'callback',
  'sms',
  'pager',
  'dial',
  'reach(?:ed)? (?:me|us|him|her|at|on)',
  'text (?:me|us)',
  'portable',
  'appele[rz](?:-moi)?',
  'joindre',
  'joignable',
  'handy',
  'mobil\\p{L}*(?<!mobile)',
  'anruf\\p{L}*',
  'durchwahl',
  'movil',
  'llam(?:ar|e|a|ame)',
  'chiam\\p{L}+',
  'ring',
)

/** Shapes of national numbers that stand for themselves: separators or parentheses in that country's usual places. */
const shapes: readonly (readonly [RegExp, readonly CountryCode[]])[] = [
  [/^(?:1[ .-])?(?:\([2-9]\d{2}\)[ ]?|[2-9]\d{2}([.-]))[2-9]\d{2}(?:\1|[ .-])\d{4}$/, ['US', 'CA']],
  [/^(?:1[ -])?[2-9]\d{2} [2-9]\d{2}[ -]\d{4}$/, ['US', 'CA']],
  [/^0[1-9](?:([ .-])\d{2})(?:\1\d{2}){3}$/, ['FR']],
  [/^\(?0\d{2,4}\)?[ ]\d{3,4}[ -]?\d{3,4}$|^\(?0\d{4}\)?[ ]\d{5,6}$/, ['GB', 'AU', 'FI', 'DE', 'SE']],
  [/^\(?0[1-9]\d{1,4}(?:\)[ ]?|[ ]?[/–-][ ]?|[ ])\d{2,8}(?:[ -]?\d{2,5}){0,4}$/, ['DE', 'GB', 'IT', 'SE', 'FI', 'AU']],
  [/^0[45]\d{2}([ -])\d{3}\1\d{3,4}$/, ['AU', 'FI']],
  [/^\(0\d\) ?\d{4}[ -]\d{4}$|^0[2378] \d{4} \d{4}$/, ['AU']],
  [/^0[1-9]\d{0,2}-\d{2,3} ?\d{2} ?\d{2,3}$/, ['SE']],
  [/^3\d{2}[ .-]\d{3}[ .-]?\d{4}$|^3\d{2} \d{2} \d{2} \d{3}$|^0\d{1,3} \d{5,8}$/, ['IT']],
  [/^[679]\d{2}([ .-])\d{2}\1\d{2}\1\d{2}$|^[67]\d{2}([.-])\d{3}\2\d{3}$/, ['ES']],
]

/** How the last word of a number looks that has an extension: 3778x35337. */
const EXTENDED = /^0{1,15}A0{1,6}$/

/** `(834) 230-3796` can be nothing else, even where the area code is not given out. */
const northAmerican = /^(?:1[ .-]?)?\(\d{3}\) ?\d{3}-\d{4}(?: ?(?:x|ext\.?) ?\d{1,6})?$|^\d{3}-\d{3}-\d{4} ?x\d{2,6}$/
/** `(08) 0892 0974`: so an area code is written, and nothing else. */
const withAreaCode = /^\(0\d{1,4}\) ?\d{3,4}[ -]?\d{3,4}$/

const validIn = (text: string, countries: readonly CountryCode[]): boolean =>
  countries.some(country => parsePhoneNumberFromString(text, country)?.isValid() === true)

/** As many digits as numbers of one of the countries have, given out or not; any number of digits where the policy names no countries. */
const isPossibleIn = (text: string, regions: readonly CountryCode[]): boolean =>
  regions === defaultRegions ||
  regions.some(country => parsePhoneNumberFromString(text, country)?.isPossible() === true)

/** A plus sign, a country code that there is, and as many digits as numbers of that country have. */
const isPossible = (written: string): boolean =>
  /(?:\d\D{0,3}){9}/.test(written) && parsePhoneNumberFromString(written)?.isPossible() === true

/** `+44 (0)20 …`: the zero in parentheses is not dialled from abroad. */
const international = (text: string): boolean => {
  const written = text.replace(/^\(\+/, '+').replace(/^\+ /, '+')
  if (!written.startsWith('+')) return false
  return [written.replace(/\(0\)/, ''), written].some(
    one => parsePhoneNumberFromString(one)?.isValid() === true || isPossible(one),
  )
}

/** `0044 20 …` with separators: an exit code, then a country code. */
const exitCode = (text: string): boolean => /^00[1-9]\d{0,2}[ .(/-]/.test(text) && international('+' + text.slice(2))

const hasShape = (text: string, regions: readonly CountryCode[]): boolean =>
  shapes.some(
    ([shape, countries]) =>
      shape.test(text) &&
      validIn(
        text,
        countries.filter(country => regions.includes(country)),
      ),
  )

/** `0.128`, `12.50 14.75` and the like: numbers with a decimal point, not groups of digits. */
const decimals = /(?:^|[ /-])\d{1,3}\.\d{1,6}(?:$|[ /-])/

const isPhone = (
  text: string,
  regions: readonly CountryCode[],
  inPhoneContext: (words: RegExp) => boolean,
): boolean => {
  if (international(text) || exitCode(text)) return true
  if (withoutDates(text).length < text.length || decimals.test(text)) return false
  if (hasShape(text, regions) || northAmerican.test(text) || withAreaCode.test(text)) return true
  if (isPossibleIn(text, regions) && inPhoneContext(surely)) return true
  return (
    inPhoneContext(word) && (validIn(text, regions) || (text.startsWith('00') && international('+' + text.slice(2))))
  )
}

/** A day and a decimal number, which are in most texts that come this far: shortcuts, nothing more. */
const nothing = /^(?:(?:19|20)\d\d-\d\d-\d\d|\d{1,3}\.\d{1,6})$/

/** A UUID with a letter in it (RFC 9562): the groups of digits in it are no groups of a number. */
const uuid =
  /(?<![\p{L}\p{N}_-])(?=[\d-]{0,35}[a-f])[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}(?![\p{L}\p{N}_-])/giu

const isInUuid = (text: string, index: number): boolean =>
  text.matchAll(uuid).some(found => index >= found.index && index < found.index + found[0].length)

/** A candidate may have swallowed a number beside it (`tel 030 123456 12`): shorter beginnings are tried too, at most four. */
const beginnings = (text: string): readonly string[] => {
  const found = [text]
  for (let end = text.lastIndexOf(' '); end >= 7 && found.length < 4; end = text.lastIndexOf(' ', end - 1))
    found.push(text.slice(0, end))
  return found
}

const findIn = (regions: readonly CountryCode[]) =>
  function* (subject: Subject): Iterable<Span> {
    if (nothing.test(subject.text)) return
    // A number with a decimal point is a measurement: the point separates no groups.
    if (subject.role === 'number' && !/^\d+$/.test(subject.text)) return
    for (const { 0: raw, index } of subject.text.matchAll(candidate)) {
      const context = (span: Span) => (words: RegExp) => inContext(subject, span, words)
      for (const written of beginnings(raw)) {
        const span = { start: index, end: index + written.length }
        if (!isPhone(written, regions, context(span))) continue
        if (!isInUuid(subject.text, index)) yield span
        break
      }
    }
  }

export const phone = {
  kind: 'text',
  id: 'phone',
  title: 'Telephone or fax number',
  category: 'identity',
  source: 'ITU-T E.164 and E.123; numbering plans of libphonenumber',
  needs: [
    { digitGroups: 7 },
    { digits: 8, looks: [EXTENDED] },
    { digitChain: 7, has: '+' },
    { digitChain: 7, letterWord: 2 },
    { digitChain: 7, under: anyKey(word) },
  ],
  find: findIn(defaultRegions),
  settings: {
    schema: {
      type: 'object',
      additionalProperties: false,
      properties: {
        regions: {
          description:
            'Countries (ISO 3166-1 alpha-2) whose national forms are looked for. Numbers with a country code are found whatever they are.',
          type: 'array',
          minItems: 1,
          uniqueItems: true,
          items: { enum: getCountries() },
          default: defaultRegions,
        },
      },
    },
    find: ({ regions }: { readonly regions: readonly CountryCode[] }) => findIn(regions),
  },
  examples: {
    match: [
      '+44 20 7946 0958',
      '+49 (0)30 901820',
      '(212) 555-2368',
      '212-555-2368',
      '06 12 34 56 78',
      '0171 3456789',
      'a429675a-0757-4613-b2db-8f438f934a1e, +49 30 901820',
      '030 / 901820',
      'tel. 612 345 678',
      'Handy: 01713456789',
      { text: '2125552368', keys: ['contact', 'phoneNumber'] },
    ],
    noMatch: [
      '06/05/2024 00:00:00',
      '2023-11-08T16:06:00+01:00',
      '20240605 1234567',
      '1.18.54.4',
      '1000013350',
      '0.123 / 0.068',
      '2125552368',
      'a429675a-0757-4613-b2db-8f438f934a1e',
      { text: '20764462', keys: ['lot'] },
      { text: '20764462', keys: ['flowCell', 'serial'] },
    ],
  },
} as const satisfies TextDetector
