import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openings } from '../../rules/closed-schema.ts'
import { compileSchema } from '../../rules/schema.ts'
import { runMetadata, seeded } from '../kit/run-metadata.ts'
import { sluice } from '../kit/sluice.ts'

const observations = runMetadata('run-status', 60, seeded(4))
const values = observations.flatMap(({ value }) =>
  Object.values(value as object).filter(one => typeof one === 'string'),
)
const ids = values.filter(value => value.length > 20)

/** The observations as files in folders by instrument and day. */
const captured = (folder: string): string => {
  for (const [index, { value, instrument, day }] of observations.entries()) {
    mkdirSync(join(folder, instrument, day), { recursive: true })
    writeFileSync(join(folder, instrument, day, `${index}.json`), JSON.stringify(value))
  }
  return folder
}

t.test(
  'rules learn: from folders by instrument and day; schema to standard output, evidence to standard error',
  async t => {
    const folder = captured(t.testdir())
    const { code, stdout, stderr } = await sluice(['rules', 'learn', '--from', folder])
    t.equal(code, 0)
    const schema = JSON.parse(stdout) as object
    t.same(openings(schema), [])
    const validate = compileSchema(schema)
    t.ok(observations.every(({ value }) => validate(value).ok))
    t.match(stderr, /^payloads: 60; instruments: 9; days: 12; not JSON: 0\n/)
    t.match(stderr, /\/runId +pattern +60 +9 +12 +60 +yes\n/)
    for (const id of ids) if (stderr.includes(id)) t.fail('the evidence holds a value')
    const again = await sluice(['rules', 'learn', '--from', join(folder, 'model-0-unit-0'), folder, '--json'])
    t.match(JSON.parse(again.stdout), { instruments: 9, days: 12, unread: 0, evidence: [{ pointer: '' }] })
  },
)

t.test(
  'rules learn --ndjson: lines that say who sent them; the same bytes in any order, to a file of its own',
  async t => {
    const folder = t.testdir()
    const lines = observations.map(observation => JSON.stringify(observation))
    const [one, two] = [join(folder, 'one.ndjson'), join(folder, 'two.log')]
    writeFileSync(one, `${lines.join('\n')}\n`)
    writeFileSync(two, lines.toReversed().join('\r\n'))
    const schema = join(folder, 'schema.json')
    const written = await sluice(['rules', 'learn', '--from', one, '-o', schema])
    t.same([written.code, written.stdout], [0, ''])
    t.equal((await sluice(['rules', 'learn', '--ndjson', '--from', two])).stdout, readFileSync(schema, 'utf8'))
    const over = await sluice(['rules', 'learn', '--from', one, '-o', schema])
    t.equal(over.code, 1, 'a schema that is there may be the one in force')
    t.match(over.stderr, /is there already\nsluice: hint: /)
  },
)

t.test('rules learn: payloads that nobody vouches for are one source, and prove nothing unless trusted', async t => {
  const folder = t.testdir({ 'a.json': '{"x":1}', 'b.json': '{"x":2}' })
  const output = join(folder, 'schema.json')
  const refused = await sluice(['rules', 'learn', '--from', folder, '-o', output])
  t.equal(refused.code, 1)
  t.match(refused.stderr, /nothing can be proposed[^\n]*\nsluice: hint: [^\n]*--trust/)
  t.notOk(existsSync(output))
  const trusted = await sluice(['rules', 'learn', '--from', folder, '--trust'])
  t.match(JSON.parse(trusted.stdout), { properties: { x: { type: 'integer' } } })
})

t.test('rules learn: nothing named, exit code 2; what is no payload, its place and none of its content', async t => {
  t.equal((await sluice(['rules', 'learn'])).code, 2)
  t.equal((await sluice(['rules', 'learn', '--from', join(t.testdirName, 'nothing')])).code, 3)
  const folder = t.testdir({ 'x.ndjson': '{"a":1}\n{"name":"Jane Doe"\n' })
  const broken = await sluice(['rules', 'learn', '--from', folder])
  t.equal(broken.code, 1)
  t.match(broken.stderr, /x\.ndjson:2 is not a payload \(json-malformed\)/)
  t.notMatch(broken.stderr, /Jane/)
})
