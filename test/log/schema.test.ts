import Database from 'better-sqlite3'
import { hash } from 'node:crypto'
import t from 'tap'
import { createSchema, createSegmentSchema } from '../../log/schema.ts'

/** Digest of all statements of a layout, by its version: a change of either needs the other. */
const layouts = {
  log: [createSchema, 5, 'ed36b3ef834933d4'],
  segment: [createSegmentSchema, 5, '92d281d2942ae0fc'],
} as const

t.test('log: whoever changes a table, column, trigger or view gives the log a new version', async t => {
  for (const [what, [create, version, digest]] of Object.entries(layouts)) {
    const database = new Database(':memory:')
    create(database)
    const statements = database
      .prepare('SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name')
      .pluck()
      .all()
    t.equal(database.pragma('user_version', { simple: true }), version, what)
    t.equal(hash('sha256', statements.join('\n')).slice(0, 16), digest, `${what}: the version has to grow`)
    database.close()
  }
})
