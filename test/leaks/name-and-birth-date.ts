import type { Leak } from '../kit/leak.ts'

export const leak: Leak = {
  name: 'the name and birth date of a patient',
  detector: 'date-of-birth',
  body: { patient: { name: 'Jane Doe', dateOfBirth: '1980-03-04' } },
}
