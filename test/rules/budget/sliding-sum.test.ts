import t from 'tap'
import { windows, type Per } from '../../../rules/budget/rate.ts'
import { SlidingSum } from '../../../rules/budget/sliding-sum.ts'
import { seeded } from '../../kit/random.ts'

const start = Date.UTC(2026, 2, 1, 9, 30)
const granularity: Readonly<Record<Per, number>> = { minute: 1_000, hour: 1_000, day: 60_000 }

t.test(
  'sliding sum: never less than what was added in the window, and never more than in one a slot longer',
  async t => {
    const { below } = seeded(7)
    const sum = new SlidingSum()
    const added: { readonly time: number; readonly amount: number }[] = []
    let time = start
    for (let step = 0; step < 4_000; step++) {
      time += below(step % 500 === 0 ? 3 * windows.hour : 90_000)
      const amount = 1 + below(5)
      sum.add(time, amount)
      added.push({ time, amount })
      if (step % 10 !== 0) continue
      const now = time + below(120_000)
      for (const per of ['minute', 'hour', 'day'] as const) {
        const exact = (window: number) =>
          added.filter(one => one.time > now - window).reduce((total, { amount }) => total + amount, 0)
        const got = sum.within(windows[per], now)
        if (got < exact(windows[per]) || got > exact(windows[per] + granularity[per]))
          t.fail(`${per} at ${now}: ${got}`)
      }
    }
    t.equal(sum.within(windows.day, time + windows.day + 60_000), 0, 'all of it passes')
  },
)

t.test('sliding sum: falls to what it is asked for at the time that it says, and not a slot before', async t => {
  const sum = new SlidingSum()
  for (let second = 0; second < 50; second++) sum.add(start + second * 1_000, 2)
  for (const [per, most] of [
    ['minute', 99],
    ['minute', 40],
    ['hour', 0],
  ] as const) {
    const at = sum.fallsTo(most, windows[per])
    t.ok(sum.within(windows[per], at) <= most)
    t.ok(sum.within(windows[per], at - 1) > most)
  }
})

t.test('sliding sum: a time before the last one counts as the last one', async t => {
  const sum = new SlidingSum()
  sum.add(start, 1)
  sum.add(start - windows.day, 1)
  t.equal(sum.within(windows.minute, start + 30_000), 2)
})
