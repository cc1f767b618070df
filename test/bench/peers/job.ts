import { Ajv2020 } from 'ajv/dist/2020.js'
import Database from 'better-sqlite3'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

/** What a peer is told on its command line, as JSON. */
export type PeerTold = {
  readonly port: number
  /** A folder of its own. */
  readonly folder: string
  readonly schema: object
  /** Certificate authority of the vendor, in PEM. */
  readonly vendorCa: string
  /** The authority that mints for clients, in PEM. */
  readonly authority: { readonly cert: string; readonly key: string }
}

/** The 21 patterns, for JavaScript. Python takes the same file. */
const patterns = (JSON.parse(readFileSync(join(import.meta.dirname, 'patterns.json'), 'utf8')) as string[]).map(
  source => new RegExp(source),
)

/** Packages of peers stand in this folder, or in the one that BENCH_PEERS names. */
export const peersFolder = process.env.BENCH_PEERS ?? import.meta.dirname

export const requirePeer: NodeJS.Require = createRequire(join(peersFolder, 'package.json'))

export const told = (): PeerTold => JSON.parse(process.argv[2]!) as PeerTold

/**
 * The job of Sluice as somebody would write it in an afternoon: JSON, the schema, patterns over the raw text, and a row that is on the disk
 * before the request goes on. Rows of requests that wait at the same time share a commit.
 * @returns resolves to whether the message may leave
 */
export const openJob = ({ folder, schema }: Pick<PeerTold, 'folder' | 'schema'>) => {
  const validate = new Ajv2020({ strict: false }).compile(schema)
  const database = new Database(join(folder, 'decisions.sqlite'))
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = FULL')
  database.exec('CREATE TABLE decision (id INTEGER PRIMARY KEY, time REAL, verdict TEXT, sha256 BLOB, octets INTEGER)')
  const insert = database.prepare('INSERT INTO decision (time, verdict, sha256, octets) VALUES (?, ?, ?, ?)')
  let waiting: { readonly row: readonly unknown[]; readonly done: () => void }[] = []
  const commit = database.transaction((rows: typeof waiting) => rows.forEach(({ row }) => insert.run(...row)))
  const flush = (): void => {
    const rows = waiting
    waiting = []
    commit(rows)
    for (const { done } of rows) done()
  }
  const record = (row: readonly unknown[]): Promise<void> =>
    new Promise(done => {
      if (waiting.push({ row, done }) === 1) setImmediate(flush)
    })
  return async (body: Buffer): Promise<boolean> => {
    const text = body.toString()
    const isClean = validate(JSON.parse(text)) && !patterns.some(pattern => pattern.test(text))
    const hash = createHash('sha256').update(body).digest()
    await record([Date.now(), isClean ? 'forward' : 'block', hash, body.length])
    return isClean
  }
}
