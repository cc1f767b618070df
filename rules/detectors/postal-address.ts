import { anyKey, inKeys, inLastKey, keywords, lastKey } from './parts/context.ts'
import type { Span, TextDetector } from '../detector.ts'
import { isCommon, isInstrument } from './parts/names/name-evidence.ts'
import { spansOf } from './parts/pattern-spans.ts'

const L = '(?<![\\p{L}\\p{N}])'
const R = '(?![\\p{L}\\p{N}])'
const name = "[\\p{Lu}\\d][\\p{L}\\p{M}\\d.'’-]{0,24}"
const words = `(?:${name} ){1,4}`
/** A capitalised place of one to four words. */
const place =
  "\\p{Lu}[\\p{L}\\p{M}.'’]{1,24}(?:[ -](?:(?:de|la|le|les|sur|sous|am|an|der|im|bei|del|y|upon|on|en|St)[ -]){0,2}\\p{Lu}[\\p{L}\\p{M}.'’]{1,24}){0,4}"
/** One to seven words of a street's name; the separators are not optional, or a long word could be cut in many ways. */
const anyWords = "[\\p{L}\\p{M}\\d.'’ªº-]{1,24}(?: [\\p{L}\\p{M}\\d.'’ªº-]{1,24}){0,6}"
const number = '\\d{1,5}[a-zA-Z]?(?:[-/]\\d{1,4}[a-zA-Z]?)?(?: ?(?:bis|ter))?'
const join = '[,;]?[ \\n]{0,3}(?:\\p{L}{1,8}[ .]{0,2}\\d{1,5}\\p{L}?[,;]?[ \\n]{1,2}){0,1}'

const english =
  '(?:Street|St\\.?|Avenue|Ave\\.?|Road|Rd\\.?|Boulevard|Blvd\\.?|Lane|Ln\\.?|Drive|Dr\\.?|Court|Ct\\.?|Place|Pl\\.?|Square|Terrace|Way|Crescent|Close|Parkway|Pkwy\\.?|Highway|Hwy\\.?|Circle|Trail|Row|Gardens|Grove|Mews|Walk|Green|Hill)'
const french =
  '(?:rue|avenue|av\\.|boulevard|bd|bld|blvd|place|chemin|all[ée]e|impasse|quai|cours|route|passage|square|faubourg|mont[ée]e|voie|villa|sentier|rang)'
const german =
  '[\\p{L}\\p{M}.-]{0,28}(?:stra(?:ß|ss)e|str\\.|weg|platz|allee|gasse|ring|damm|ufer|markt|chaussee|steig|berg|hof|graben)'
const spanish =
  '(?:calle|c/|avenida|avda\\.?|av\\.|paseo|p[º°]|plaza|pza\\.?|camino|carretera|ctra\\.?|ronda|traves[ií]a|v[ií]a|viale|corso|piazza|vicolo|largo|rambla|carrer|rua|r[úu]a|glorieta|b[ou]u?levar(?:d)?|cuesta|pasaje|urbanizaci[oó]n|urb\\.|alameda|callej[oó]n|ca[nñ]ada|acceso|vial|subida|bajada|barrio|colonia|prolongaci[oó]n|calzada|circuito|diagonal|perif[eé]rico|privada|retorno|viaducto|transversal|carrera|cra\\.|borgo|strada|contrada|vico|salita|lungo\\p{L}{2,8}|rotonda|stretto)'

const ukCode = '[A-Z]{1,2}\\d[A-Z\\d]? ?\\d[A-Z]{2}'
const caCode = '[ABCEGHJ-NPRSTVXY]\\d[A-Z][ -]?\\d[A-Z]\\d'
const usCode = '[A-Z]{2},? \\d{5}(?:-\\d{4})?'
const auCode = '(?:NSW|VIC|QLD|SA|WA|TAS|NT|ACT),? \\d{4}'
/** Eircode: a routing key and four characters without letters that are easily mistaken. */
const ieCode = '[AC-FHKNPRTV-Y]\\d[\\dW] ?[\\dAC-FHKNPRTV-Y]{4}'
const anglo = `(?:${place})?[, \\n]{1,3}(?:${place}[, \\n]{1,3})?(?:\\p{L}{2,20}[, \\n]{1,2})?(?:${ukCode}|${caCode}|${usCode}|${auCode}|\\d{5}(?:-\\d{4})?)`
const postcode = `(?:(?:F|D|DE|FR|E|ES|CH|A|AT|I|IT|B|BE|L|S|SE|N|NO|DK|FI)-)?\\d{2} ?\\d{3} ?,? ?${place}|\\d{4} ${place}|${place}[, ]{1,3}\\d{5}|(?:[A-Z]{2} )?${caCode}`

