import t from 'tap'
import { openLogReader } from '../../log/reading/query.ts'
import { verifyLog } from '../../log/verify/verify.ts'
import { callControl } from '../../proxy/watch/control.ts'
import type { DataFolder } from '../../proxy/data-folder.ts'
import { makeFolder, startInProcess, startProcess, type Reachable } from '../kit/appliance.ts'
import { postJson, sendRaw } from '../kit/raw-client.ts'
import { sluice } from '../kit/sluice.ts'
import { addresses, testPolicy } from '../kit/test-policy.ts'
import { startVendor, vendorAuthority } from '../kit/vendor.ts'

const pieces = ['GATTACAG', 'TTGACCAT', 'GGATCCAT', 'ACGTTGCA', 'CCGTAGGA', 'TGCATGAC', 'GTCAAGTC', 'CATTGACG']

/** Status codes of the pieces, each in a request of its own. */
const drip = async (
  appliance: Reachable,
  count: number,
  from: string = addresses.known,
): Promise<readonly number[]> => {
  const statuses: number[] = []
  for (const piece of pieces.slice(0, count))
    statuses.push((await sendRaw(appliance, postJson('/v1/serial', `{"note":"tile ${piece}"}`), { from })).status)
  return statuses
}

const nucleotidesIn = (folder: DataFolder): readonly (number | null | undefined)[] => {
  const reader = openLogReader(folder.log)
  try {
    const decisions = reader.list().toReversed()
    return decisions.map(({ id }) => {
      const { record } = reader.show(id)[0]!
      return record.kind === 'decision' ? record.nucleotides : undefined
    })
  } finally {
    reader.close()
  }
}

t.test('drip: eight bases a request end in a block, with an alert, in the log and in the status', async t => {
  const vendor = await startVendor()
  t.teardown(() => vendor.close())
  const folder = await makeFolder(t, testPolicy(vendor.port))
  const appliance = await startInProcess(t, folder)
  t.same(await drip(appliance, 8), [200, 200, 200, 200, 200, 200, 403, 403])
  t.equal((await sendRaw(appliance, postJson('/v1/serial', '{"serial":7,"status":"idle"}'))).status, 200)
  t.same(await drip(appliance, 1, addresses.other), [200], 'another instrument')
  t.equal(vendor.requests.length, 8)

  t.same(nucleotidesIn(folder), [8, 8, 8, 8, 8, 8, null, null, 0, 8])
  const blocked = appliance.decisions.all().filter(({ verdict }) => verdict === 'block')
  t.match(blocked, [{ reason: 'sensitive-content', findings: 'drip (sequence) in body ', held: 1 }, { held: 1 }])
  t.same(
    appliance.notices.filter(({ kind }) => kind === 'drip'),
    [{ kind: 'drip', instrument: 'novaseq-01', decision: blocked[0]!.id }],
  )
  t.match(await verifyLog(folder.log, { deep: true }), { kind: 'intact' })

  t.match((await callControl(folder.control, 'GET /status')).document, {
    drips: [
      { instrument: 'novaseq-01', lastHour: 48, lastDay: 48, perHour: 48, perDay: 96 },
      { instrument: 'other', lastHour: 8, lastDay: 8 },
    ],
  })
  const { stdout } = await sluice(['status', '--data', folder.root])
  t.match(stdout, /^fragments of other\t8 of 48 nucleotides in an hour, 8 of 96 in a day$/m)
})

t.test('drip: kill -9 and a restart do not open a fresh budget', async t => {
  const vendor = await startVendor()
  t.teardown(() => vendor.close())
  const folder = await makeFolder(t, testPolicy(vendor.port))
  const running = await startProcess(t, folder)
  t.same(await drip(running, 5), [200, 200, 200, 200, 200])
  await running.stop('SIGKILL')
  const appliance = await startInProcess(t, folder)
  t.same(await drip(appliance, 2), [200, 403])
})

t.test('drip: a replay takes from the budget like any other message', async t => {
  const vendor = await startVendor()
  t.teardown(() => vendor.close())
  const wide = testPolicy(vendor.port)
  const folder = await makeFolder(t, withoutNotes(wide, 'signed'))
  const appliance = await startInProcess(t, folder)
  const blocked: string[] = []
  for (const piece of pieces.slice(5, 7)) {
    const { status, fields } = await sendRaw(appliance, postJson('/v1/signed', `{"note":"tile ${piece}"}`))
    t.equal(status, 403)
    blocked.push(fields['sluice-decision']!)
  }
  const references = { 'vendor-ca.pem': vendorAuthority.pem }
  const activation = { text: wide, references, cause: 'activate', actor: 'tester' }
  t.match(await callControl(folder.control, 'POST /activations', activation), { status: 200 })
  t.same(await drip(appliance, 5), [200, 200, 200, 200, 200])
  const replay = async (id: string) =>
    (
      await sluice([
        'blocked',
        'replay',
        id,
        '--because',
        'the schema knows notes now',
        '--json',
        '--data',
        folder.root,
      ])
    ).stdout
  t.match(JSON.parse(await replay(blocked[0]!)), { sent: { verdict: 'forward' } })
  t.match(JSON.parse(await replay(blocked[1]!)), { sent: { verdict: 'block', code: 'sensitive-content' } })
  t.equal(vendor.requests.length, 6)
})

/** A policy of which one route admits no notes. */
const withoutNotes = (policy: string, route: string): string => {
  const document = JSON.parse(policy) as { routes: { id: string; body: { schema: { properties: object } } }[] }
  const routes = document.routes.map(({ body, ...rest }) => {
    if (rest.id !== route) return { ...rest, body }
    const { note: _note, ...properties } = body.schema.properties as Record<string, object>
    return { ...rest, body: { ...body, schema: { ...body.schema, properties } } }
  })
  return JSON.stringify({ ...document, routes })
}
