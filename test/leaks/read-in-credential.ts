import { read, type Leak } from '../kit/leak.ts'

export const leak: Leak = {
  name: 'a read in the place of a credential',
  detector: 'nucleotide-run',
  method: 'PUT',
  target: '/runs/A1/notes?cycle=1',
  fields: [['Authorization', `Bearer ${read}`]],
}
