import { rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { holdBallast, releaseBallast } from '../../../log/writing/ballast.ts'
import { watchDisk, type DiskState } from '../../../log/writing/disk-watch.ts'
import { logFiles } from '../../../log/log-files.ts'
import { smallDisk } from '../../kit/small-disk.ts'

const MIB = 1024 ** 2

t.test('disk: warns, then refuses and gives the ballast up, then recovers with room for it', async t => {
  const disk = smallDisk(t, 12 * MIB)
  if (disk === null) return t.comment('skipped: only root can make a small file system')
  const { ballast } = logFiles(disk)
  const states: DiskState[] = []
  const limits = { warnBelow: 8 * MIB, refuseBelow: 4 * MIB, ballast: MIB }
  const watch = watchDisk(disk, limits, ({ state }) => states.push(state))
  t.teardown(() => watch.close())
  const fill = (name: string, mebibytes: number): void => {
    writeFileSync(join(disk, name), Buffer.alloc(mebibytes * MIB))
    watch.look()
  }
  t.match([watch.status().state, statSync(ballast).size], ['enough', MIB])
  fill('a', 4)
  t.equal(watch.status().state, 'low')
  fill('b', 4)
  t.equal(watch.status().state, 'refusing')
  t.throws(() => statSync(ballast), { code: 'ENOENT' }, 'its room is for the records of refusals')
  rmSync(join(disk, 'b'))
  fill('b', 3.5)
  t.equal(watch.status().state, 'refusing', 'room, but not for the ballast as well')
  rmSync(join(disk, 'b'))
  fill('b', 1)
  t.match([watch.status().state, statSync(ballast).size], ['low', MIB])
  rmSync(join(disk, 'a'))
  watch.look()
  t.same(states, ['low', 'refusing', 'low', 'enough'])
})

t.test('disk: what cannot be asked for its room has none', async t => {
  const states: DiskState[] = []
  const limits = { warnBelow: 2, refuseBelow: 1, ballast: 0 }
  watchDisk(join(t.testdir(), 'none'), limits, ({ state }) => states.push(state)).close()
  t.same(states, ['refusing'])
})

t.test('ballast: takes the room that it says, is kept when it is there, and is not laid down without room', async t => {
  const directory = t.testdir()
  const { ballast } = logFiles(directory)
  t.equal(holdBallast(directory, 3_000_000, 2_999_999), false)
  t.equal(holdBallast(directory, 3_000_000, 3_000_000), true)
  const { size, blocks, mtimeMs, mode } = statSync(ballast)
  t.same([size, blocks * 512 >= size, mode & 0o777], [3_000_000, true, 0o600])
  t.equal(holdBallast(directory, 3_000_000, 0), true)
  t.equal(statSync(ballast).mtimeMs, mtimeMs)
  releaseBallast(directory)
  releaseBallast(directory)
  t.equal(holdBallast(join(directory, 'none'), 1, 1), false, 'a disk that takes no file')
})
