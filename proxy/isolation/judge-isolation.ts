import { isPublicAddress, isWildcardAddress } from '../../rules/address.ts'
import type { Facts, OpenSocket } from './facts.ts'
import { openingsIn } from './nft-openings.ts'

/** `unproven`: neither shown to hold nor found to be broken, from where this was asked. */
export type Judgement = {
  readonly check: string
  readonly state: 'holds' | 'found' | 'unproven'
  readonly seen: string
  /** What to do; null when it holds. */
  readonly hint: string | null
}

const holds = (check: string, seen: string): Judgement => ({ check, state: 'holds', seen, hint: null })
const found = (check: string, seen: string, hint: string): Judgement => ({ check, state: 'found', seen, hint })
const unproven = (check: string, seen: string, hint: string): Judgement => ({ check, state: 'unproven', seen, hint })

/** What can be said of "no inbound ports" (P6) from these facts. */
export const judgeIsolation = (facts: Facts): readonly Judgement[] => [
  labSide(facts),
  ownPort(facts),
  otherSockets(facts),
  forwarding(facts),
  weakHost(facts),
  defaultRoutes(facts),
  packetFilter(facts),
  ...publishedPorts(facts),
  controlSocket(facts),
  confinement(facts),
]

const LOOPBACK = 'lo'
const applyRules = 'run "sluice doctor isolation --print-nftables", read it, and load it with "nft -f"'

const labSide = ({ lab, listen, egress }: Facts): Judgement => {
  const check = 'lab interface'
  if (lab === null)
    return found(check, `no interface has the address ${listen.address}`, 'correct "listen" in appliance.yaml')
  if (egress.includes(lab))
    return found(
      check,
      `${lab} is the way to the internet as well`,
      'give the lab side an interface of its own, without a default route',
    )
  return holds(check, `${listen.address} is on ${lab}; the way out is ${egress.join(', ') || 'none'}`)
}

const ownPort = ({ sockets, listen, confinement }: Facts): Judgement => {
  const check = 'own port'
  if (sockets === null) return unproven(check, '/proc/net/tcp cannot be read', 'ask on Linux, beside the appliance')
  const own = sockets.filter(({ protocol, port }) => protocol === 'tcp' && port === listen.port)
  const wide = own.filter(({ address }) => address !== listen.address)
  if (wide.length > 0)
    return found(
      check,
      `port ${listen.port} is open on ${wide.map(({ address }) => address).join(', ')}`,
      'end what listens there',
    )
  if (own.length === 0)
    return unproven(
      check,
      confinement === null ? 'the appliance is not running' : 'its port is not seen from here',
      'ask while it runs, on the same machine (in a container: within it)',
    )
  return holds(check, `open on ${listen.address} port ${listen.port} only`)
}

const spell = ({ protocol, address, port }: OpenSocket): string =>
  `${protocol} ${address.includes(':') ? `[${address}]` : address}:${port}`

/** Sockets that a packet from the egress side could reach if nothing filtered it. */
const otherSockets = ({ sockets, listen, interfaces, egress }: Facts): Judgement => {
  const check = 'other sockets'
  if (sockets === null) return unproven(check, 'sockets cannot be listed', 'ask on Linux')
  const outside = new Set(interfaces.filter(({ name }) => egress.includes(name)).flatMap(({ addresses }) => addresses))
  const exposed = sockets.filter(
    ({ address, port }) =>
      !(address === listen.address && port === listen.port) &&
      (isWildcardAddress(address) || isPublicAddress(address) || outside.has(address)),
  )
  if (exposed.length === 0) return holds(check, 'nothing listens on the egress side or on all addresses')
  const hint = 'end these services or bind them to another address; the packet filter keeps them from the egress side'
  return found(check, [...new Set(exposed.map(spell))].join(', '), hint)
}

