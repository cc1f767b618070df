import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { packsFolder } from '../../proxy/policy/policy-file.ts'
import { sluice } from '../kit/sluice.ts'

const pack = join(packsFolder, 'illumina-proactive')
const policy = ['--policy', join(pack, 'policy.yaml')]

type Report = {
  readonly perHour: number
  readonly routes: readonly {
    readonly rate: { readonly messages: number; readonly per: string; readonly isEnforced: boolean }
    readonly budget: { readonly exceeded: readonly string[] } | null
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
  const { routes, anyRoute } = await reportOf(policy)
  t.equal(routes.length, 5)
  for (const { route, bits, rate, bitsPerDay, budget, fields } of routes) {
    const each = fields.map(field => field.bits!)
    t.same(
      each,
      each.toSorted((a, b) => b - a),
      `${route}: most first`,
    )
    t.ok(Math.abs(each.reduce((sum, one) => sum + one, 0) - bits!) < 1e-6, `${route}: the sum`)
    t.equal(bitsPerDay, bits! * rate.messages * (rate.per === 'hour' ? 24 : 1))
    t.match([rate.isEnforced, budget], [true, { exceeded: [] }])
  }
  t.ok(anyRoute.bits! >= Math.max(...routes.map(({ bits }) => bits!)))
})

t.test('rules capacity: one route, so many fields, at its rate and beside its budget', async t => {
  const args = [...policy, '--route', 'run-status', '--top', '2']
  const { code, stdout, stderr } = await sluice(['rules', 'capacity', ...args])
  t.same([code, stderr], [0, ''])
  const lines = stdout.split('\n')
  t.match(lines[0], 'route\tbits in a message\tbudget\trate\tbits a day\tbudget a day\tbit/s')
  t.match(lines[1], /^run-status\t[\d,.]+\t400\t60 per hour\t[\d,.]+\t576,000\t/)
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

t.test('rules capacity: a route without a rate is reckoned with --per-hour, and said not to be held to it', async t => {
  const file = join(t.testdir(), 'policy.yaml')
  writeFileSync(file, readFileSync(policy[1]!, 'utf8').replaceAll(/^ {4}rate: .*\n/gm, ''))
  const args = ['--policy', file, '--route', 'run-status', '--per-hour', '2']
  t.match((await sluice(['rules', 'capacity', ...args])).stdout, /\t2 per hour, not enforced\t/)
  const [route] = (await reportOf(args)).routes
  t.match(route, { bitsPerDay: route!.bits! * 48, rate: { isEnforced: false }, budget: { exceeded: ['perDay'] } })
})

t.test('rules capacity: an open schema is unbounded, with the field that makes it so', async t => {
  const file = join(t.testdir(), 'policy.yaml')
  const schema = '{ type: object, additionalProperties: false, properties: { note: { type: string } } }'
  const text = readFileSync(policy[1]!, 'utf8').replace("'pack:illumina-proactive/run-status'", schema)
  writeFileSync(file, text)
  const { routes } = await reportOf(['--policy', file, '--route', 'run-status'])
  t.match(routes, [{ state: 'unbounded', bits: null, fields: [{ pointer: '/note', unbounded: 'no "maxLength"' }] }])
  const { stdout } = await sluice(['rules', 'capacity', '--policy', file, '--route', 'run-status'])
  t.match(stdout, /run-status\tunbounded\t400\t60 per hour\tunbounded\t576,000\t-\t1\t1\n/)
  t.match(stdout, /body \/note\tunbounded\tno "maxLength"/)
})

t.test('rules capacity: what may pass unopened stands beside the routes, and counts in the sum', async t => {
  const file = join(t.testdir(), 'policy.yaml')
  const splice = `splice: { instruments: [this-computer], bytesPerHour: 50000, bytesPerDay: 108000, connectionsPerHour: 2,
      owner: lab-it@lab.test, expires: 2027-01-31T00:00:00Z, reason: it pins a certificate }`
  const pinned = `destinations:\n  - { id: pinned, host: pinned.vendor.example, ${splice} }\n`
  writeFileSync(file, readFileSync(policy[1]!, 'utf8').replace('destinations:\n', pinned))
  const { stdout } = await sluice(['rules', 'capacity', '--policy', file, '--top', '1'])
  t.match(stdout, '\nUNINSPECTED pinned\tno messages\t-\t-\t864,000.0\t-\t10\t-\t-\n')
  const { uninspected, routes } = (await reportOf(['--policy', file])) as Report & { readonly uninspected: unknown }
  t.same(uninspected, [{ destination: 'pinned', bitsPerDay: 864_000, bitsPerSecond: 10 }])
  const [, daily = ''] = /\nany, and all together\t[\d,.]+\t-\t-\t([\d,.]+)\t/.exec(stdout) ?? []
  const sum = routes.reduce((all, { bitsPerDay }) => all + bitsPerDay!, 864_000)
  t.ok(Math.abs(Number(daily.replaceAll(',', '')) - sum) < 1, 'the sum')
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

t.test('rules capacity: what carries nothing carries 0.0 bits, not less', async t => {
  const { stdout } = await sluice(['rules', 'capacity', ...policy, '--top', '200'])
  t.match(stdout, /\t0\.0\t/)
  t.notMatch(stdout, '-0.0')
})
