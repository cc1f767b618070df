import { keywords } from './parts/context.ts'
import { numberedId, whole } from './parts/numbered-id.ts'

/** Weights 10 to 2 over nine digits; eleven less the remainder is the tenth, and ten is never given out. */
const hasCheckDigit = (compact: string): boolean => {
  let sum = 0
  for (let index = 0; index < 9; index++) sum += Number(compact[index]) * (10 - index)
  return (11 - (sum % 11)) % 11 === Number(compact[9])
}

export const ukNhs = numberedId({
  id: 'uk-nhs',
  title: 'NHS number (UK)',
  source: 'https://www.datadictionary.nhs.uk/attributes/nhs_number.html (modulus 11)',
  category: 'health',
  candidate: whole('\\d{3}([- .]?)\\d{3}\\1\\d{4}'),
  form: { digitChain: 10 },
  sure: [{ digitGroups: 10 }],
  valid: compact => !/^(\d)\1+$/.test(compact) && hasCheckDigit(compact),
  alone: written => /^[1-9]\d\d[- ]/.test(written),
  keyword: keywords(
    'nhs(?: ?(?:no|num|number|id))?',
    'chi(?: ?(?:no|num|number))?',
    'health and care number',
    'h ?c ?n',
  ),
  examples: {
    match: ['485 777 3457', 'NHS no. 4857773457', { text: '4857773457', keys: ['nhsNumber'] }],
    noMatch: ['485 777 3458', '4857773457', 'run 4857773457123'],
  },
})