/** A street with a house number and, behind it, a postcode: each country's usual order. */
const full = [
  `${L}${number},? ${words}${english}(?: (?:N|S|E|W|NE|NW|SE|SW|North|South|East|West)\\.?)?${join}[, \\n]{1,3}${anglo}${R}`,
  `${L}${number},? (?:${french}) ${anyWords}(?:[,;]?[ \\n]{1,3}\\([\\p{L} ]{1,24}\\))?[,;]?[ \\n]{0,3}(?:${place},? )?(?:${postcode})${R}`,
  `${L}(?:\\p{Lu}[\\p{L}\\p{M}.-]{1,24} ){0,3}${german} ${number}[,;]?[ \\n]{1,3}(?:${postcode})`,
  `${L}(?:${spanish}) ${anyWords}[, ]{1,2}(?:n[.º°]{0,2} ?)?${number}[,;]?[ \\n]{1,3}(?:[\\p{L}\\d.ºª°]{1,12}[, \\n]{1,2}){0,3}(?:${postcode})`,
] as const
const patterns = full.map(source => new RegExp(source, 'giu'))

const states =
  'AL|AK|AZ|AR|CA|CO|CT|DE|DC|FL|GA|HI|ID|IL|IN|IA|KS|KY|LA|ME|MD|MA|MI|MN|MS|MO|MT|NE|NV|NH|NJ|NM|NY|NC|ND|OH|OK|OR|PA|PR|RI|SC|SD|TN|TX|UT|VT|VA|WA|WV|WI|WY|AS|GU|MP|FM|MH|PW|VI'
const region = `(?:(?:${states}),? \\d{5}(?:-\\d{4})?|(?:AB|BC|MB|NB|NL|NS|NT|NU|ON|PE|QC|SK|YT)?,? ?${caCode}|${auCode}|${ieCode}|${ukCode})`
/** Streets without a street word, `Am Hang 62, 73084 Aalen` and `702 Klein Mount, Salem, MO 03279`: the capitals count. */
const withRegion = new RegExp(
  `${L}\\d{1,5}[a-zA-Z]?(?:/\\d{1,4})? ${name}(?: ${name}){0,4}(?:[,;\\n] ?[\\p{L}\\d .#]{1,20})?[,;\\n] ?(${place})[, \\n]{1,3}${region}${R}`,
  'gu',
)
/** `Flat 6, Neil Oval, Port Example, YO1 7HH`: the British postcode closes what need not hold a house number. */
const british = new RegExp(
  `${L}(\\p{Lu}[\\p{L}\\p{M}.'’-]{1,24}(?: [\\p{L}\\p{M}\\d.'’-]{1,24}){0,3})(?:[,;] |\\n)(${place})[, \\n]{1,3}(?:${ukCode}|${ieCode})${R}`,
  'gu',
)
/** `3 Example Terrace, Dunedin 9016`: four digits are a postcode behind a street that says that it is one. */
const fourDigits = new RegExp(
  `${L}\\d{1,5}[a-zA-Z]? ((?:${name} ){1,3}(?:Street|Road|Avenue|Terrace|Crescent|Drive|Lane|Place|Way|Court|Close|Grove|Parade|Esplanade|Highway|Circuit))[,;\\n] ?(?:RD \\d{1,2}[,\\n] ?)?(${place}),? \\d{4}${R}`,
  'gu',
)
/** Military mail of the United States, and post office boxes, also in French, German and Spanish. */
const boxes =
  /(?<![\p{L}\p{N}])(?:[AFD]PO,? A[AEP] \d{5}|(?:P\. ?O\. ?|PO ?|Post Office )Box \d{1,6}|(?:bo[iî]te postale|B\. ?P\.|Postfach|apartado de correos|apdo\.) \d{1,6})(?![\p{L}\p{N}])/giu
