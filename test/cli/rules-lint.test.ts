import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { packsFolder } from '../../proxy/policy/policy-file.ts'
import { sluice } from '../kit/sluice.ts'

const shipped = join(packsFolder, 'illumina-proactive', 'policy.yaml')

/** The shipped policy with one body schema of its own. */
const policyWith = (t: Test, schema: object): string => {
  const file = join(t.testdir(), 'policy.yaml')
  const text = readFileSync(shipped, 'utf8')
  writeFileSync(file, text.replace("'pack:illumina-proactive/run-status'", JSON.stringify(schema)))
  return file
}

t.test('rules lint: the shipped policy, one line and exit code 0', async t => {
  const { code, stdout, stderr } = await sluice(['rules', 'lint', '--policy', shipped])
  t.same([code, stderr], [0, ''])
  t.match(stdout, /policy\.yaml: 0 errors, \d+ warnings?\n$/)
})

t.test(
  'P8: rules lint: an open schema, exit code 8, its place in policy and schema, and what to write instead',
  async t => {
    const file = policyWith(t, { type: 'object', properties: { note: { type: 'string' } } })
    const { code, stdout } = await sluice(['rules', 'lint', '--policy', file])
    t.equal(code, 8)
    const [headings, ...lines] = stdout.split('\n')
    t.equal(headings, 'severity\tcode\tat\tkey\tin schema\tdetail')
    t.match(lines[0], /^error\topen-schema\t.*policy\.yaml:\d+:\d+\troutes\[2\]\.body\.schema\t\/\topen-object$/)
    t.match(stdout, /^open-schema: set "additionalProperties": false/m)
    t.match(stdout, /policy\.yaml: 2 errors, 0 warnings/)
  },
)

t.test('rules lint --json: one document; warnings alone are no failure', async t => {
  const serial = { type: 'string', pattern: '^[A-Z]{16}$', maxLength: 16 }
  const file = policyWith(t, { type: 'object', additionalProperties: false, properties: { serial } })
  const { code, stdout } = await sluice(['rules', 'lint', '--json', '--policy', file])
  t.equal(code, 0)
  t.match(JSON.parse(stdout), {
    errors: 0,
    warnings: 1,
    findings: [{ code: 'nucleotide-run', severity: 'warning', pointer: '/properties/serial' }],
  })
})

t.test('rules lint: a file that is no policy or is not there', async t => {
  const file = join(t.testdir(), 'policy.yaml')
  writeFileSync(file, 'version: 1\n')
  const { code, stdout } = await sluice(['rules', 'lint', '--policy', file])
  t.equal(code, 8)
  t.match(stdout, /error\tinvalid-policy\t.*routes\t-\tis missing/)
  const missing = await sluice(['rules', 'lint', '--policy', '/nowhere/policy.yaml'])
  t.equal(missing.code, 1)
  t.match(missing.stderr, /^sluice: error: [^\n]+\nsluice: hint: [^\n]+\n$/)
})

t.test('rules lint, rules capacity: without --policy, the policy of the appliance', async t => {
  const data = join(t.testdir(), 'data')
  const missing = await sluice(['rules', 'lint', '--data', data])
  t.equal(missing.code, 3, 'there is no appliance')
  t.equal((await sluice(['init', '--data', data, '--listen', '127.0.0.1:0'])).code, 0)
  const found = await sluice(['rules', 'lint', '--data', data])
  t.equal(found.code, 0)
  t.match(found.stdout, `${join(data, 'policy.yaml')}: 0 errors`)
  const { stdout } = await sluice(['rules', 'capacity', '--data', data, '--json'])
  t.equal((JSON.parse(stdout) as { policy: string }).policy, join(data, 'policy.yaml'))
})
