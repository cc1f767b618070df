import type { Leak } from '../kit/leak.ts'

export const leak: Leak = {
  name: 'a password in a command line',
  detector: 'api-key',
  body: { message: 'mount failed: //nas/runs -o user=svc,password=hunter22' },
}
