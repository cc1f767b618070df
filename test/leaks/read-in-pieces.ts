import type { Leak } from '../kit/leak.ts'

export const leak: Leak = {
  name: 'a read in pieces of eight, one in each field',
  detector: 'nucleotide-sum',
  body: { message: 'tile GATTACAG', details: ['TTGACCAT', Buffer.from('GGATCCAT').toString('base64')] },
}
