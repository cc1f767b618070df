import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { calledAs } from '../../cli/called-as.ts'
import { composeEnvironment } from '../../cli/init/env-file.ts'
import { labSides, sideOf } from '../../cli/init/lab-sides.ts'
import { spellSteps, stepsHere, stepsInDocker } from '../../cli/init/next-steps.ts'
import { parseInstrument } from '../../cli/init/wishes.ts'
import { sluice } from '../kit/sluice.ts'
import { hasTmux, startTerminal } from '../kit/terminal.ts'

const root = mkdtempSync(join(tmpdir(), 'sluice-'))
t.teardown(() => rmSync(root, { recursive: true, force: true }))

t.test('init: on a terminal it asks for what no option says, and what it makes is what was answered', async t => {
  if (!hasTmux) return t.comment('skipped: there is no tmux on this machine')
  const data = join(root, 'asked')
  const policy = join(root, 'etc', 'policy.yaml')
  const flags = ['--name', 'sluice.lab.example', '--policy', policy]
  const terminal = await startTerminal(t, ['init', '--data', data, ...flags], { columns: 160 })
  await terminal.sees(/How is the appliance to run\?/)
  await terminal.press('Enter')
  await terminal.sees(/On which address do the instruments reach it\?/)
  // the list does not turn over: its last but one is reached from the end, however many addresses this machine has
  await terminal.press(...Array<string>(20).fill('Down'), 'Up')
  await terminal.sees(/❯ 127\.0\.0\.1/)
  await terminal.press('Enter')
  await terminal.sees(/Port .*\(8443\)/)
  await terminal.type('99999')
  await terminal.press('Enter')
  await terminal.sees(/is not of the form address:port/)
  await terminal.press(...Array<string>(5).fill('BSpace'))
  await terminal.press('Enter')
  await terminal.sees(/Host of the vendor's service .*\(telemetry\.vendor\.example\)/)
  await terminal.type('telemetry.vendor.test')
  await terminal.press('Enter')
  await terminal.sees(/First instrument/)
  await terminal.type('novaseq-01=10.77.1.20')
  await terminal.press('Enter')
  await terminal.sees(/Next instrument/)
  await terminal.press('Enter')
  await terminal.sees(/Public file of the first reviewer/)
  await terminal.press('Enter')
  const screen = await terminal.sees(/5\. open http:/)
  t.match(screen, /4\. in another terminal: .*\n\s+sluice doctor --data /)
  t.equal(await terminal.ended(), 0)
  t.match(parse(readFileSync(join(data, 'appliance.yaml'), 'utf8')), {
    listen: '127.0.0.1:8443',
    names: ['sluice.lab.example'],
    policy,
  })
  t.match(parse(readFileSync(policy, 'utf8')), {
    instruments: [{ id: 'novaseq-01', address: '10.77.1.20' }],
    destinations: [{ host: 'telemetry.vendor.test' }],
  })
})

t.test('init: who breaks off the questions has made nothing', async t => {
  if (!hasTmux) return t.comment('skipped: there is no tmux on this machine')
  const data = join(root, 'broken-off')
  const terminal = await startTerminal(t, ['init', '--data', data])
  await terminal.sees(/How is the appliance to run\?/)
  await terminal.press('C-c')
  t.equal(await terminal.ended(), 130)
  t.notOk(existsSync(data))
})

t.test('init: without a terminal nothing is asked, and the steps are told to machines too', async t => {
  const data = join(root, 'silent')
  const { code, stdout } = await sluice(['init', '--json', '--data', data, '--instrument', 'a=10.77.1.16/28'])
  t.equal(code, 0)
  const told = JSON.parse(stdout) as { listen: string; next: readonly { do: string; isCommand: boolean }[] }
  t.equal(told.listen, '127.0.0.1:8443')
  t.same(
    told.next.filter(({ isCommand }) => isCommand).map(({ do: what }) => what.split(' ')[1]),
    ['rules', 'serve', 'doctor'],
  )
  t.match(parse(readFileSync(join(data, 'policy.yaml'), 'utf8')), {
    instruments: [{ id: 'a', network: '10.77.1.16/28' }],
  })
})

t.test('init: an instrument that is not of the form id=address, exit code 2', t => {
  for (const text of ['A=10.77.1.2', 'a=10.77.1', 'a=10.77.1.0/40', 'a', '=10.77.1.2', 'a='])
    t.throws(() => parseInstrument(text), { exitCode: 2, message: `${text} is not of the form id=address` })
  t.same(parseInstrument('a=fd00::1'), { id: 'a', address: 'fd00::1' })
  t.end()
})

t.test('init: for containers it writes .env and the commands, and never over a file that is there', async t => {
  const file = join(root, '.env')
  const side = ['--lab-interface', 'enp3s0', '--lab-subnet', '10.77.1.0/24', '--env-to', file]
  const flags = ['--compose', 'ipvlan', '--listen', '10.77.1.10:443', '--instrument', 'a=10.77.1.20', ...side]
  const { code, stdout } = await sluice(['init', ...flags])
  t.equal(code, 0)
  t.match(stdout, /^ {5}docker compose run --rm setup --instrument a=10\.77\.1\.20$/m)
  t.match(stdout, /^ {5}docker compose up --detach$/m)
  t.equal(
    readFileSync(file, 'utf8').replace(/^#.*\n/, ''),
    'COMPOSE_FILE=compose.yaml\nLAB_INTERFACE=enp3s0\nLAB_SUBNET=10.77.1.0/24\nLAB_IP=10.77.1.10\nLAB_PORT=443\n',
  )
  t.equal(statSync(file).mode & 0o777, 0o644)
  const again = await sluice(['init', ...flags])
  t.match([again.code, again.stderr], [5, /there is a file .*--env-to/s])
})

t.test('init: what each compose file has to be told', t => {
  const place = { address: '10.77.1.10', port: 8443, labInterface: 'enp3s0', labSubnet: '10.77.1.0/24' }
  const own = composeEnvironment({ kind: 'macvlan', ...place })
  t.match(own, /^COMPOSE_FILE=compose\.macvlan\.yaml\nLAB_INTERFACE=enp3s0\nLAB_SUBNET=10\.77\.1\.0\/24\n/m)
  t.match(own, /^LAB_MAC=[\da-f][26ae](:[\da-f]{2}){5}$/m)
  const published = composeEnvironment({ kind: 'published', ...place, labInterface: null, labSubnet: null })
  t.match(published, /^COMPOSE_FILE=compose\.published\.yaml\nLAB_IP=10\.77\.1\.10\nLAB_PORT=8443\n$/m)
  t.end()
})

t.test('init: addresses that are public, link-local or only of this computer are not offered', t => {
  const entry = (address: string, cidr: string, more: object = {}) =>
    ({ address, cidr, netmask: '', mac: '', internal: false, family: 'IPv4', ...more }) as never
  const six = { family: 'IPv6', scopeid: 0 }
  const sides = labSides({
    lo: [entry('127.0.0.1', '127.0.0.1/8', { internal: true })],
    eth0: [entry('8.8.8.8', '8.8.8.8/24'), entry('fe80::1', 'fe80::1/64', { ...six, scopeid: 2 })],
    eth1: [entry('fd00:7::a', 'fd00:7::a/64', six), entry('10.77.1.10', '10.77.1.10/20')],
  })
  t.same(sides, [
    { interface: 'eth1', address: '10.77.1.10', network: '10.77.0.0/20' },
    { interface: 'eth1', address: 'fd00:7::a', network: 'fd00:7::/64' },
  ])
  t.equal(sideOf(sides, '10.77.14.9')?.interface, 'eth1')
  t.equal(sideOf(sides, '10.78.1.1'), undefined)
  t.end()
})

t.test('init: the steps can be copied, whatever is in a path', t => {
  const here = spellSteps(stepsHere("/srv/it's here", '/etc/p.yaml', '10.77.1.10:8443'))
  t.match(here, String.raw`${calledAs} serve --data '/srv/it'\''s here'`)
  const wishes = { compose: 'ipvlan', listen: '10.77.1.10:8443', name: ['sluice.lab.example'], instrument: [] } as const
  const docker = spellSteps(stepsInDocker({ ...wishes, reviewer: ['/media/usb stick/ada.pub'] }))
  t.match(docker, "run --rm -v '/media/usb stick/ada.pub:/reviewers/ada.pub:ro' setup --name sluice.lab.example --reviewer /reviewers/ada.pub") // prettier-ignore
  t.end()
})
