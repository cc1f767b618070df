import type { Leak } from '../kit/leak.ts'

export const leak: Leak = {
  name: 'a social security number as a number',
  detector: 'us-ssn',
  body: { ssn: 536_904_399 },
}
