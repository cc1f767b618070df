import { fold, inKeys, keywords, nearby } from './parts/context.ts'
import type { Span, Subject, TextDetector } from '../detector.ts'

/** ICD-10: a letter, two characters, and up to four more behind a full stop (ICD-10-CM, ICD-10-GM, CIM-10). */
const icd10 = /(?<![\p{L}\p{N}._-])[A-TV-Z]\d[\dAB](?:\.[\dA-Z]{1,4})?[+*!]?(?![\p{L}\p{N}_-]|\.\d)/gu
/** SNOMED CT concept identifiers are bare digits, so they count only in context. */
const snomed = /(?<![\p{L}\p{N}.])\d{6,18}(?![\p{L}\p{N}]|\.\d)/gu

const icdWord = keywords(
  'icd(?: ?-? ?10)?(?: ?-? ?(?:cm|gm))?(?: codes?)?',
  'cim ?-? ?10',
  'cie ?-? ?10',
  'diagnos(?:is|es|ed|e|en|tiziert|ticad[oa]|tico|i|tic|tique)',
  'dx',
  'diag',
  'morbidity',
  'comorbid\\p{L}*',
)
const snomedWord = keywords('snomed(?: ?ct)?(?: ?(?:codes?|ids?))?', 'sctid')

/** Instruments diagnose themselves; such names are no clinical context. */
const machine = /\b(?:instrument|system|self|pump|laser|network|disk|log|error|diagnostics?)\b/

/** Diseases and findings, in folded words: enough in a clinical sentence, never alone. */
const disease =
  '(?:(?:breast|lung|colorectal|colon|prostate|ovarian|pancreatic|bladder|liver|thyroid|skin|cervical|gastric|kidney) (?:cancer|carcinoma|tumou?r)|cancer|carcinoma|carcinome|karzinom|leu[kc][ae]?emi\\p{L}*|lymphom\\p{L}*|melanom\\p{L}*|myelom\\p{L}*|sarcom\\p{L}*|glioblastom\\p{L}*|adenocarcinom\\p{L}*|mammakarzinom|brustkrebs|lungenkrebs|krebs|tumor|tumeur|diabet\\p{L}*|hypertension|hypertonie|epileps\\p{L}*|asthma|asthme|asma|hiv(?:-positiv\\p{L}*)?|aids|sida|vih|hepatit\\p{L}*|tubercul\\p{L}*|tuberkulose|cystic fibrosis|mucoviscidose|mukoviszidose|schizophren\\p{L}*|depressi\\p{L}*|dementia|alzheimer\\p{L}*|parkinson\\p{L}*|down syndrome|trisomy|trisomie|multiple sclerosis|multiple sklerose|stroke|infarct\\p{L}*|anemia|anaemia|sepsis|covid(?:-19)?|pregnan\\p{L}*|enceinte|schwanger\\p{L}*|embarazad\\p{L}*|miscarriage|syphilis|chlamydia|gonorrh\\p{L}*)'
const person =
  '(?:patient\\p{L}{0,3}|pt|he|she|proband|mother|father|woman|man|boy|girl|child|donor|subject|elle|il|patientin|sie|er|paciente|paziente|pasient|potilas)'
const affected =
  "(?:(?:was |is |were |has been |been )?(?:newly |recently )?(?:diagnosed with|diagnosed as|suffer\\p{L}{0,4} from|treated for|tested positive for|positive for|admitted (?:for|with)|history of|died of|carrier of|carries|has|had|atteinte? d[eu']|souffre d[eu']|diagnostiquee? (?:d'|avec|pour)|porteu\\p{L}{1,3} d[eu']|leidet (?:an|unter)|erkrankt an|hat|diagnose|diagnosticad[oa] (?:de|con)|padece|sufre(?: de)?|tiene|affett[oa] da|soffre di|est))"
