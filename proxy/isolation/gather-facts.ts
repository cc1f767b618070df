import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import type { ApplianceStatus } from '../watch/control-handlers.ts'
import { callControl } from '../watch/control.ts'
import type { DataFolder } from '../data-folder.ts'
import { parseListen, type Settings } from '../settings.ts'
import type { ControlFacts, Facts, NetworkInterface, OpenSocket, Route, Ruleset } from './facts.ts'
import { readRoutes4, readRoutes6, readSocketTable } from './proc-net.ts'

/** Interfaces that are not to be derived. */
export type Sides = { readonly labInterface?: string; readonly egressInterface?: string }

/** Milliseconds that nft may take. */
const NFT_MS = 10_000

/** Reads what this machine says of itself. What cannot be read is null, and is judged as not proven. */
export const gatherFacts = async (folder: DataFolder, settings: Settings, sides: Sides): Promise<Facts> => {
  const listen = parseListen(settings.listen)
  const interfaces = listInterfaces()
  const routes = readRoutes()
  const lab = sides.labInterface ?? interfaces.find(({ addresses }) => addresses.includes(listen.address))?.name ?? null
  const defaults = (routes ?? []).filter(({ prefix }) => prefix === 0).map(route => route.interface)
  const egress = sides.egressInterface === undefined ? [...new Set(defaults)] : [sides.egressInterface]
  return {
    listen,
    lab,
    egress,
    interfaces,
    sockets: readSockets(),
    routes,
    sysctls: readSysctls([lab, ...egress].filter(name => name !== null)),
    nftables: readRuleset(),
    container: existsSync('/.dockerenv') ? 'docker' : existsSync('/run/.containerenv') ? 'podman' : null,
    control: readControl(folder),
    confinement: await readConfinement(folder),
  }
}

const listInterfaces = (): readonly NetworkInterface[] =>
  Object.entries(networkInterfaces()).map(([name, list]) => ({
    name,
    addresses: (list ?? []).map(({ address }) => address),
  }))

const readText = (file: string): string | null => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}

/** Null when even TCP cannot be seen; a machine without IPv6 has no tables of it. */
const readSockets = (): readonly OpenSocket[] | null => {
  if (readText('/proc/net/tcp') === null) return null
  return (['tcp', 'udp', 'raw'] as const).flatMap(protocol =>
    ['', '6'].flatMap(suffix => readSocketTable(protocol, readText(`/proc/net/${protocol}${suffix}`) ?? '')),
  )
}

const readRoutes = (): readonly Route[] | null => {
  const four = readText('/proc/net/route')
  return four === null ? null : [...readRoutes4(four), ...readRoutes6(readText('/proc/net/ipv6_route') ?? '')]
}

const readSysctls = (interfaces: readonly string[]): Facts['sysctls'] => {
  const names = [
    'net.ipv4.ip_forward',
    'net.ipv6.conf.all.forwarding',
    ...['all', ...interfaces].flatMap(name => [`net.ipv4.conf.${name}.rp_filter`, `net.ipv4.conf.${name}.arp_ignore`]),
  ]
  return Object.fromEntries(names.map(name => [name, readSysctl(name)]))
}

/** An interface such as `eth0.10` has a dot in its name, and only that. */
const readSysctl = (name: string): number | null => {
  const [, head = '', inner, tail] = /^(net\.ipv[46]\.conf)\.(.+)\.(\w+)$/.exec(name) ?? []
  const path = inner === undefined ? name.replaceAll('.', '/') : `${head.replaceAll('.', '/')}/${inner}/${tail}`
  const text = readText(`/proc/sys/${path}`)
  return text === null ? null : Number(text)
}

const readRuleset = (): Ruleset => {
  try {
    const text = execFileSync('nft', ['-j', 'list', 'ruleset'], {
      encoding: 'utf8',
      timeout: NFT_MS,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return { kind: 'read', document: JSON.parse(text) }
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    return { kind: 'unreadable', why: isMissing ? 'nft is not installed here' : 'nft may only be asked by root' }
  }
}

const readControl = (folder: DataFolder): ControlFacts | null => {
  const socket = statSync(folder.control, { throwIfNoEntry: false })
  if (!socket) return null
  const root = statSync(folder.root)
  const user = process.getuid?.()
  return {
    mode: socket.mode & 0o777,
    folderMode: root.mode & 0o777,
    isOwn: socket.uid === root.uid && (user === 0 || socket.uid === user),
  }
}

const readConfinement = async (folder: DataFolder): Promise<Facts['confinement']> => {
  try {
    return ((await callControl(folder.control, 'GET /status')).document as ApplianceStatus).confinement
  } catch {
    return null
  }
}