/** `Carrera 12 # 34-56`: a crossing and a distance from it, as houses are numbered in Colombia. */
const crossing =
  /(?<![\p{L}\p{N}])(?:calle|cll?\.?|carrera|cra\.?|kr|avenida|av\.?|diagonal|dg\.?|transversal|tv\.?) \d{1,3} ?[A-Z]{0,2}(?: ?(?:bis|sur|norte|este|oeste)){0,2} ?(?:#|no\.?|n[°º]) ?\d{1,3} ?[A-Z]{0,2} ?[- ] ?\d{1,3}(?!\d)/giu
/** A Spanish street with a house number, and a place with or without its postcode. */
const spanishLine = new RegExp(
  `${L}(?:Calle|C/|Avenida|Avda\\.?|Av\\.|Paseo|Plaza|Pza\\.|Camino|Carretera|Ctra\\.|Ronda|Traves[ií]a|Rambla|Glorieta|Bulevar|Boulevard|Cuesta|Pasaje|Alameda|Callej[oó]n|Ca[nñ]ada|Calzada|Diagonal|Privada|Retorno|Circuito|Andador|Cerrada|Prolongaci[oó]n|Perif[eé]rico|Eje vial|Viaducto|Peatonal|Corredor|Ampliaci[oó]n|Continuaci[oó]n|Acceso|Vial|Urbanizaci[oó]n|Pasadizo|Carrera) ((?:(?:de|del|la|las|los|el|y) ){0,2}\\p{Lu}[\\p{L}\\p{M}.'’-]{1,24}(?: (?:(?:de|del|la|las|los|y) ){0,2}[\\p{Lu}\\d][\\p{L}\\p{M}\\d.'’-]{0,24}){0,5}),? (?:n(?:ro)?[.º°]{1,2} ?)?\\d{1,5}[^\\d\\p{L}]{1,3}(?:[\\p{L}\\d.ºª°]{1,12}[^\\d\\p{L}]{1,4}){0,5}?(${place})${R}`,
  'gu',
)
const streetWords = "(?:\\p{Lu}[\\p{L}\\p{M}.'’-]{1,28},? (?:(?:der|dem|den|de|del|de la|de los|di|da|du|y|e) )?){1,5}"
const house = '(?:n[.º°]{0,2} ?)?\\d{1,4}(?: ?[a-zA-Z](?![\\p{L}]))?(?:[/-]\\d{1,4}[a-z]?)?(?: \\d{1,3}(?!\\d))?'
/** A part of a house: `Piso 9`, `Apt. 477`, `3º B`, `6. tv`. */
const unit =
  '(?:(?:Piso|Piano|Puerta|Pta|Apto?|Apartamento|App(?:artamento)?|Appt|Int(?:erior)?|Whg|Wohnung|Zimmer|Top|Stiege|Hus|Leil|Lgh|Suite|Ste|Esc|Edif(?:icio)?|Depto|Bât|[ée]tage)\\.? ?[\\p{L}\\d]{0,4}|\\d{1,3}(?:[.ºª°]|er|e)? ?(?:tv|th|mf|[\\p{L}]|[ée]tage)?\\.?)'
const afterHouse = `(?:(?: {1,2}|,| , ){1,2}${unit}){0,3} {0,2}[,;\\n][ \\n]{0,2}`
/** Continental order: street, number, postcode and place, or place and postcode. */
const continental = [
  `${L}(${streetWords})${house}${afterHouse}(?:[A-Z]{1,2}-)?(?:\\d{5}|\\d{3} \\d{2}|(?!19|20)\\d{4}),? (${place})${R}`,
  `${L}(${streetWords})${house}${afterHouse}(${place}),? (?:\\p{Lu}[\\p{L}.]{1,5},? ?)?\\d{5}(?:-\\d{4})?${R}`,
].map(source => new RegExp(source, 'gu'))
/** Street words of the north, grown together with the name, stand for a street also before a postcode that reads as a year. */
const nordic = new RegExp(
  `${L}\\p{Lu}[\\p{L}\\p{M}. -]{1,28}(?:vej|gade|all[eé]|plads|gata|gatan|gate|gaten|veg|vegen|vei|veien|v[äa]g|v[äa]gen|gr[äa]nd|stigen|katu|tie|kuja|polku|torg|bakken|haugen|toppen|svingen|straat|laan) ${house}${afterHouse}(?:\\d{3} ?\\d{2}|\\d{4}) (${place})${R}`,
  'giu',
)
/** `Lane 3, 12345 Clusters` has the German shape too. */
const isPlace = (words: string): boolean => !words.split(/[ ,-]+/).some(word => word.length > 3 && isInstrument(word))

/** Without a postcode, a street and number alone count under a property that means an address. */
const street = [
  `${L}${number},? ${words}${english}(?!\\p{L})`,
  `${L}${number},? (?:bis |ter )?(?:${french}) \\p{L}`,
  `${german} ${number}${R}`,
  `${L}(?:${spanish}) [\\p{L}\\p{M}. '’]{2,40}[, ]{1,2}(?:n[.º°]{0,2} ?)?${number}${R}`,
].map(source => new RegExp(source, 'iu'))
const addressKey = keywords(
  '(?:home|postal|street|mailing|billing|shipping|patient|residential|contact|work)? ?address(?:es)?(?: line ?\\d?)?',
  'street(?: ?(?:address|name|line))?',
  'addr\\d?',
  'adresse\\p{L}*',
  'anschrift',
  'wohnort',
  'strasse',
  'rue',
  'direccion',
  'domicilio',
  'calle',
  'indirizzo',
  'residenza',
  'residence',
  'adress',
  'osoite',
)
/** Under such a property, a word with a capital and a house number beside it. */
const numbered = `(?:\\d{1,5}[a-zA-Z]?,? (?:\\p{L}{1,10} )?\\p{Lu}[\\p{L}\\p{M}.'’-]{2,28}|\\p{Lu}[\\p{L}\\p{M}.'’-]{2,28}(?: [\\p{L}\\p{M}.'’-]{1,28}){0,4},? \\d{1,4}(?!\\d|[.:]\\d))`
const withNumber = new RegExp(`${L}${numbered}`, 'u')
/** In running text, behind words that introduce where somebody lives. */
const labelled = new RegExp(
  `${L}(?:(?<!mail |ip |mac |network |memory |base |bus )[Aa]ddress|[Aa]dress[e]?|[Aa]nschrift|[Dd]irecci[oó]n(?: postal)?|[Ii]ndirizzo|[Oo]soite|lives (?:at|in)|living at|resid(?:es|ing|ent) (?:at|in|of)|moved to|wohn(?:t|haft)(?: in)?|habite(?: au)?|domicilié?e?(?: au| à)?|domicilio(?: en)?|vive en|reside en|residente in|bosatt|bor (?:på|i)|asuu)(?: of (?:the )?\\p{L}{1,12}| du patient| d[er]{1,2} \\p{L}{1,12})? ?[:=]? {0,2}(${numbered})`,
  'gu',
)
/** Addresses of machines are none of persons. */
const machineAddress = keywords(
  'ip',
  'mac',
  'memory',
  'bus',
  'register',
  'network',
  'url',
  'web',
  'http',
  'base',
  'e ?mail',
)

/** How a postcode looks, or the last part of one: 62704, 7HH, H2J 2L3, 28 014, 2000. */
const POSTCODE = /^(?:0{3,5}|0AA|0A0|A0A0.*|A{1,2}0(?:0{1,2}|A0)AA)$/

/** How the routing key of an Eircode looks, alone or with the rest behind it. */
const EIRCODE = /^A0[0A]/

/** A postcode names fewer people than a state does, so under its own name it counts alone. */
const postcodeKey = keywords(
  'zip(?: ?codes?)?',
  'post(?:al)? ?codes?',
  'plz',
  'postleitzahl',
  'codes? ?postal',
  'cp',
  'codigo ?postal',
  'cap',
  'post ?(?:nummer|nr)',
  'postinumero',
)
const bareCode = new RegExp(`^\\s*(?:\\d{4,5}(?:-\\d{4})?|\\d{3} \\d{2}|${ukCode}|${caCode})\\s*$`, 'i')

/** What every postcode of these patterns holds: four digits, five of them in two groups, or the code of Britain, Ireland or Canada. */
const mayHavePostcode =
  /\d{4}|\d{2} \d{3}|\d{3} \d{2}|[A-Z]\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[\dW] ?[\dA-Z]{4}|[A-Z]\d[A-Z][ -]?\d[A-Z]\d/iu
/** And what every box and every crossing holds. */
const mayBeBox = /(?:box|postale|P\.|postfach|correos|apdo\.|A[AEP]) \d/iu
const mayBeCrossing = /(?:#|no|n[°º])\.? ?\d/iu

const withPostcode = function* (text: string): Iterable<Span> {
  for (const pattern of [...patterns, withRegion]) yield* spansOf(text, pattern)
  for (const pattern of [...continental, british, fourDigits])
    for (const hit of text.matchAll(pattern))
      if (isPlace(hit[1]!) && isPlace(hit[2]!) && !isCommon(hit[2]!))
        yield { start: hit.index, end: hit.index + hit[0].length }
  yield* spansOf(text, nordic)
}

export const postalAddress = {
  kind: 'text',
  id: 'postal-address',
  title: 'Postal address',
  category: 'identity',
  source: 'UPU S42 (components and their order by country); 45 CFR 164.514(b)(2)(i)(B)',
  needs: [
    { digitLed: 1, letters: 4, blanks: 1, looks: [POSTCODE] },
    { digitLed: 1, letters: 2, blanks: 1, under: anyKey(addressKey) },
    { digits: 2, under: lastKey(postcodeKey) },
    { digitLed: 1, letters: 8, letterWord: 4, upper: 1, blanks: 2 },
    { letters: 5, upper: 3, blanks: 1, looks: [EIRCODE] },
  ],
  *find(subject): Iterable<Span> {
    const { text } = subject
    if (bareCode.test(text) && inLastKey(subject, postcodeKey) && !inLastKey(subject, machineAddress)) {
      yield { start: 0, end: text.length }
      return
    }
    if (mayHavePostcode.test(text)) yield* withPostcode(text)
    if (mayBeBox.test(text)) yield* spansOf(text, boxes)
    if (mayBeCrossing.test(text)) yield* spansOf(text, crossing)
    for (const hit of text.matchAll(spanishLine))
      if (isPlace(hit[1]!) && isPlace(hit[2]!)) yield { start: hit.index, end: hit.index + hit[0].length }
    for (const hit of text.matchAll(labelled))
      if (isPlace(hit[1]!)) yield { start: hit.index, end: hit.index + hit[0].length }
    if (text.length > 300 || !inKeys(subject, addressKey) || inKeys(subject, machineAddress)) return
    if (street.some(pattern => pattern.test(text)) || (withNumber.test(text) && isPlace(text)))
      yield { start: 0, end: text.length }
  },
  examples: {
    match: [
      '1600 Amphora Avenue, Springfield, IL 62704',
      '12 Old Mill Lane, York YO1 7HH',
      '12 bis rue des Lilas, 75011 Paris',
      'Lindenstraße 14, 10969 Berlin',
      'Calle de Alcalá 45, 3º B, 28014 Madrid',
      '4520 rue Saint-Denis, Montréal QC H2J 2L3',
      'Flat 6, Neil Oval, Port Exeter, YO1 7HH',
      'Gengatan 706\n490 74 Sundsvall',
      'address: Larsentoppen 2B',
      { text: '12 Old Mill Lane', keys: ['homeAddress'] },
      { text: '62704', keys: ['patient', 'zipCode'] },
    ],
    noMatch: [
      'Lane 12, 1101 Tiles',
      'Read 1 Index 10 Flow Cell Way',
      '4 Lane 20031054 Kit',
      { text: '62704', keys: ['clusterCount'] },
      { text: 'node 4', keys: ['busAddress'] },
      { text: '10.0.0.12', keys: ['ipAddress'] },
      { text: '0x40 bus 3', keys: ['address'] },
    ],
  },
} as const satisfies TextDetector
