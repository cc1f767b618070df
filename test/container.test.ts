import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { billOfMaterials } from '../cli/doctor/machine.ts'
import { composeEnvironment } from '../cli/init/env-file.ts'
import { composeFiles, type ComposeKind } from '../cli/init/wishes.ts'

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
    'which may be a tag and a digest',
  )
  t.match(valuesOf(stages[1]!, 'RUN')[0], /^npm ci --omit=dev --ignore-scripts( |$)/)
  t.notMatch(valuesOf(image, 'RUN').join('\n'), /npm (ci|i|install)\b|apt-get|curl|wget/)
})

t.test('image: it holds a bill of materials, made of the production tree after that was installed', t => {
  const [install = '', bill = ''] = valuesOf(stages[1]!, 'RUN')
  t.match(install, /^npm ci --omit=dev/)
  const made = `npm sbom --sbom-type=application --sbom-format=cyclonedx >${basename(billOfMaterials)}`
  t.equal(bill.replaceAll(/ +/g, ' '), `npm pkg delete devDependencies && ${made}`)
  const folder = valuesOf(stages[1]!, 'WORKDIR')[0]!
  t.ok(valuesOf(image, 'COPY').includes(`--from=dependencies ${folder}/${basename(billOfMaterials)} ./`))
  t.equal(only('WORKDIR'), '/app', 'where the doctor looks for it: beside cli/')
  t.end()
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
  const args = valuesOf(image, 'ARG')
  t.strictSame(args, ['NODE_TAG', `VERSION=${version}`, 'REVISION=unknown', 'CREATED=unknown', 'SOURCE=unknown'])
  const labels = [...only('LABEL').matchAll(/org\.opencontainers\.image\.([\w.]+)="([^"]*)"/g)]
  t.strictSame(Object.fromEntries(labels.map(([, name, value]) => [name, value])), {
    title: 'sluice',
    description,
    version: '${VERSION}',
    revision: '${REVISION}',
    created: '${CREATED}',
    source: '${SOURCE}',
    'base.name': 'docker.io/library/node:${NODE_TAG}',
    licenses: license,
  })
  t.ok(image.findIndex(({ name }) => name === 'LABEL') > image.findLastIndex(({ name }) => name === 'RUN'), 'last')
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

// --- compose

type Service = Readonly<Record<string, unknown>> & {
  readonly networks: Readonly<Record<string, { readonly ipv4_address?: string; readonly mac_address?: string }>>
  readonly command: readonly string[]
  readonly entrypoint?: readonly string[]
  readonly volumes: readonly Mount[]
  readonly sysctls: Readonly<Record<string, string>>
}
type Mount = {
  readonly type: string
  readonly source: string
  readonly target: string
  readonly read_only?: boolean
  readonly bind?: { readonly create_host_path?: boolean }
}
type Network = {
  readonly driver: string
  readonly internal?: boolean
  readonly driver_opts?: Readonly<Record<string, string>>
}
type Compose = {
  readonly services: Readonly<Record<'sluice' | 'setup', Service>>
  readonly networks: Readonly<Record<string, Network>>
  readonly secrets?: Readonly<Record<string, { readonly file: string }>>
}

const readCompose = (file: string): Compose => parse(read(file), { merge: true }) as Compose

/** With what a service takes over from another file, as Compose does it: mappings key by key, all else as a whole. */
const composeOf = (kind: ComposeKind): Compose => {
  const own = readCompose(composeFiles[kind])
  const services = Object.entries(own.services).map(([name, service]) => {
    const { extends: base, ...rest } = service as Service & { readonly extends?: { file: string; service: 'sluice' } }
    if (!base) return [name, service]
    const { [base.service]: extended } = readCompose(base.file).services
    return [
      name,
      { ...extended, ...rest, ...(rest.networks && { networks: { ...extended.networks, ...rest.networks } }) },
    ]
  })
  return { ...own, services: Object.fromEntries(services) as Compose['services'] }
}

const kinds = Object.keys(composeFiles) as ComposeKind[]

for (const kind of kinds) {
  const { sluice, setup } = composeOf(kind).services

  t.test(`compose, ${kind}: nothing that a process could use to become more than it is`, t => {
    for (const service of [sluice, setup]) {
      t.equal(service.read_only, true)
      t.strictSame(service.cap_drop, ['ALL'])
      t.strictSame(service.security_opt, ['no-new-privileges:true'])
      for (const key of ['privileged', 'cap_add', 'devices', 'user', 'pid', 'ipc', 'extra_hosts', 'environment'])
        t.notOk(key in service, key)
    }
    t.notOk('network_mode' in sluice)
    t.end()
  })

  t.test(`compose, ${kind}: memory, processes, files and what it may write are bounded, and it comes back`, t => {
    for (const service of [sluice, setup]) {
      t.match(service.mem_limit, /^\d+[mg]$/)
      t.equal(service.memswap_limit, service.mem_limit, 'nothing goes to the swap')
      t.ok(Number(service.pids_limit) > 0)
      t.strictSame(service.ulimits, { nofile: 4096, core: 0 })
      t.strictSame(service.tmpfs, ['/tmp:size=16m,mode=1777,noexec,nosuid,nodev'])
      for (const { type, bind } of service.volumes) t.strictSame([type, bind], ['bind', { create_host_path: false }])
    }
    t.equal(sluice.restart, 'unless-stopped')
    t.end()
  })

  t.test(
    `compose, ${kind}: the process that enforces the policy cannot change it; the one that makes it has no network`,
    t => {
      const mounts = (service: Service): readonly string[] =>
        service.volumes.map(({ source, target, read_only: readOnly }) => `${source} ${target}${readOnly ? ' ro' : ''}`)
      t.strictSame(mounts(sluice), ['./sluice-data /data', './sluice-policy /policy ro'])
      t.strictSame(mounts(setup), ['./sluice-data /data', './sluice-policy /policy'])
      t.equal(setup.network_mode, 'none')
      t.strictSame(setup.profiles, ['setup'], 'it does not start with the other')
      t.strictSame(setup.entrypoint!.slice(0, 5), [
        'node',
        '/app/cli/main.ts',
        'init',
        '--policy',
        '/policy/policy.yaml',
      ])
      t.end()
    },
  )

  t.test(`compose, ${kind}: what init writes into .env is all that it asks for, and nothing else`, t => {
    const place = { address: '10.77.1.10', port: 8443, labInterface: 'enp3s0', labSubnet: '10.77.1.0/24' }
    const given = [...composeEnvironment({ kind, ...place }).matchAll(/^(\w+)=(.*)$/gm)].map(([, name = '', value]) => [
      name,
      value,
    ])
    t.strictSame(given[0], ['COMPOSE_FILE', composeFiles[kind]])
    const used = new Set([...JSON.stringify(composeOf(kind)).matchAll(/\$\{(\w+):([?-])/g)].map(([, name]) => name))
    for (const name of ['REVISION', 'CREATED', 'SOURCE']) used.delete(name)
    t.strictSame(new Set(given.slice(1).map(([name]) => name)), used)
    t.end()
  })
}

t.test('P6: the container is no router between its networks', t => {
  for (const kind of kinds)
    t.match(
      composeOf(kind).services.sluice.sysctls,
      {
        'net.ipv4.ip_forward': '0',
        'net.ipv4.conf.all.rp_filter': '1',
        'net.ipv4.conf.all.arp_ignore': '1',
        'net.ipv6.conf.all.disable_ipv6': '1',
      },
      kind,
    )
  t.end()
})

for (const kind of ['ipvlan', 'macvlan'] as const)
  t.test(`P6: compose, ${kind}: it publishes no port, and has one address of its own on the lab network`, t => {
    const { services, networks } = composeOf(kind)
    const { sluice, setup } = services
    for (const key of ['ports', 'expose']) t.notOk(key in sluice, key)
    t.strictSame(Object.keys(sluice.networks), ['lab', 'egress'])
    t.match(sluice.networks.lab!.ipv4_address, /^\$\{LAB_IP:\?[^}]+\}$/)
    t.match(sluice.command.join(' '), /^serve --listen \$\{LAB_IP:\?[^}]+\}:\$\{LAB_PORT:-8443\}$/)
    t.equal(setup.entrypoint!.at(-1), sluice.command.at(-1), 'the authority covers the address')
    t.equal(networks.lab!.driver, kind)
    t.equal(networks.lab!.internal, true, 'the lab network has no way out')
    t.match(networks.lab!.driver_opts!.parent, /^\$\{LAB_INTERFACE:\?/)
    t.strictSame(networks.egress, { driver: 'bridge' }, 'and the other is another one')
    t.equal(Object.keys(networks).length, 2)
    t.end()
  })

t.test('P6: compose, published: the port is published on the lab address of this machine, and on no other', t => {
  const { services, networks } = composeOf('published')
  const { sluice, setup } = services
  t.match(sluice.ports, [/^\$\{LAB_IP:\?[^}]+\}:\$\{LAB_PORT:-8443\}:8443$/])
  t.strictSame(sluice.networks, { appliance: { ipv4_address: '172.31.77.10' } })
  t.strictSame(sluice.command, ['serve', '--listen', '172.31.77.10:8443'])
  t.match(
    setup.entrypoint!.join(' '),
    / --listen 172\.31\.77\.10:8443 --name \$\{LAB_IP:\?/,
    'which the authority covers',
  )
  t.strictSame(Object.keys(networks), ['appliance'])
  t.end()
})

t.test('compose, secrets: files of the site, mounted where the appliance reads them, and no passphrase', t => {
  const { services, secrets } = readCompose('compose.secrets.yaml')
  t.strictSame(Object.keys(services.sluice), ['secrets'])
  const mounted = services.sluice.secrets as readonly { readonly source: string; readonly target: string }[]
  t.ok(mounted.every(({ target }) => target.startsWith('/data/upstream/')))
  t.strictSame(new Set(mounted.map(({ source }) => source)), new Set(Object.keys(secrets!)))
  for (const { file } of Object.values(secrets!)) t.match(file, /^\$\{\w+:\?[^}]+\}$/)
  t.notMatch(JSON.stringify(mounted), /passphrase|reviewer/i, 'P4: it cannot open what it has sealed')
  t.end()
})
