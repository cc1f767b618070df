import type { Leak } from '../kit/leak.ts'

export const leak: Leak = {
  name: 'a patient record as JSON in a string',
  detector: 'date-of-birth',
  body: { message: JSON.stringify({ patient: { family: 'Doe', birthDate: '1980-03-04', gender: 'female' } }) },
}
