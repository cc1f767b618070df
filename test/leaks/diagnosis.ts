import type { Leak } from '../kit/leak.ts'

export const leak: Leak = {
  name: 'a diagnosis in a sentence',
  detector: 'health-terms',
  body: { details: ['sample 4', 'patient was diagnosed with breast cancer'] },
}
