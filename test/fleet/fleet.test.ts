import t from 'tap'
import { enrol } from '../../fleet/appliances.ts'
import { loadLines } from '../../fleet/load.ts'
import { layOut, openDatabase, openStore, requireAddress, type FleetStore } from '../../fleet/store.ts'
import { strangersOf, verifyFleet, type FleetVerdict } from '../../fleet/verify.ts'
import { hasPostgres, startPostgres } from '../kit/postgres.ts'
import { appendTo, exportedLines, makeMember, type FleetMember } from '../kit/fleet-member.ts'
import { decisionOf } from '../log/samples.ts'

t.test('fleet', { skip: !hasPostgres && 'no PostgreSQL server here (Debian: postgresql)' }, async t => {
  const folder = t.testdir()
  const postgres = await startPostgres(t)
  const address = await postgres.database('sluice')
  const store = await openDatabase(address)
  t.teardown(() => store.close())
  await layOut(store)
  const names = ['lab-1', 'lab-2', 'lab-3', 'lab-4']
  const members: FleetMember[] = []
  for (const name of names) members.push(await makeMember(folder, name, 300))
  for (const { key } of members) await enrol(store, key)
  const lines: string[][] = []
  for (const one of members) lines.push(await exportedLines(one))
  const verify = async (onlyNew = false): Promise<readonly FleetVerdict[]> =>
    Array.fromAsync(verifyFleet(store, { onlyNew }))
  console.log(await loadLines(store, lines.flat()))
  console.log(await verify())
})
