import { join } from 'node:path'
import t from 'tap'
import { loadPolicy, readPolicyFile } from '../../../proxy/policy/policy-file.ts'

const policyWith = (schema: string): string => `
version: 1
instruments: [{ id: one, address: 127.0.0.1 }]
destinations: [{ id: vendor, host: vendor.test }]
routes:
  - { id: only, destination: vendor, method: POST, path: /x, body: { kind: json, schema: ${schema} } }
`

const schema =
  '{"type":"object","additionalProperties":false,"properties":{"serial":{"type":"integer","minimum":0,"maximum":9}}}'

t.test('policy file: schemas come from a pack or from beside the policy, and belong to its digest', async t => {
  const root = t.testdir({
    'pack.yaml': policyWith("'pack:illumina-proactive/run-status'"),
    'file.yaml': policyWith('schemas/serial.json'),
    schemas: { 'serial.json': schema },
    other: { 'file.yaml': policyWith('schemas/serial.json'), schemas: { 'serial.json': schema.replace('9', '8') } },
  })
  t.equal(loadPolicy(join(root, 'pack.yaml')).routes.length, 1)
  const { digest } = loadPolicy(join(root, 'file.yaml'))
  t.match(digest, /^sha256:[0-9a-f]{64}$/)
  t.not(loadPolicy(join(root, 'other', 'file.yaml')).digest, digest)
})

t.test(
  'P8: a policy that cannot be read, or refers to what is not there, is refused with file, line and key',
  async t => {
    const root = t.testdir({
      'no-pack.yaml': policyWith("'pack:no-such/kind'"),
      'out-of-packs.yaml': policyWith("'pack:../../../package'"),
      'no-file.yaml': policyWith('missing.json'),
      'no-schema.yaml': policyWith('no-schema.yaml'),
      'open.yaml': policyWith('{ type: object }'),
      'broken.yaml': 'version: [',
    })
    for (const name of ['no-pack', 'out-of-packs', 'no-file', 'no-schema', 'open']) {
      const file = join(root, `${name}.yaml`)
      t.throws(() => loadPolicy(file), { code: 'ERR_POLICY_INVALID', message: `${file}:6:` }, name)
      t.match(readPolicyFile(file), { ok: false, problems: [{ line: 6, key: /^routes\[0\]\.body/ }] }, name)
    }
    t.throws(() => loadPolicy(join(root, 'broken.yaml')), { code: 'ERR_POLICY_INVALID', message: /broken\.yaml:1:/ })
    t.throws(() => loadPolicy(join(root, 'missing.yaml')), { code: 'ERR_POLICY_UNREADABLE' })
  },
)
