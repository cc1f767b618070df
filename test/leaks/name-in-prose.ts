import type { Leak } from '../kit/leak.ts'

export const leak: Leak = {
  name: 'the name of a patient in a sentence',
  detector: 'person-name',
  body: { message: 'Run repeated for patient Jane Doe after flow cell failure' },
}