const phrase = new RegExp(
  `(?<![\\p{L}\\p{N}])(?:${person} (?:\\p{L}{1,14} ){0,4}?${affected} ?(?:[\\p{L}\\d'-]{1,14} ){0,4}?${disease}|(?:diagnosed with|diagnosis(?: of|:| is)|diagnostic(?: de|:| :)|diagnose:?|diagnostico(?: de|:)|diagnosi(?: di|:)|family history of|antecedents? (?:familiaux )?d[e']|verdacht auf|suspected|antecedentes de|metastatic|tested positive for) ?(?:[\\p{L}\\d'-]{1,14} ){0,4}?${disease}|metastatic (?:\\p{L}{1,14} )?(?:cancer|carcinoma|melanoma)|hiv[ -]positive?|seropositiv\\p{L}*)(?![\\p{L}\\p{N}])`,
  'gu',
)

const codes = function* (subject: Subject, shape: RegExp, word: RegExp): Iterable<Span> {
  if (!/\d\d|\d[AB]/.test(subject.text)) return
  const named = inKeys(subject, word) && !inKeys(subject, machine)
  for (const { 0: written, index } of subject.text.matchAll(shape)) {
    const span = { start: index, end: index + written.length }
    if (named || nearby(subject, span, word)) yield span
  }
}

/** Under a property that means a diagnosis, words are clinical: `diagnosis: "Mammakarzinom links"`. */
const clinicalKey =
  /(?:^| )(?:(?:primary |clinical |medical |final |patient )?diagnos(?:is|es|e|en|tic|tico|i)|dx|medical history|clinical (?:notes?|history|indication|info|information)|phenotypes?|symptoms?|anamnese|antecedents|comorbidit(?:y|ies)|medications?|allerg(?:y|ies)|disease|disease name|condition name|indication for testing|reason for referral|cause of death)$/
const clinicalValue = function* (subject: Subject): Iterable<Span> {
  if (inKeys(subject, clinicalKey) && !inKeys(subject, machine) && anyDisease.test(fold(subject.text)))
    yield { start: 0, end: subject.text.length }
}

const anyDisease = new RegExp(disease, 'u')
/** What may stand in a phrase that is written without a blank. */
const mayBeOneWord = /seropositiv|diagnos|hiv-|suspected|metastatic/i

const inClinicalKeys = (keys: readonly string[]): boolean =>
  [icdWord, snomedWord, clinicalKey].some(word => inKeys({ keys }, word))

export const healthTerms = {
  kind: 'text',
  id: 'health-terms',
  title: 'Diagnosis in words or as a code',
  category: 'health',
  source:
    'ICD-10 (https://icd.who.int/browse10), SNOMED CT (https://www.snomed.org); clinical sentence forms in five languages',
  needs: [
    { blanks: 1, letters: 4 },
    { letterWord: 2, looks: [/^A0[A0]$/] },
    { letterWord: 2, looks: [/^0{6,}$/] },
    { letterRun: 7, letters: 9 },
    { has: '-', letterRun: 3, letters: 7, noDigits: 1 },
    { letters: 3, under: inClinicalKeys },
    { digits: 2, under: inClinicalKeys },
  ],
  *find(subject) {
    yield* codes(subject, icd10, icdWord)
    yield* codes(subject, snomed, snomedWord)
    yield* clinicalValue(subject)
    if (!/\s/.test(subject.text) && !mayBeOneWord.test(subject.text)) return
    const folded = fold(subject.text)
    const length = subject.text.length
    for (const { 0: written, index } of folded.matchAll(phrase))
      yield { start: Math.min(index, length - 1), end: Math.min(index + written.length, length) }
  },
  examples: {
    match: [
      'ICD-10: C50.9',
      'patient was diagnosed with breast cancer',
      'la patiente est atteinte de mucoviscidose',
      'Patientin leidet an Diabetes',
      'paciente diagnosticado de leucemia',
      { text: 'C50.9', keys: ['diagnosis', 'code'] },
      { text: 'E11', keys: ['icd10'] },
      { text: '254837009', keys: ['snomedCode'] },
      { text: 'Mammakarzinom links', keys: ['diagnose'] },
    ],
    noMatch: [
      'C50.9',
      'A01 B02',
      '10B-01.01.00',
      'instrument diagnostics passed on board B12',
      'The cancer panel kit was loaded.',
      { text: 'E11', keys: ['errorCode'] },
      { text: 'self test ok', keys: ['diagnostics'] },
    ],
  },
} as const satisfies TextDetector
