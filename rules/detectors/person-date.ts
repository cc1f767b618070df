import { anyKey, inKeys, keywords, mayHold } from './parts/context.ts'
import { datesIn, isNearDate } from './parts/dated.ts'
import type { TextDetector } from '../detector.ts'

/** What happens to persons on a day, in folded words: the processes and capacitors of instruments die, start and discharge too. */
const words = [
  'date ?of ?(?:death|admission|discharge|visit|service|surgery|operation|diagnosis|hospitali[sz]ation|consultation|appointment)',
  '(?:death|admission|discharge|visit|surgery|hospitali[sz]ation|consultation|appointment|diagnosis) ?dates?',
  'date ?(?:admitted|discharged|deceased|died|diagnosed)',
  'admitted(?: (?:on|to|in))',
  'discharged(?: (?:on|from|home))',
  '(?<!(?:process|worker|thread|child|connection|server|task) )died(?: on| in)?',
  'deceased(?: on)?',
  'passed away',
  'hospitali[sz]ed',
  "date ?(?:de |d')?(?:deces|admission|sortie|hospitalisation|consultation)",
  'deced[e]{1,2}s?',
  'hospitalisee?',
  'admise? le',
  '(?:sterbe|todes|aufnahme|entlassungs|entlass)datum',
  'verstorben',
  'gestorben',
  'aufgenommen am',
  'entlass(?:ung|en)(?: am)?',
  'fecha ?(?:de )?(?:ingreso|alta|fallecimiento|defuncion|consulta)',
  'ingresad[oa]',
  'fallecid[oa]|fallecio',
  'alta medica',
  'dad[oa] de alta',
  'data ?(?:di |del )?(?:decesso|ricovero|dimissione)',
  'decedut[oa]',
  'ricoverat[oa]',
  'dimess[oa]',
  'innlagt|utskrevet|inlagd|utskriven|avliden|dodsdato|dodsdatum|kuolinpaiva',
] as const
const word = keywords(...words)

export const personDate = {
  kind: 'text',
  id: 'person-date',
  title: 'Date of admission, discharge, visit or death',
  category: 'health',
  source:
    '45 CFR 164.514(b)(2)(i)(C): all elements of dates, except year, directly related to an individual, including admission date, discharge date, date of death',
  needs: [
    { digits: 3, digitLed: 1, letters: 4, letterWord: 4, words: 2 },
    { digits: 4, digitLed: 1, under: anyKey(word) },
  ],
  *find(subject) {
    const named = inKeys(subject, word)
    if (!named && !mayHold(subject.text, word)) return
    for (const span of datesIn(subject)) if (named || isNearDate(subject, span, word)) yield span
  },
  examples: {
    match: [
      'admitted on 2021-03-04',
      'date of death: 4 March 2021',
      'hospitalisé le 04/03/2021',
      'verstorben am 04.03.2021',
      'fecha de ingreso: 04-03-2021',
      { text: '2021-03-04', keys: ['dischargeDate'] },
    ],
    noMatch: [
      'process died on 2021-03-04',
      '2021-03-04T07:08:09Z admission controller started',
      'capacitor discharged to 12.04.18 V',
      { text: '2024-06-05', keys: ['expires'] },
      { text: '2023-11-08T16:06', keys: ['runStart'] },
    ],
  },
} as const satisfies TextDetector
