import type { Leak } from '../kit/leak.ts'

export const leak: Leak = {
  name: 'a telephone number in the query',
  detector: 'phone',
  method: 'PUT',
  target: '/runs/A1/notes?cycle=1&note=call+%2B44+20+7946+0958',
}
