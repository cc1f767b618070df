import { keywords } from './parts/context.ts'
import { numberedId, whole } from './parts/numbered-id.ts'

/** Year, month (plus 50 for women) and day of birth must exist. The last digit's rule is not published. */
const hasBirthDate = (compact: string): boolean => {
  const month = Number(compact.slice(6, 8)) % 50
  const day = Number(compact.slice(8, 10))
  return Number(compact.slice(6, 8)) < 63 && month >= 1 && month <= 12 && day >= 1 && day <= 31
}

/** How the word that begins with the four letters looks. */
const look = /^A{4}(?:0{4}|0{8})?$/

export const caRamq = numberedId({
  id: 'ca-ramq',
  title: "Numéro d'assurance maladie (Québec)",
  source: 'https://www.ramq.gouv.qc.ca/en/citizens/health-insurance/using-health-insurance-card',
  category: 'health',
  candidate: whole('[A-Z]{4}[ -]?\\d{4}[ -]?\\d{4}', 'i'),
  form: { digits: 8, looks: [look] },
  sure: [{ digits: 8, upper: 4, looks: [look] }],
  valid: hasBirthDate,
  alone: written => /^[A-Z]{4}[ -]?\d{4}[ -]?\d{4}$/.test(written),
  keyword: keywords(
    'ramq',
    'nam',
    'assurance ?maladie',
    'carte soleil',
    'health (?:card|insurance)(?: ?(?:no|num|number))?',
  ),
  examples: {
    match: ['TREM 8553 1218', 'TREM85531218', 'RAMQ trem 8553 1218', { text: 'trem85531218', keys: ['ramq'] }],
    noMatch: ['TREM 8573 1218', 'TREM 8553 4218', 'NOVA20231108', 'trem85531218'],
  },
})
