import { createReadStream, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { enrol } from '../../../fleet/appliances.ts'
import { linesOf } from '../../../fleet/lines-of.ts'
import { loadLines } from '../../../fleet/load.ts'
import { ask, questions } from '../../../fleet/questions.ts'
import { layOut, openDatabase, type FleetStore } from '../../../fleet/store.ts'
import { verifyFleet, type FleetVerdict } from '../../../fleet/verify.ts'
import { logFiles } from '../../../log/log-files.ts'
import { exportTo, makeMember } from '../../kit/fleet-member.ts'
import { hasPostgres, startPostgres } from '../../kit/postgres.ts'
import { spreadOf } from '../measure.ts'
import type { Report, Suite } from '../suite.ts'

/** The fleet of issue 9: FLEET_APPLIANCES and FLEET_RECORDS make it another one. */
const APPLIANCES = Number(process.env.FLEET_APPLIANCES ?? 50)
const RECORDS = Number(process.env.FLEET_RECORDS ?? 20_000)

/** One whose records were edited on the way, and one of which some got lost. */
const TAMPERED = Math.min(7, APPLIANCES - 2)
const GAPPED = Math.min(31, APPLIANCES - 1)
/** The record of each that it befalls. */
const AT = Math.floor(RECORDS / 2)

type Delivery = { readonly file: string; readonly log: string; readonly key: string }

/** Octets of the logs, of what was exported of them, and of that when it is packed. */
type Sizes = { log: number; exported: number; packed: number }

const deliveries = async (folder: string, sizes: Sizes): Promise<readonly Delivery[]> => {
  const made: Delivery[] = []
  for (let index = 0; index < APPLIANCES; index++) {
    const member = await makeMember(folder, `lab-${String(index).padStart(3, '0')}`, RECORDS)
    const file = join(folder, `${index}.jsonl`)
    await exportTo(member, file)
    sizes.log += statSync(logFiles(member.directory).database).size
    sizes.exported += statSync(file).size
    if (index === 0) sizes.packed = (gzipSync(readFileSync(file)).length / statSync(file).size) * 100
    spoil(file, index)
    rmSync(member.directory, { recursive: true })
    made.push({ file, log: member.log, key: member.key })
  }
  return made
}

const spoil = (file: string, index: number): void => {
  if (index !== TAMPERED && index !== GAPPED) return
  const lines = readFileSync(file, 'utf8').split('\n')
  // the first line is the checkpoint
  const at = lines.findIndex((line, index) => index > AT && line.includes('192.0.2.10'))
  if (index === TAMPERED) lines[at] = lines[at]!.replace('192.0.2.10', '192.0.2.11')
  else lines.splice(AT + 1, 3)
  writeFileSync(file, lines.join('\n'))
}

const load = async (report: Report, store: FleetStore, all: readonly Delivery[], name: string): Promise<void> => {
  let records = 0
  let bytes = 0
  const start = performance.now()
  for (const { file } of all) {
    const loaded = await loadLines(store, linesOf(createReadStream(file)))
    records += loaded.records + loaded.repeated
    bytes += statSync(file).size
  }
  rate(report, name, performance.now() - start, records, bytes)
}

const rate = (report: Report, name: string, milliseconds: number, records: number, bytes: number): void =>
  report.row({
    name,
    unit: 'ms',
    time: spreadOf([milliseconds]),
    bytes,
    ratio: { to: '1 record/s', value: records / (milliseconds / 1_000) },
  })

const verify = async (report: Report, store: FleetStore, all: readonly Delivery[], bytes: number): Promise<void> => {
  const start = performance.now()
  const verdicts: FleetVerdict[] = []
  for await (const verdict of verifyFleet(store)) verdicts.push(verdict)
  rate(report, 'verify, all appliances', performance.now() - start, APPLIANCES * RECORDS, bytes)
  const found = verdicts.flatMap(verdict => (verdict.kind === 'tampered' ? [verdict] : []))
  const expected = [
    [all[TAMPERED]!.log, 'root-mismatch'],
    [all[GAPPED]!.log, 'record-missing'],
  ]
  const named = found.map(({ log, evidence }) => [log, evidence[0]?.what])
  if (JSON.stringify(named) !== JSON.stringify(expected)) throw new Error(`bench: found ${JSON.stringify(named)}`)
  for (const { log, evidence } of found)
    report.note(`named ${log}: ${evidence.map(({ what, sequence }) => `${what} ${sequence}`).join(', ')}`)
}

const storeSize = async (store: FleetStore): Promise<number> => {
  await store.change('VACUUM ANALYZE sluice.record')
  const [row] = await store.rows<{ size: number }>("SELECT pg_total_relation_size('sluice.record')::float8 AS size")
  return row!.size
}

const askAll = async (report: Report, store: FleetStore): Promise<void> => {
  for (const { name } of questions()) {
    const start = performance.now()
    await ask(store, name)
    report.row({ name: `question "${name}"`, unit: 'ms', time: spreadOf([performance.now() - start]), bytes: 0 })
  }
}

const measure = async (report: Report, folder: string, store: FleetStore): Promise<void> => {
  const sizes: Sizes = { log: 0, exported: 0, packed: 0 }
  const all = await deliveries(folder, sizes)
  await layOut(store)
  for (const { key } of all) await enrol(store, key)
  await load(report, store, all, 'load, new records')
  await load(report, store, all.slice(0, Math.ceil(APPLIANCES / 5)), 'load, the same again')
  await verify(report, store, all, sizes.exported)
  await askAll(report, store)
  const records = APPLIANCES * RECORDS
  const each = (octets: number): string => (octets / records).toFixed(0)
  report.note(
    `${APPLIANCES} appliances with ${RECORDS} records: octets a record on the appliance ${each(sizes.log)}, handed on ${each(sizes.exported)} ` +
      `(gzip leaves ${sizes.packed.toFixed(0)} %), in the store with its indexes ${each(await storeSize(store))}`,
  )
}

export const fleetSuite: Suite = {
  name: 'fleet',
  title: `${APPLIANCES} appliances with ${RECORDS} records into PostgreSQL, one tampered with, one with a gap; verifying, asking`,
  isExtra: true,
  run: async report => {
    if (!hasPostgres) return report.note('skipped: no PostgreSQL server here (Debian: postgresql)')
    const folder = mkdtempSync(join(tmpdir(), 'sluice-fleet-'))
    const ends: (() => Promise<unknown> | void)[] = [() => rmSync(folder, { recursive: true })]
    try {
      // durable, as an institution runs it
      const postgres = await startPostgres({ teardown: end => void ends.unshift(end) }, [])
      const store = await openDatabase(await postgres.database('fleet'))
      ends.unshift(store.close)
      await measure(report, folder, store)
    } finally {
      for (const end of ends) await end()
    }
  },
}
