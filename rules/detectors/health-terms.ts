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
const disease = `(?:${[
  // growths
  '(?:\\p{L}{1,20} )?(?:cancer|carcinom[ae]?|tumou?r|tumeur|tumore|cancro)s?',
  '\\p{L}*(?:krebs|karzinom\\p{L}*|carcinoma|carcinome|sarcom\\p{L}*|sarkom\\p{L}*|blastom\\p{L}*)',
  'leu[kc](?:ae|a|e)mi\\p{L}*|leucemi\\p{L}*|lymphom\\p{L}*|linfom\\p{L}*|melanom\\p{L}*|myelom\\p{L}*|metasta\\p{L}*',
  // common and chronic diseases
  'diab[eè]t\\p{L}*|hypertension|hypertonie|hipertension|ipertensione|epileps\\p{L}*|asthm\\p{L}*|asma|copd|bpco|epoc|crohn|lupus|psoriasis',
  '(?:renal|kidney|heart|cardiac|liver|hepatic|respiratory) (?:failure|disease|insufficiency)|insuffisance (?:renale|cardiaque|hepatique|respiratoire)|(?:nieren|herz|leber)(?:insuffizienz|versagen)|insuficiencia (?:renal|cardiaca|hepatica)|insufficienza (?:renale|cardiaca)',
  '(?:herz)?infarkt|infar[ck]t\\p{L}*|infarto|stroke|schlaganfall|ictus|(?:myocardial|cerebral) \\p{L}{4,12}|an[ae]?emi[ae]|sepsis|septicemi[ae]',
  // nervous system and mind
  'schizophren\\p{L}*|esquizofreni[ao]|depressi(?:on|ve|va|vo|one)|depresion|bipolar\\p{L}*|psychos[ei]s|anorexi[ae]|dementia|demenz|demence|demencia|alzheimer\\p{L}*|parkinson\\p{L}*|multiple[rn]? s[ck]lerose?(?:is)?|scleros[ei](?: en plaques| multipla)?|esclerosis(?: multiple)?|huntington\\p{L}*|autis(?:m|mus|me|mo|tic)|adhd|migraine',
  // infections
  'hiv(?:-positiv\\p{L}*)?|aids|sida|vih|hepatit\\p{L}*|tubercul\\p{L}*|tuberkulose|covid(?:-19)?|syphilis|sifilis|chlamydia|gonorrh\\p{L}*',
  // inherited
  '(?:cystic )?fibrosis quistica|cystic fibrosis|mucoviscidose|mukoviszidose|fibrosi cistica|down syndrome|trisom(?:y|ie|ia)(?: \\d{1,2})?|thalass\\p{L}*|sickle cell|drepanocyto\\p{L}*|sichelzell\\p{L}*|ha?emophili\\p{L}*|h[ae]mophilie|duchenne|brca ?[12]',
  // pregnancy and treatment
  'pregnan\\p{L}*|enceinte|schwanger\\p{L}*|embarazad\\p{L}*|incinta|miscarriage|amniocente\\p{L}*|chemotherap\\p{L}*|chimioth?erapi\\p{L}*|quimioterapia|chemioterapia|radiotherap\\p{L}*|strahlentherapie|mastectom\\p{L}*|dialys\\p{L}*|transplant(?:ed|ation|ation|e|ado|iert)?',
].join('|')})`
const person =
  '(?:patient\\p{L}{0,3}|pt|he|she|proband|mother|father|woman|man|boy|girl|child|donor|subject|elle|il|patientin|sie|er|paciente|paziente|pasient|potilas)'
/** Words that in a laboratory mean nobody but a person whose sample is looked at; pronouns and verbs are not needed beside them. */
const somebody =
  '(?:patient(?:e|es|s|in|innen|en)?|pacientes?|pazient[ei]|pasient(?:en)?|potilas|proband(?:in|en)?|donor|donneu(?:r|se)|spender(?:in)?|malade|enfermo|enferma|woman|femme|frau|mujer|child|enfant|kind|nino|nina|mother|mere|mutter|madre|father|vater|padre)'
