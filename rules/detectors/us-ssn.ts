import { validate } from 'stdnum/lib/cjs/us/ssn.js'
import { keywords } from './parts/context.ts'
import { numberedId, whole } from './parts/numbered-id.ts'

/** Areas 000, 666 and 900 to 999, group 00 and serial 0000 are never given out; the library lets serial 0000 pass. */
const impossible = /^(?:000|666|9)|^\d{3}00|0000$/

export const usSsn = numberedId({
  id: 'us-ssn',
  title: 'Social Security number (US)',
  source: 'https://www.ssa.gov/employer/randomization.html; components: https://secure.ssa.gov/poms.nsf/lnx/0110201035',
  candidate: whole('\\d{3}([- .\\u2010-\\u2013]?)\\d{2}\\1\\d{4}'),
  form: { digitChain: 9 },
  sure: [{ digitGroups: 9, has: '-' }],
  valid: compact => !impossible.test(compact) && validate(compact).isValid,
  alone: written => /^\d{3}[-\u2010-\u2013]\d{2}/.test(written),
  keyword: keywords(
    'ssns?',
    'social ?security',
    'soc ?sec',
    'social insurance',
    'tax ?payer id',
    'itin',
    'seguro social',
  ),
  examples: {
    match: ['536-90-4399', 'SSN 536904399', { text: '536904399', keys: ['patient', 'ssn'] }],
    noMatch: [
      '078-05-0000',
      '000-12-3456',
      '666-12-3456',
      '912-12-3456',
      '536904399',
      { text: '536904399', keys: ['lot'] },
    ],
  },
})
