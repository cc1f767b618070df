import { join } from 'node:path'
import t from 'tap'
import { stringify } from 'yaml'
import { sluice } from '../kit/sluice.ts'

const read = 'GATTACAGATTACAGGATCCATTGACCATGACCTGA'

const body = (properties: object) => ({
  kind: 'json',
  schema: { type: 'object', additionalProperties: false, properties },
})
const pump = { pumpHours: { type: 'integer', minimum: 0, maximum: 9_999 } }
const note = { note: { type: 'string', pattern: '^[A-Z]{0,40}$', maxLength: 40 } }

const chiller = { id: 'chiller', destination: 'vendor', method: 'POST', path: '/v1/chiller', body: body({}) }

const policy = stringify({
  version: 1,
  instruments: [{ id: 'novaseq-01', address: '10.77.1.20' }],
  destinations: [{ id: 'vendor', host: 'telemetry.vendor.example' }],
  routes: [chiller, { ...chiller, id: 'chiller-next', mode: 'report-only', body: body({ ...pump, ...note }) }],
})

t.test('rules: cases, checks and explanations on a route on trial are about what it would say', async t => {
  const folder = t.testdir({
    'policy.yaml': policy,
    'cases.yaml': stringify({
      version: 1,
      cases: [
        { name: 'today', route: 'chiller', json: { pumpHours: 3 }, expect: 'block', pointer: '/pumpHours' },
        { name: 'tomorrow', route: 'chiller-next', json: { pumpHours: 3 }, expect: 'allow' },
        { name: 'never', route: 'chiller-next', json: { note: read }, expect: 'block', detector: 'nucleotide-run' },
      ],
    }),
    'payload.json': '{"pumpHours":12345}',
  })
  const file = join(folder, 'policy.yaml')
  const run = (...args: string[]) => sluice(['rules', ...args, '--policy', file])
  const tested = await run('test')
  t.match(tested.stdout, /\n3 passed, 0 failed\n/, tested.stderr)
  const checked = await run('check', '--route', 'chiller-next', join(folder, 'payload.json'))
  t.match([checked.code, checked.stdout], [8, /\nplace\tbody \/pumpHours\n/])
  const explained = await run('explain', join(folder, 'payload.json'), '--route', 'chiller-next')
  t.match([explained.code, explained.stdout], [8, /\nallowed here\ttype integer, minimum 0, maximum 9999\n/])
  t.match(explained.stdout, /\nmode\treport-only: nothing leaves by this route\n/)
})
