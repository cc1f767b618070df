import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { packsFolder } from '../../proxy/policy-file.ts'
import { sluice } from '../kit/sluice.ts'

const pack = join(packsFolder, 'illumina-proactive')
const policy = ['--policy', join(pack, 'policy.yaml')]

type Report = {
  readonly perHour: number
  readonly routes: readonly {
    readonly route: string
    readonly state: string
    readonly bits: number | null
    readonly bitsPerDay: number | null
    readonly fields: readonly { readonly pointer: string; readonly bits: number | null; readonly unbounded: unknown }[]
  }[]
  readonly anyRoute: { readonly bits: number | null }
}

const reportOf = async (args: readonly string[]): Promise<Report> => {
  const { stdout } = await sluice(['rules', 'capacity', '--json', ...args])
  return JSON.parse(stdout) as Report
}

t.test('rules capacity --json: every route with its fields by bits, which add up', async t => {
  const { perHour, routes, anyRoute } = await reportOf(policy)
  t.equal(perHour, 12)
  t.equal(routes.length, 5)
  for (const { route, bits, bitsPerDay, fields } of routes) {
    const each = fields.map(field => field.bits!)
    t.same(
      each,
      each.toSorted((a, b) => b - a),
      `${route}: most first`,
    )
    t.ok(Math.abs(each.reduce((sum, one) => sum + one, 0) - bits!) < 1e-6, `${route}: the sum`)
    t.equal(bitsPerDay, bits! * 12 * 24)
  }
  t.ok(anyRoute.bits! >= Math.max(...routes.map(({ bits }) => bits!)))
})

t.test('rules capacity: one route, so many fields, at another rate', async t => {
  const args = [...policy, '--route', 'run-status', '--top', '2', '--per-hour', '1']
  const { code, stdout, stderr } = await sluice(['rules', 'capacity', ...args])
  t.same([code, stderr], [0, ''])
  const lines = stdout.split('\n')
  t.match(lines[0], 'route\tbits in a message\tbits a day at 1/h\tbit/s')
  t.match(lines[1], /^run-status\t[\d,.]+\t/)
  t.same(lines.slice(3, 4), ['route\tfield\tbits\twhy'])
  t.equal(
    lines.slice(4).findIndex(line => line === ''),
    2,
    'two fields',
  )
  t.match(stdout, /STR profile\t120 bits/)
  t.match(stdout, /30 to 80 SNPs.*\t45 to 120 bits/)
  t.match(stdout, /The moment and the order/)
})

t.test('rules capacity: an open schema is unbounded, with the field that makes it so', async t => {
  const file = join(t.testdir(), 'policy.yaml')
  const schema = '{ type: object, additionalProperties: false, properties: { note: { type: string } } }'
  const text = readFileSync(policy[1]!, 'utf8').replace("'pack:illumina-proactive/run-status'", schema)
  writeFileSync(file, text)
  const { routes } = await reportOf(['--policy', file, '--route', 'run-status'])
  t.match(routes, [{ state: 'unbounded', bits: null, fields: [{ pointer: '/note', unbounded: 'no "maxLength"' }] }])
  const { stdout } = await sluice(['rules', 'capacity', '--policy', file, '--route', 'run-status'])
  t.match(stdout, /run-status\tunbounded\tunbounded\t-\t1\t1\n/)
  t.match(stdout, /body \/note\tunbounded\tno "maxLength"/)
})

t.test('rules capacity: wrong arguments, a route that is not there, and a file that is no policy', async t => {
  t.equal((await sluice(['rules', 'capacity', ...policy, '--per-hour', '0'])).code, 2)
  const unknown = await sluice(['rules', 'capacity', ...policy, '--route', 'nope'])
  t.equal(unknown.code, 3)
  t.match(unknown.stderr, /nope\nsluice: hint: .*run-performance/)
  const file = join(t.testdir(), 'policy.yaml')
  writeFileSync(file, 'version: 2\n')
  const broken = await sluice(['rules', 'capacity', '--policy', file])
  t.equal(broken.code, 1)
  t.match(broken.stderr, /policy\.yaml:1:1 version: must be 1/)
})
