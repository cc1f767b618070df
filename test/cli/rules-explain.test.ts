import { join } from 'node:path'
import t from 'tap'
import { packsFolder } from '../../proxy/policy/policy-file.ts'
import { sluice } from '../kit/sluice.ts'

const pack = join(packsFolder, 'illumina-proactive')
const policy = ['--policy', join(pack, 'policy.yaml')]
const blocked = (file: string): string => join(pack, 'samples', 'blocked', file)

type Told = { verdict: string; reason?: string; allowed: { nearest: string | null; names: string[]; forms: string[] } }

const explain = async (file: string, route: string): Promise<{ code: number | null; told: Told; stdout: string }> => {
  const { code, stdout } = await sluice(['rules', 'explain', file, '--route', route, ...policy, '--json'])
  return { code, stdout, told: JSON.parse(stdout) as Told }
}

t.test('rules explain: an unknown field, the nearest name and all that the schema has there', async t => {
  const folder = t.testdir({
    'x.json': '{"category":"run-status","runId":"230912_A00187_1009_AHK33MDRX3","curentCycle":5}',
  })
  const { code, told, stdout } = await explain(join(folder, 'x.json'), 'run-status')
  t.equal(code, 8)
  t.match(told, { rule: 'additionalProperties', place: { pointer: '/#2' }, allowed: { nearest: 'currentCycle' } })
  t.ok(told.allowed.names.includes('runId'))
  t.notMatch(stdout, 'curentCycle', 'the name of the payload is not repeated')
})

t.test('rules explain: range, pattern, list and type: what the schema allows, never the value', async t => {
  const range = await explain(blocked('lane-out-of-range.json'), 'instrument-performance')
  t.same(range.told.allowed.forms, ['type integer, minimum 1, maximum 8'])
  const folder = t.testdir({
    'x.json': '{"category":"run-status","runId":"ZZ-9876-Q"}',
    'y.json': '{"category":"zzz"}',
  })
  const pattern = await explain(join(folder, 'x.json'), 'run-status')
  t.match(pattern.told.allowed.forms.join(), /type string, pattern \^/)
  t.notMatch(pattern.stdout, /9876/)
  const list = await explain(join(folder, 'y.json'), 'run-status')
  t.match(list.told.allowed.forms.join(), /run-status|must be there/)
})

t.test('P7: rules explain: a detector, with what it looks for and where that comes from; no matched text', async t => {
  const { code, stdout } = await sluice([
    'rules',
    'explain',
    blocked('operator.json'),
    '--route',
    'run-status',
    ...policy,
  ])
  t.equal(code, 8)
  t.match(stdout, /\nperson-name\tName of a person\tidentity\tbody \/[^\t]*\t-\t\d+\t45 CFR 164\.514/)
  t.notMatch(stdout, /userName/)
})

t.test('rules explain: a payload from standard input, named by "-" or by nothing', async t => {
  const text = '{"category":"run-status","runId":"230912_A00187_1009_AHK33MDRX3","curentCycle":5}'
  for (const name of [['-'], []]) {
    const args = ['rules', 'explain', ...name, '--route', 'run-status', ...policy]
    const { code, stdout } = await sluice(args, text)
    t.match([code, stdout], [8, /\nnearest name\tcurrentCycle\n/])
  }
})

t.test('rules explain: a payload that passes, exit code 0; no route named, 2; an unknown one, 3', async t => {
  const sample = join(pack, 'samples', 'run-status', 'novaseq-x.json')
  const { code, stdout } = await sluice(['rules', 'explain', sample, '--route', 'run-status', ...policy])
  t.equal(code, 0)
  t.match(stdout, /\nverdict\tforward: nothing is in its way\n/)
  t.equal((await sluice(['rules', 'explain', sample, ...policy])).code, 2)
  t.equal((await sluice(['rules', 'explain', sample, '--route', 'nope', ...policy])).code, 3)
})
