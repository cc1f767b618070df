import t from 'tap'
import { attempts } from '../../cli/demo/payloads.ts'
import { sluice } from '../kit/sluice.ts'

t.test('demo: every step happens, in real processes, and exit code 0', async t => {
  const { code, stdout, stderr } = await sluice(['demo'])
  t.same([code, stderr], [0, ''])
  for (const { title } of attempts) t.ok(stdout.includes(`✓ ${title}: `), title)
  for (const step of ['reached the vendor', 'replayed payload', 'intact: ', 'TAMPERED'])
    t.ok(stdout.includes(step), step)
})