const affected =
  "(?:(?:was |is |were |has been |been )?(?:newly |recently )?(?:diagnosed with|diagnosed as|suffer\\p{L}{0,4} from|treated for|tested positive for|positive for|admitted (?:for|with)|history of|died of|carrier of|carries|has|had|underwent|received|atteinte? d[eu']|souffre d[eu'’]|diagnostiquee? (?:d'|avec|pour)|porteu\\p{L}{1,3} d[eu']|suivie? pour|leidet (?:an|unter)|erkrankt an|hat|diagnose|diagnosticad[oa] (?:de|con)|padece|sufre(?: de)?|tiene|affett[oa] da|soffre di|est))"
/** Nouns that open a finding: what follows within five words is somebody's, in a record without a subject. */
const opening =
  "(?:diagnosed with|diagnosis(?: of|:| is)|diagnostic(?: de|:| :)|diagnose:?|diagnostico(?: de|:)|diagnosi(?: di|:)|(?:family |personal |medical )?history of|antecedents? (?:familiaux )?d[e'’]|verdacht auf|zustand nach|erkrankt an|leidet (?:an|unter)|suspected|antecedentes de|padece|metastatic|tested positive for|(?:known )?carrier of|suffers? from|died of)"
const wordsBetween = "(?:[\\p{L}\\d'’,-]{1,16} ){0,5}?"
const phrase = new RegExp(
  `(?<![\\p{L}\\p{N}])(?:${person} (?:\\p{L}{1,14} ){0,4}?${affected} ?${wordsBetween}${disease}|${somebody},? ${wordsBetween}${disease}|${disease},? (?:bei |in |of |chez |en )${wordsBetween}${somebody}|${opening} ?${wordsBetween}(?:d['’]|l['’])?${disease}|${disease} (?:\\p{L}{1,14} ){0,2}?(?:diagnosed|diagnostiziert|diagnostiquee?|diagnosticad[oa]|confirmed|confirmee?)|metastatic (?:\\p{L}{1,14} )?(?:cancer|carcinoma|melanoma)|hiv[ -]positive?|seropositi[vf]\\p{L}*|\\d{1,2} (?:weeks|semaines|wochen|semanas) (?:pregnant|gestation|enceinte|schwanger|de embarazo))(?![\\p{L}\\p{N}])`,
  'gu',
)
/** LOINC: up to six digits, a hyphen and a check digit. */
const loinc = /(?<![\p{L}\p{N}.-])\d{1,6}-\d(?![\p{L}\p{N}-]|\.\d)/gu
const loincWord = keywords('loinc(?: ?(?:codes?|num|ids?))?')

const codes = function* (subject: Subject, shape: RegExp, word: RegExp): Iterable<Span> {
  if (!/\d[\dAB-]/.test(subject.text)) return
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
/** What every phrase holds: a disease, without what need not stand before it, or one of the words that need none. */
const mayBePhrase = new RegExp(
  `${disease.replaceAll(/\(\?:\\p\{L\}\{1,20\} \)\?|(?<=[:|])\\p\{L\}\*/g, '')}|metastatic|hiv|seropositi|gestation|embarazo`,
  'u',
)
/** What may stand in a phrase that is written without a blank. */
const mayBeOneWord = /seropositiv|diagnos|hiv-|suspected|metastatic/i

const inClinicalKeys = (keys: readonly string[]): boolean =>
  [icdWord, snomedWord, loincWord, clinicalKey].some(word => inKeys({ keys }, word))

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
    yield* codes(subject, loinc, loincWord)
    yield* clinicalValue(subject)
    if (!/\s/.test(subject.text) && !mayBeOneWord.test(subject.text)) return
    const folded = fold(subject.text)
    if (!mayBePhrase.test(folded)) return
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
      'LOINC 4548-4',
      'Dx: G35',
      'chez la patiente, un cancer du sein',
      'Darmkrebs bei der Patientin',
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
