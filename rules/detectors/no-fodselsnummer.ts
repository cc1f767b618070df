import { validate } from 'stdnum/lib/cjs/no/fodselsnummer.js'
import { keywords } from './parts/context.ts'
import { numberedId, whole } from './parts/numbered-id.ts'

export const noFodselsnummer = numberedId({
  id: 'no-fodselsnummer',
  title: 'Fødselsnummer (Norway)',
  source: 'https://www.skatteetaten.no/en/person/national-registry/identitetsnummer/ (two check digits, modulus 11)',
  candidate: whole('[0-7]\\d{5}[ -]?\\d{5}'),
  form: { digitChain: 11 },
  sure: [{ digitGroups: 11 }],
  valid: compact => validate(compact).isValid,
  alone: written => /\D/.test(written),
  keyword: keywords(
    'fodsels ?(?:nummer|nr)',
    'fnr',
    'd ?nummer',
    'person ?(?:nummer|nr)',
    'norwegian (?:personal|national|id)',
    'national ?(?:identity|id)(?: ?(?:no|num|number))?',
  ),
  examples: {
    match: ['040380 40184', 'fødselsnummer 04038040184', { text: '04038040184', keys: ['fnr'] }],
    noMatch: ['040380 40185', '04038040184', '991380 40184'],
  },
})
