import { read, type Leak } from '../kit/leak.ts'

export const leak: Leak = {
  name: 'a read in the path, percent-encoded',
  detector: 'nucleotide-run',
  method: 'PUT',
  target: `/runs/${Array.from(read, letter => `%${letter.charCodeAt(0).toString(16)}`).join('')}/notes?cycle=1`,
}
