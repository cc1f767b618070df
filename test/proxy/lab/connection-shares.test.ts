import t from 'tap'
import { ConnectionShares } from '../../../proxy/lab/connection-shares.ts'
import { Gathering } from '../../../proxy/gathering.ts'
import { RequestLoad } from '../../../proxy/lab/request-load.ts'

t.test('shares: whoever takes all they can leaves places for others, and each of many gets the same', async t => {
  const shares = new ConnectionShares({ maxConnections: 100, maxConnectionsPerAddress: 60 })
  const takeAll = (address: string): number => {
    let taken = 0
    while (shares.take(address) === null) taken++
    return taken
  }
  t.equal(takeAll('a'), 50, 'half of all')
  t.equal(shares.take('a'), 'maxConnections')
  t.equal(takeAll('b'), 25)
  t.equal(shares.take('c'), null, 'one that has none gets one')
  for (let count = 0; count < 50; count++) shares.leave('a')
  t.equal(shares.open, 26)
  const alone = new ConnectionShares({ maxConnections: 1_000, maxConnectionsPerAddress: 3 })
  t.same(
    [1, 2, 3, 4].map(() => alone.take('a')),
    [null, null, null, 'maxConnectionsPerAddress'],
  )
})

t.test('load: requests of the last second are reckoned with, those before are not', async t => {
  let now = 10_000
  const load = new RequestLoad(() => now)
  const first = load.begin('a')
  for (let count = 0; count < 9; count++) load.once('a')
  t.same(load.begin('a').load, { concurrent: 2, lastSecond: 11 })
  t.same(load.begin('b').load, { concurrent: 1, lastSecond: 1 })
  first.end()
  now += 1_500
  t.same(load.begin('a').load, { concurrent: 2, lastSecond: 6 }, 'half of the second before')
  now += 2_000
  t.same(load.once('a'), { concurrent: 3, lastSecond: 1 })
})

t.test('gathering: the first is recorded at once, the rest with its number, and nothing twice', async t => {
  const records: (number | null)[] = []
  const record = async (times: number | null) => void records.push(times)
  const gathering = new Gathering<void>({ windowMs: 1_000_000 })
  t.equal((await gathering.take('a', record)).repeats, false)
  for (let count = 0; count < 5; count++) t.equal((await gathering.take('a', record)).repeats, true)
  t.same(records, [null])
  await gathering.flush()
  t.same(records, [null, 5])
  await gathering.take('a', record)
  await gathering.close()
  t.same(records, [null, 5, 1], 'a flood that goes on is told of once a minute')
  await gathering.flush()
  await gathering.take('a', record)
  t.same(records, [null, 5, 1, null], 'and after a quiet minute at once')
})
