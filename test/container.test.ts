import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'

const root = join(import.meta.dirname, '..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

type Instruction = { readonly name: string; readonly value: string }

/** Instructions of the Dockerfile, stage by stage; continued lines joined, comments left out. */
const stagesOf = (dockerfile: string): readonly (readonly Instruction[])[] => {
  const lines = dockerfile
    .replaceAll(/^\s*#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, ' ')
    .split('\n')
    .filter(line => line.trim() !== '')
  const stages: Instruction[][] = [[]]
  for (const line of lines) {
    const [, name = '', value = ''] = /^(\w+)\s+(.*)$/.exec(line) ?? []
    if (name === 'FROM') stages.push([])
    stages.at(-1)!.push({ name, value })
  }
  return stages
}

const stages = stagesOf(read('Dockerfile'))
const image = stages.at(-1)!
const valuesOf = (stage: readonly Instruction[], name: string): readonly string[] =>
  stage.filter(instruction => instruction.name === name).map(({ value }) => value)
const only = (name: string): string => {
  const values = valuesOf(image, name)
  return values.length === 1 ? values[0]! : `${values.length} times ${name}`
}

t.test('image: official Node 24 in all stages, production dependencies alone, no install script', async t => {
  t.strictSame(valuesOf(stages[0]!, 'ARG'), ['NODE_TAG=24-bookworm-slim'])
  t.strictSame(
    stages.slice(1).map(stage => valuesOf(stage, 'FROM')[0]),
    ['node:${NODE_TAG} AS dependencies', 'node:${NODE_TAG}'],
  )
  t.match(valuesOf(stages[1]!, 'RUN')[0], /^npm ci --omit=dev --ignore-scripts( |$)/)
  t.notMatch(valuesOf(image, 'RUN').join('\n'), /npm (ci|i|install)\b|apt-get|curl|wget/)
})

t.test('image: not root, no port of its own, data in a volume', async t => {
  t.equal(only('USER'), '1000:1000')
  t.equal(only('VOLUME'), '/data')
  t.match(only('ENV'), /\bSLUICE_DATA=\/data\b/)
  t.strictSame(valuesOf(image, 'EXPOSE'), [])
})

t.test('image: entry point, command and health check are lists, run without a shell', async t => {
  t.strictSame(JSON.parse(only('ENTRYPOINT')), ['node', '/app/cli/main.ts'])
  t.strictSame(JSON.parse(only('CMD')), ['serve'])
  const [, check = ''] = only('HEALTHCHECK').split(' CMD ')
  t.strictSame(JSON.parse(check), ['node', '/app/cli/main.ts', 'status', '--health'])
  t.equal(only('STOPSIGNAL'), 'SIGTERM')
})

t.test('image: labels say what it is, in the version of the package', async t => {
  const { version, license, description } = JSON.parse(read('package.json')) as Record<string, string>
  t.equal(only('ARG'), `VERSION=${version}`)
  for (const [name, value] of Object.entries({
    title: 'sluice',
    description,
    version: '${VERSION}',
    licenses: license,
  }))
    t.ok(only('LABEL').includes(`org.opencontainers.image.${name}="${value}"`), name)
})

t.test('image: the builder is sent nothing but what is copied, and all of that', async t => {
  const [first, ...admitted] = read('.dockerignore')
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('#'))
  t.equal(first, '*')
  const copied = stages
    .flatMap(stage => valuesOf(stage, 'COPY'))
    .filter(value => !value.startsWith('--from'))
    .flatMap(value => value.split(' ').slice(0, -1))
  t.strictSame(new Set(admitted.map(line => line.replace(/^!/, ''))), new Set(copied))
  for (const path of copied) t.ok(existsSync(join(root, path)), path)
})

type Service = Readonly<Record<string, unknown>> & {
  readonly networks: Readonly<Record<string, { readonly ipv4_address?: string }>>
  readonly command: readonly string[]
  readonly volumes: readonly { readonly type: string; readonly target: string }[]
  readonly sysctls: Readonly<Record<string, string>>
}
type Network = {
  readonly driver: string
  readonly internal?: boolean
  readonly driver_opts?: Readonly<Record<string, string>>
}
const compose = parse(read('compose.yaml')) as {
  readonly services: Readonly<Record<string, Service>>
  readonly networks: Readonly<Record<string, Network>>
}
const sluice = compose.services.sluice!

t.test('compose: nothing that a process could use to become more than it is', async t => {
  t.equal(sluice.read_only, true)
  t.strictSame(sluice.cap_drop, ['ALL'])
  t.strictSame(sluice.security_opt, ['no-new-privileges:true'])
  for (const key of ['privileged', 'cap_add', 'devices', 'user', 'pid', 'ipc', 'network_mode', 'extra_hosts'])
    t.notOk(key in sluice, key)
})

t.test('compose: memory, processes and what it may write are bounded, and it comes back by itself', async t => {
  t.match(sluice.mem_limit, /^\d+[mg]$/)
  t.ok(Number(sluice.pids_limit) > 0)
  t.strictSame(sluice.tmpfs, ['/tmp:size=16m,mode=1777,noexec,nosuid,nodev'])
  t.strictSame(
    sluice.volumes.map(({ type, target }) => `${type} ${target}`),
    ['bind /data'],
  )
  t.equal(sluice.restart, 'unless-stopped')
})

t.test('P6: compose publishes no port, and gives the appliance one address of its own on the lab network', async t => {
  t.notOk('ports' in sluice)
  t.notOk('expose' in sluice)
  t.strictSame(Object.keys(sluice.networks), ['lab', 'egress'])
  t.match(sluice.networks.lab!.ipv4_address, /^\$\{LAB_IP:\?[^}]+\}$/)
  t.match(sluice.command.join(' '), /^serve --listen \$\{LAB_IP:\?[^}]+\}:\$\{LAB_PORT:-8443\}$/)
})

t.test('P6: the lab network has no way out, and the egress network is another one', async t => {
  const { lab, egress } = compose.networks
  t.equal(lab!.driver, 'ipvlan')
  t.equal(lab!.internal, true)
  t.match(lab!.driver_opts!.parent, /^\$\{LAB_INTERFACE:\?/)
  t.strictSame(egress, { driver: 'bridge' })
  t.equal(Object.keys(compose.networks).length, 2)
})

t.test('P6: the container is no router between its networks', async t => {
  t.match(sluice.sysctls, {
    'net.ipv4.ip_forward': '0',
    'net.ipv4.conf.all.rp_filter': '1',
    'net.ipv4.conf.all.arp_ignore': '1',
    'net.ipv6.conf.all.disable_ipv6': '1',
  })
})
