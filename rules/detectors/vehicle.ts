import { anyKey, inKeys, keywords, mayHold, nearby } from './parts/context.ts'
import type { Span, Subject, TextDetector } from '../detector.ts'

/** 17 letters and digits without I, O and Q (ISO 3779). */
const vin = /(?<![\p{L}\p{N}])(?=[A-Z]{0,16}\d)(?=\d{0,16}[A-Z])[A-HJ-NPR-Z\d]{17}(?![\p{L}\p{N}])/giu
/** Two to four groups of letters or digits, as plates have them: at least a letter or four digits, at least a digit. */
const plate = /(?<![\p{L}\p{N}])(?=[A-ZÄÖÜ\d -]{0,8}\d)[A-ZÄÖÜ\d]{1,7}(?:[ -][A-ZÄÖÜ\d]{1,4}){0,3}(?![\p{L}\p{N}])/gu

const vinWord = keywords(
  'vin',
  'identification number',
  'vehicle ?(?:id|identifier|identification)(?: ?(?:no|num|number|code))?',
  'chassis ?(?:no|num|number)',
  'fahrgestell ?(?:nummer|nr)',
  'fin ?(?:nummer|nr)',
  'numero de (?:chassis|bastidor)',
  'numero di telaio',
)
const plateWord = keywords(
  '(?:licen[cs]e|number|registration|vehicle|car) ?plates?(?: ?(?:no|num|number))?',
  'plate ?(?:no|num|number)(?! of)',
  '(?:car|vehicle) ?(?:registration|reg)(?: ?(?:no|num|number|mark))?',
  "plaque d'immatriculation",
  'immatriculation(?: (?:du|de la) (?:vehicule|voiture))?',
  '(?:kfz ?|auto ?)?kennzeichen',
  'matricula(?: del coche)?',
  'placa (?:del?|de la) (?:coche|vehiculo|auto|carro)',
  'targa',
  'registreringsnummer',
  'rekisterinumero',
)

const isPlate = (written: string): boolean => {
  const compact = written.replaceAll(/[ -]/g, '')
  return compact.length >= 4 && compact.length <= 9 && /\d/.test(compact) && /[A-ZÄÖÜ]/.test(compact)
}

const inContext = function* (
  subject: Subject,
  shape: RegExp,
  word: RegExp,
  is: (written: string) => boolean,
): Iterable<Span> {
  const named = inKeys(subject, word)
  if (!named && !mayHold(subject.text, word)) return
  for (const { 0: written, index } of subject.text.matchAll(shape)) {
    const span = { start: index, end: index + written.length }
    if (is(written) && (named || nearby(subject, span, word))) yield span
  }
}

export const vehicle = {
  kind: 'text',
  id: 'vehicle',
  title: 'Vehicle identification number or licence plate',
  category: 'identity',
  source:
    '45 CFR 164.514(b)(2)(i)(L): vehicle identifiers and serial numbers, including license plate numbers; ISO 3779',
  needs: [
    { digits: 1, letters: 4, letterWord: 3, blanks: 1 },
    { digits: 1, letters: 4, letterWord: 3, has: ':' },
    { digits: 1, letters: 4, letterWord: 3, has: '=' },
    { digits: 1, letters: 1, under: anyKey(vinWord) },
    { digits: 1, letters: 1, under: anyKey(plateWord) },
  ],
  *find(subject) {
    yield* inContext(subject, vin, vinWord, () => true)
    yield* inContext(subject, plate, plateWord, isPlate)
  },
  examples: {
    match: [
      'VIN WVWZZZ1JZXW000001',
      'license plate AB-123-CD',
      'Kennzeichen: B-MW 1234',
      'matrícula 1234 BCD',
      { text: '1HGCM82633A004352', keys: ['vehicleId'] },
      { text: '7ABC123', keys: ['car', 'plateNumber'] },
    ],
    noMatch: [
      'WVWZZZ1JZXW000001',
      'AB-123-CD',
      'plate 96 wells, run 3 of 4',
      { text: 'HK33MDRX3', keys: ['plateBarcode'] },
      { text: 'A01', keys: ['plate', 'well'] },
    ],
  },
} as const satisfies TextDetector
