import { read, type Leak } from '../kit/leak.ts'

export const leak: Leak = {
  name: 'reads spread over the value of a header field',
  detector: 'nucleotide-run',
  method: 'PUT',
  target: '/runs/A1/notes?cycle=1',
  fields: [['X-Note', `q=1; ${read}, q=2; ${read.toLowerCase()}`]],
}
