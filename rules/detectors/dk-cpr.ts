import { validate } from 'stdnum/lib/cjs/dk/cpr.js'
import { clockLike } from './parts/clock-like.ts'
import { keywords } from './parts/context.ts'
import { numberedId, whole } from './parts/numbered-id.ts'

/** Numbers given out before 2007 obey modulus 11; later ones need not, so without it only context decides. */
const weights = [4, 3, 2, 7, 6, 5, 4, 3, 2, 1]
const modulus11 = (compact: string): boolean =>
  weights.reduce((sum, weight, index) => sum + weight * Number(compact[index]), 0) % 11 === 0

export const dkCpr = numberedId({
  id: 'dk-cpr',
  title: 'CPR-nummer (Denmark)',
  source: 'https://www.cpr.dk/cpr-systemet/opbygning-af-cpr-nummeret',
  candidate: whole('[0-3]\\d[01]\\d{3}[- ]?\\d{4}'),
  form: { digitChain: 10 },
  sure: [{ digitGroups: 10, has: '-' }],
  valid: compact => validate(compact).isValid,
  alone: (written, compact) => /-/.test(written) && modulus11(compact) && !clockLike(written),
  keyword: keywords('cpr(?: ?(?:nr|nummer|no|number))?', 'person ?(?:nummer|nr)', 'danish (?:personal|id)'),
  examples: {
    match: ['040380-3650', 'CPR 040380-1110', { text: '0403801110', keys: ['cprNummer'] }],
    noMatch: ['040380-1110', '0403803650', '230912-1009', '991380-3650'],
  },
})
