import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { documentSchemas } from '../../proxy/policy/document-schemas.ts'
import { sluice } from '../kit/sluice.ts'

t.test('rules schema: the schema of a policy or of cases, printed, or written over the one that is there', async t => {
  const policy = readFileSync(documentSchemas.policy, 'utf8')
  t.match(await sluice(['rules', 'schema']), { code: 0, stdout: policy })
  t.match(await sluice(['rules', 'schema', 'cases']), { code: 0, stdout: readFileSync(documentSchemas.cases, 'utf8') })
  const file = join(t.testdir(), 'policy.schema.json')
  writeFileSync(file, 'an older one')
  t.match(await sluice(['rules', 'schema', '-o', file]), { code: 0, stdout: `wrote ${file}\n` })
  t.equal(readFileSync(file, 'utf8'), policy)
  t.equal((await sluice(['rules', 'schema', 'pack'])).code, 2)
})