const forwarding = ({ sysctls }: Facts): Judgement => {
  const check = 'forwarding'
  const names = ['net.ipv4.ip_forward', 'net.ipv6.conf.all.forwarding']
  const on = names.filter(name => (sysctls[name] ?? 0) !== 0)
  if (on.length > 0)
    return found(check, `${on.join(' and ')} is on`, `set it to 0: ${on.map(name => `sysctl -w ${name}=0`).join('; ')}`)
  if (sysctls[names[0]!] == null)
    return unproven(check, 'ip_forward cannot be read', 'look at "sysctl net.ipv4.ip_forward"')
  return holds(check, 'this machine hands no packets on')
}

/** Linux answers on one interface for the addresses of another: rp_filter and arp_ignore narrow that, for IPv4 alone. */
const weakHost = ({ sysctls, lab, egress }: Facts): Judgement => {
  const check = 'weak host model'
  const sides = [lab, ...egress].filter(name => name !== null && name !== LOOPBACK)
  const effective = (name: string, key: string): number =>
    Math.max(sysctls[`net.ipv4.conf.all.${key}`] ?? 0, sysctls[`net.ipv4.conf.${name}.${key}`] ?? 0)
  const open = sides.flatMap(name =>
    ['rp_filter', 'arp_ignore'].filter(key => effective(name!, key) === 0).map(key => `${key} of ${name} is 0`),
  )
  const hint = 'set net.ipv4.conf.all.rp_filter and net.ipv4.conf.all.arp_ignore to 1'
  if (open.length > 0) return found(check, open.join(', '), hint)
  return holds(check, 'rp_filter and arp_ignore are on; only the packet filter closes the port for certain')
}

const defaultRoutes = ({ routes, lab }: Facts): Judgement => {
  const check = 'routes'
  if (routes === null) return unproven(check, 'routes cannot be read', 'look at "ip route" and "ip -6 route"')
  const astray = routes.filter(route => route.prefix === 0 && route.interface === lab)
  if (astray.length > 0)
    return found(check, `a default route leads into the lab, over ${lab}`, `ip route del default dev ${lab}`)
  return holds(check, 'no default route leads into the lab')
}

const packetFilter = ({ nftables, lab, listen }: Facts): Judgement => {
  const check = 'packet filter'
  if (nftables.kind === 'unreadable')
    return unproven(
      check,
      nftables.why,
      'run this as root on the machine (of a container: on its host, in its network)',
    )
  if (lab === null) return unproven(check, 'the lab interface is not known', 'name it with --lab-interface')
  const openings = openingsIn(nftables.document, lab)
  if (openings === null)
    return found(check, `no input chain drops by default: port ${listen.port} shows on every interface`, applyRules)
  if (openings.length > 0) return found(check, openings.join('; '), applyRules)
  return holds(check, `nothing new comes in but over ${lab}; nothing is handed on`)
}

const publishedPorts = ({ container }: Facts): readonly Judgement[] =>
  container === null
    ? []
    : [
        unproven(
          'published ports',
          `which ports ${container} publishes cannot be seen from inside`,
          `look at "${container} port" and the networks of the container, on the host`,
        ),
      ]

const controlSocket = ({ control }: Facts): Judgement => {
  const check = 'control socket'
  if (control === null) return unproven(check, 'there is none', 'ask while the appliance runs')
  const { mode, folderMode, isOwn } = control
  if (!isOwn || (mode & 0o077) !== 0 || (folderMode & 0o077) !== 0)
    return found(
      check,
      `mode ${mode.toString(8)} in a folder of mode ${folderMode.toString(8)}${isOwn ? '' : ', of another user'}`,
      'chown the data folder to the user of the appliance, chmod it to 700, and restart',
    )
  return holds(check, 'for its owner only by file modes; who calls is not asked, because Node has no SO_PEERCRED')
}

const confinement = ({ confinement }: Facts): Judgement => {
  const check = 'confinement'
  if (confinement === null) return unproven(check, 'the appliance is not running', 'ask while it runs')
  const { isConfined, childProcesses, allFiles } = confinement
  if (!isConfined || childProcesses || allFiles)
    return found(check, 'the appliance runs without Node’s permission model', 'start it with "sluice serve"')
  return holds(check, 'its own files only, no other programs')
}
