import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { changeAuthorityOf } from '../../cli/change-authority.ts'
import { openRotation } from '../../certs/rotation.ts'
import { openRecordSource } from '../../log/reading/record-source.ts'
import type { DataFolder } from '../../proxy/data-folder.ts'
import { makeAuthority } from '../certs/lab-authority.ts'
import { makeFolder, startInProcess, type Reachable } from '../kit/appliance.ts'
import { isPresent, type Client, type Job } from '../kit/client.ts'
import { curl } from '../kit/curl.ts'
import { java } from '../kit/java.ts'
import { nodeHttps } from '../kit/node-client.ts'
import { python } from '../kit/python.ts'
import { openRaw, postJson } from '../kit/raw-client.ts'
import { sluice, type Finished } from '../kit/sluice.ts'
import { testPolicy } from '../kit/test-policy.ts'
import { startVendor } from '../kit/vendor.ts'

const vendor = await startVendor()
t.teardown(() => vendor.close())
const policy = testPolicy(vendor.port)

const ca = (folder: DataFolder, ...args: readonly string[]): Promise<Finished> =>
  sluice(['certs', 'ca', ...args, '--data', folder.root])

const fingerprintsIn = (pem: string): readonly string[] =>
  (pem.match(/-----BEGIN[^]*?-----END.*/g) ?? []).map(block => new X509Certificate(block).fingerprint256)

/** All entries of the log that are about the authority. */
const changesIn = (folder: DataFolder): readonly object[] => {
  const source = openRecordSource(folder.log)
  try {
    return source
      .batch(0, 1_000)
      .map(({ body }) => JSON.parse(body) as { readonly kind: string })
      .filter(({ kind }) => kind === 'ca.rotate')
  } finally {
    source.close()
  }
}

const job: Job = {
  way: 'gateway',
  method: 'POST',
  path: '/v1/serial',
  fields: { 'content-type': 'application/json' },
  body: '{"serial":1}',
}

/** Whether a client that trusts nothing else gets a request through. */
const passes = async (client: Client, appliance: Reachable, caFile: string): Promise<boolean> =>
  client.send({ ...appliance, caFile }, vendor.port, [job]).then(
    ([reply]) => reply?.status === 200,
    () => false,
  )

const clients: readonly Client[] = [curl, nodeHttps, python, java]

t.test('certs ca: an authority is exchanged while the appliance runs, and no instrument is cut off', async t => {
  const folder = await makeFolder(t, policy)
  const appliance = await startInProcess(t, folder)
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder.root, name), text)
    return join(folder.root, name)
  }
  const old = file('old.pem', (await ca(folder, 'export')).stdout)
  const open = await openRaw(appliance)

  const made = await ca(folder, 'new')
  t.match(made, { code: 0, stdout: /current\t[^]*\nnext\t[^]*in effect now, and recorded[^]*next: / })
  const both = fingerprintsIn((await ca(folder, 'export')).stdout)
  t.equal(both.length, 2, 'both are to be trusted')
  const next = file('next.pem', (await ca(folder, 'export', '--which', 'next')).stdout)
  t.same(fingerprintsIn(readFileSync(next, 'utf8')), [both[1]])
  t.ok(await passes(curl, appliance, old))
  t.notOk(await passes(curl, appliance, next), 'it signs nothing yet')
  await t.rejects(changeAuthorityOf(folder, { action: 'new', actor: 'ada' }), { code: 'ERR_CA_ROTATION_UNDER_WAY' })

  await changeAuthorityOf(folder, { action: 'activate', actor: 'ada' })
  for (const client of clients)
    if (await isPresent(client)) {
      if (client !== java) t.ok(await passes(client, appliance, next), `${client.name} trusts the new one`)
      t.ok(await passes(client, appliance, old), `${client.name} trusts only the old one`)
    }
  open.write(postJson('/v1/serial', '{"serial":1}'))
  t.equal((await open.answer()).status, 200, 'a connection of before goes on')
  t.equal(appliance.appliance.status().authority.fingerprint, both[1])

  await changeAuthorityOf(folder, { action: 'retire', actor: 'ada' })
  t.notOk(await passes(curl, appliance, old))
  t.ok(await passes(curl, appliance, next))
  t.match(changesIn(folder), [{ action: 'add' }, { action: 'activate' }, { action: 'retire' }])
  t.notOk(existsSync(join(folder.authority, 'changes.jsonl')))
})

t.test(
  'certs ca import: what a lab brings along is checked, signs after its activation, and the next start records it',
  async t => {
    const folder = await makeFolder(t, policy)
    const { chain, keyPem, root } = makeAuthority({})
    const [chainFile, keyFile] = [join(folder.root, 'chain.pem'), join(folder.root, 'lab.key')]
    writeFileSync(chainFile, chain)
    writeFileSync(keyFile, keyPem, { mode: 0o644 })
    const args = ['import', '--chain', chainFile, '--key', keyFile]
    t.match(await ca(folder, ...args), { code: 1, stderr: /lab.key is open to other users/ })
    writeFileSync(keyFile, 'no key')
    const other = join(folder.root, 'own.key')
    writeFileSync(other, keyPem, { mode: 0o600 })
    const imported = await ca(folder, 'import', '--chain', chainFile, '--key', other)
    t.match(imported, { code: 0, stdout: /no appliance is running/ })
    await changeAuthorityOf(folder, { action: 'activate', actor: 'ada' })

    const appliance = await startInProcess(t, folder)
    const caFile = join(folder.root, 'root.pem')
    writeFileSync(caFile, root.toString())
    t.ok(await passes(curl, appliance, caFile))
    t.match(changesIn(folder), [{ action: 'add' }, { action: 'activate', previous: /^sha256:/ }])
    t.equal(appliance.appliance.status().authority.fingerprint, root.fingerprint256)
  },
)

t.test('certs ca: limits go by the policy that is to come too, and by the one in force', async t => {
  const folder = await makeFolder(t, policy)
  const { chain, keyPem } = makeAuthority({ permitted: { dns: ['other.example'], addresses: [] } })
  await startInProcess(t, folder)
  const imported = changeAuthorityOf(folder, { action: 'import', actor: 'ada', chain, key: keyPem })
  await t.rejects(imported, { code: 'ERR_NAME_NOT_PERMITTED', message: /may not vouch for [^]*telemetry.vendor.test/ })
  await t.rejects(changeAuthorityOf(folder, { action: 'activate', actor: 'ada' }), { code: 'ERR_CA_NO_SUCCESSOR' })

  writeFileSync(join(folder.root, 'policy.yaml'), testPolicy(vendor.port, [{ id: 'further', host: 'further.example' }]))
  await changeAuthorityOf(folder, { action: 'new', actor: 'ada' })
  const { successor } = openRotation(folder.authority)
  t.ok(successor?.covers('further.example') && successor.covers('telemetry.vendor.test'))
})
