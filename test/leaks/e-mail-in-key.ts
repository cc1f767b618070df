import type { Leak } from '../kit/leak.ts'

export const leak: Leak = {
  name: 'an e-mail address as the name of a member',
  detector: 'email',
  body: { labels: { 'jane.doe@example.org': 'operator' } },
}
