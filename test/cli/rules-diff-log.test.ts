import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openJournal } from '../../log/writing/journal.ts'
import { loadPolicy } from '../../proxy/policy/policy-file.ts'
import { makeFolder } from '../kit/appliance.ts'
import { sluice } from '../kit/sluice.ts'
import { testPolicy } from '../kit/test-policy.ts'
import { vendorHost } from '../kit/vendor.ts'
import { blockOf, decisionOf, outcomeOf } from '../log/samples.ts'

t.test('rules diff --against-log: what the log can say of the change, and what it cannot, counted', async t => {
  const folder = await makeFolder(t, testPolicy(443))
  const [old, fresh] = [join(folder.root, 'policy.yaml'), join(folder.root, 'new.yaml')]
  const written = JSON.parse(testPolicy(443)) as { routes: { id: string; forward?: string }[] }
  const routes = written.routes.filter(({ id }) => id !== 'quiet')
  const changed = routes.map(route => (route.id === 'serial' ? { ...route, forward: 'exact' } : route))
  writeFileSync(fresh, JSON.stringify({ ...written, routes: changed }))

  const { digest: policy } = loadPolicy(old)
  const time = new Date().toISOString()
  const way = { client: '127.0.0.1', instrument: 'novaseq-01', destination: `${vendorHost}:443`, policy, time }
  const on = (route: string) => ({ ...way, route, path: `/v1/${route}` })
  const first = decisionOf(on('quiet'))
  const old30 = decisionOf({ ...on('quiet'), time: new Date(Date.now() - 30 * 86_400_000).toISOString() })
  const journal = await openJournal({ directory: folder.log })
  for (const entry of [
    old30,
    first,
    outcomeOf(first.id, { time }),
    decisionOf(on('quiet')),
    blockOf({ ...on('serial'), reason: 'schema-violation', findings: [] }),
    decisionOf({ ...on('serial'), policy: `sha256:${'cd'.repeat(32)}` }),
    decisionOf(on('signed')),
    blockOf({ ...way, route: null, path: null, reason: 'path-not-allowed', findings: [] }),
    decisionOf({ ...on('signed'), ingress: 'replay' }),
  ])
    await journal.append(entry)
  await journal.close()

  const run = (...args: string[]) => sluice(['rules', 'diff', old, fresh, '--data', folder.root, ...args])
  const { code, stdout, stderr } = await run('--against-log', '7d')
  t.match([code, stderr], [7, ''], 'no progress bar where there is no terminal')
  t.match(stdout, /\n6 decisions since \S+, and 1 replays, which are left out\n1 of them were decided under other/)
  for (const row of [
    '2\t0\tnewly blocked: ',
    '1\t1\tthe content decides',
    '0\t0\tcannot be told',
    '0\t1\tstay blocked',
    '1\t0\tthe same verdict',
  ])
    t.ok(stdout.includes(`\n${row}`), row)
  t.match(stdout, /\nnewly-blocked\tpath-not-allowed\tquiet\t-\tnovaseq-01\t\S+\tPOST \/v1\/quiet\t2\t0\t0\n/)
  const document = JSON.parse((await run('--against-log', '60d', '--json')).stdout) as { log: object }
  t.match(document.log, {
    since: /^\d{4}-/,
    decisions: 7,
    replays: 1,
    underOthers: 1,
    outcomes: { 'newly-blocked': { forwarded: 3, blocked: 0, held: 0 }, content: { forwarded: 1, blocked: 1 } },
    changes: [{ outcome: 'newly-blocked', oldRoute: 'quiet', newRoute: null }],
  })
  t.equal((await run('--against-log', 'yesterday')).code, 2)
})
