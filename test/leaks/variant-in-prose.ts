import type { Leak } from '../kit/leak.ts'

export const leak: Leak = {
  name: 'one variant in a sentence',
  detector: 'variant',
  body: { message: 'assertion at chr7:140453136 A>T while writing tile' },
}
