import { validate } from 'stdnum/lib/cjs/it/codicefiscale.js'
import { keywords } from './parts/context.ts'
import { numberedId, whole } from './parts/numbered-id.ts'

/** Digits may be replaced by the letters LMNPQRSTUV when two persons would share a code (omocodia). */
const D = '[\\dLMNPQRSTUV]'

export const itCodiceFiscale = numberedId({
  id: 'it-codice-fiscale',
  title: 'Codice fiscale (Italy)',
  source: 'https://www.agenziaentrate.gov.it/portale/web/guest/schede/istanze/richiesta-ts_cf; D.M. 23 December 1976',
  candidate: whole(`[A-Z]{3}[ ]?[A-Z]{3}[ ]?${D}{2}[ABCDEHLMPRST]${D}{2}[ ]?[A-Z]${D}{3}[ ]?[A-Z]`, 'i'),
  form: { digits: 1, letters: 9, letterRun: 3 },
  sure: [
    { digits: 1, letters: 9, letterRun: 6, longestWord: 16 },
    { digits: 1, letters: 9, letterRun: 3, has: ' ' },
  ],
  valid: compact => /\d/.test(compact) && validate(compact).isValid,
  alone: () => true,
  keyword: keywords('codice fiscale', 'cod fisc', 'cf'),
  examples: {
    match: ['VRDLCU80C44F205A', 'C.F. vrdlcu80c44f205a', 'VRD LCU 80C44 F205A'],
    noMatch: ['VRDLCU80C44F205B', 'VRDLCU80G44F205A', 'NOVASEQXPLUSB3AA'],
  },
})
