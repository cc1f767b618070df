import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { createLog } from '../../../log/writing/create-log.ts'
import { openLogReader } from '../../../log/reading/query.ts'
import { openStore } from '../../../log/writing/store.ts'
import { verifyLog } from '../../../log/verify/verify.ts'
import { contentOf, crashPoints, layDown, readTrace, straceOptions } from './power-loss.ts'
import { origin } from '../samples.ts'

const child = join(import.meta.dirname, 'append-until-killed.ts')
const lowered = pathToFileURL(join(import.meta.dirname, 'lower-durability.ts')).href
const DECISIONS = 240
const EVERY = 4

type Outcome = { readonly points: number; readonly lost: number; readonly broken: number }

/** Writes decisions under strace, lets the power fail at many points, and looks for what was acknowledged until then. */
const failPower = async (folder: string, options: readonly string[]): Promise<Outcome> => {
  const log = join(folder, 'log')
  createLog(log, origin)
  const before = contentOf(readdirSync(log).map(name => join(log, name)))
  const trace = join(folder, 'trace')
  const program = [process.execPath, ...options, child, log, '4', String(DECISIONS)]
  const { status, stderr } = spawnSync('strace', [...straceOptions, '-o', trace, ...program], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`the writer failed: ${stderr}`)
  const calls = readTrace(readFileSync(trace, 'latin1'))
  let [points, lost, broken] = [0, 0, 0]
  for (const point of crashPoints(calls, before, EVERY)) {
    const found = join(folder, `point-${points++}`)
    layDown(point, log, found)
    if (isMissing(found, point.acknowledged)) lost++
    if (points % 10 === 0 && (await verifyLog(found)).kind !== 'intact') broken++
    rmSync(found, { recursive: true })
  }
  return { points, lost, broken }
}

/** Whether anything that was acknowledged is not in the log, or without the payload that it says is held, once it was opened for writing again. */
const isMissing = (directory: string, acknowledged: readonly string[]): boolean => {
  openStore(directory, null).close()
  const reader = openLogReader(directory)
  const present = new Map(reader.list({ limit: 1_000_000 }).map(row => [row.id, row]))
  const isWhole = (id: string): boolean =>
    present.has(id) && (present.get(id)!.held === 0 || reader.heldGet(id) !== null)
  const isMissing = !acknowledged.every(isWhole)
  reader.close()
  return isMissing
}

const skip = spawnSync('strace', ['-V']).status === 0 ? false : 'strace is not installed'

t.test(
  'P3: when the power fails nothing that was acknowledged is lost, no held payload is, and the log is whole',
  { skip },
  async t => {
    const { points, lost, broken } = await failPower(t.testdir(), [])
    t.ok(points >= 50, `${points} points`)
    t.equal(lost, 0)
    t.equal(broken, 0)
  },
)

t.test('the test of power failure sees a writer that does not wait for the disk', { skip }, async t => {
  const { points, lost } = await failPower(t.testdir(), ['--import', lowered])
  t.ok(lost > points / 2, `${lost} of ${points}`)
})
