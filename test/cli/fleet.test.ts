import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { shippedPolicy } from '../../proxy/set-up.ts'
import { writeSettings, type Settings } from '../../proxy/settings.ts'
import { makeCertificate } from '../certs/made-certificate.ts'
import { makeFolder, startInProcess, testSettings, type InProcess } from '../kit/appliance.ts'
import { blocksOf, commandsIn, matches, normalize } from '../kit/console-page.ts'
import { makeMember } from '../kit/fleet-member.ts'
import { answering, startVendor, vendorAuthority } from '../kit/vendor.ts'
import { hasPostgres, startPostgres } from '../kit/postgres.ts'

const root = join(import.meta.dirname, '..', '..')
const page = readFileSync(join(root, 'docs', 'fleet.md'), 'utf8')
const skip = !hasPostgres && 'no PostgreSQL server here (Debian: postgresql)'
const address = skip ? '' : await (await startPostgres(t)).database('sluice')

t.test('docs/fleet.md: every command does what the page shows', { skip }, async t => {
  const lab = t.testdir({ bin: {}, keys: {}, 'passphrase.txt': 'a long enough one\n' })
  writeFileSync(
    join(lab, 'bin', 'sluice'),
    `#!/bin/sh\nexec "${process.execPath}" "${join(root, 'cli', 'main.ts')}" "$@"\n`,
  )
  chmodSync(join(lab, 'bin', 'sluice'), 0o755)
  for (const name of ['lab-1', 'lab-2', 'lab-3']) {
    await makeMember(join(lab, name), name, 300, Date.now(), join(lab, name, 'log'))
    writeFileSync(join(lab, name, 'appliance.yaml'), '')
  }
  // the appliance that bundles are applied to has one route of the policy at first
  const policy = shippedPolicy()
  const { routes, ...rest } = parse(policy) as { readonly routes: readonly object[] }
  const running = await makeFolder(t, JSON.stringify({ ...rest, routes: routes.slice(0, 1) }))
  writeFileSync(join(lab, 'policy.yaml'), policy)
  const shell = async (command: string): Promise<string> => {
    const env = {
      ...process.env,
      PATH: `${join(lab, 'bin')}${delimiter}${process.env.PATH}`,
      SLUICE_DATA: running.root,
      SLUICE_FLEET: address,
      SLUICE_PASSPHRASE_FILE: 'passphrase.txt',
    }
    // not spawnSync: one of the appliances runs in this process
    const child = spawn('sh', ['-c', `{ ${command}; } 2>&1`], { cwd: lab, env, stdio: ['ignore', 'pipe', 'inherit'] })
    let printed = ''
    child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()))
    await once(child, 'close')
    return printed
  }
  const certificate = makeCertificate({ dns: ['policy.hospital.example'] }, vendorAuthority)
  const server = await startVendor({ certificate })
  t.teardown(() => server.close())
  server.behaviour = (socket, request) =>
    answering(200, [], readFileSync(join(lab, 'policy-12.bundle'), 'utf8'))(socket, request)
  writeFileSync(join(running.root, 'hospital-ca.pem'), vendorAuthority.pem)
  /** The server of the page is on this machine. */
  const hereInstead = ({ url, server: way }: Partial<Settings['bundles']>): Partial<Settings['bundles']> =>
    typeof url === 'string'
      ? { url: url.replace('.example/', `.example:${server.port}/`), server: { ...way, addresses: ['127.0.0.1'] } }
      : {}
  let started: InProcess | null = null
  for (const { kind, text } of blocksOf(page)) {
    if (kind === 'yaml') {
      await started?.appliance.stop()
      const { bundles } = parse(text) as { readonly bundles: Partial<Settings['bundles']> }
      const settings = { ...testSettings, bundles: { ...testSettings.bundles, ...bundles, ...hereInstead(bundles) } }
      writeFileSync(running.settings, writeSettings(settings))
      copyFileSync(join(lab, 'keys', 'policy.hospital.example.pub'), join(running.root, 'policy.hospital.example.pub'))
      started = await startInProcess(t, running)
    }
    if (kind !== 'console') continue
    for (const { command, expected } of commandsIn(text)) {
      const printed = normalize(await shell(command))
      if (matches(printed, normalize(expected)) || (expected === '' && printed.join('') === '')) t.pass(command)
      else t.same(printed, normalize(expected), command)
    }
  }
})
