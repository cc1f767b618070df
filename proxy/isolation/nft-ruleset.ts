import { isIP } from 'node:net'
import type { Destination, Policy } from '../../rules/policy.ts'

/** What a rule set is made from. */
export type RulesetPlan = {
  readonly listen: { readonly address: string; readonly port: number }
  readonly lab: string
  readonly egress: string
  /** Networks in CIDR form from which instruments call; none: instruments are known by certificates alone, from anywhere. */
  readonly callers: readonly string[]
  /** `addresses` empty: DNS says where the host is. */
  readonly destinations: readonly {
    readonly host: string
    readonly port: number
    readonly addresses: readonly string[]
  }[]
  readonly resolvers: readonly string[]
  readonly timeServers: readonly string[]
}

/**
 * The plan of a policy. Where a destination is reached through a proxy of the site, it is the proxy that is connected with.
 * @param others - what the appliance reaches besides, such as the server of its policy bundles
 */
export const planFor = (
  policy: Policy,
  others: readonly Destination[],
  rest: Omit<RulesetPlan, 'callers' | 'destinations'>,
): RulesetPlan => {
  const networks = policy.instruments.flatMap(({ network }) =>
    network ? [`${network[0].toString()}/${network[1]}`] : [],
  )
  const isAnywhere = policy.instruments.some(({ network }) => network === null)
  return {
    ...rest,
    callers: isAnywhere ? [] : [...new Set(networks)],
    destinations: [...policy.destinations, ...others].map(destination => {
      const { host, port, addresses } = destination.proxy ?? destination
      return { host, port, addresses }
    }),
  }
}

/**
 * An nftables rule set that filters by interface, for `nft -f`. It is one table, replaced as a whole in one transaction.
 * @see nft(8)
 */
export const nftRuleset = (plan: RulesetPlan): string => {
  const { listen, lab, egress } = plan
  return `#!/usr/sbin/nft -f
# Sluice: what may come in, be handed on and go out. Written by "sluice doctor isolation --print-nftables".
# Check it with "nft -c -f FILE", load it with "nft -f FILE"; loading replaces the table in one step. To have it at each start:
# include it in /etc/nftables.conf.

# Makes the table if there is none, so that the next line can delete it.
table inet sluice
delete table inet sluice

table inet sluice {
  chain input {
    type filter hook input priority filter; policy drop;
    iifname "lo" accept
    ct state established,related accept
    ct state invalid counter drop

    # The lab side: the one port of the appliance, on its one address, for those from where instruments call.
${lines(callerRules(plan))}
    # To administer this machine over the network, name from where, on the lab side only:
    # iifname "${lab}" ip saddr 10.77.1.5 tcp dport 22 accept

    # Neighbour discovery is IPv6's ARP (RFC 4890 section 4.4); the hop limit shows that it comes from the same link.
    ip6 hoplimit 255 icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert } accept
    iifname "${lab}" icmp type echo-request limit rate 10/second accept
    iifname "${lab}" icmpv6 type echo-request limit rate 10/second accept

    # The egress side: nothing new, whatever address it asks for.
    iifname "${egress}" counter drop
    counter
  }

  chain forward {
    # This machine is no router between its sides.
    type filter hook forward priority filter; policy drop;
    counter
  }

  chain output {
    type filter hook output priority filter; policy drop;
    oifname "lo" accept
    ct state established,related accept
    ip6 hoplimit 255 icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit } accept

    # The destinations of the policy, and the server of its bundles if there is one. A packet filter knows no names: where DNS says where a host is, the port is open to any
    # address on the egress side, and the appliance itself refuses what is not public.
${lines(destinationRules(plan))}
    # Names are asked of these resolvers alone.
${lines(plan.resolvers.flatMap(address => dnsRules(address)))}
${plan.timeServers.length > 0 ? `    # The time.\n${lines(plan.timeServers.map(address => `${to(address)} udp dport 123 accept`))}` : '    # For the time, print the rules with --ntp ADDRESS.'}
    # What else this machine has to reach, such as a log collector for "sluice log ship" or package mirrors, has to be named here.
    counter
  }

  # For clients that are redirected and not steered by DNS: their connections to port 443 of anywhere come to the appliance.
  # chain prerouting {
  #   type nat hook prerouting priority dstnat;
  #   iifname "${lab}" tcp dport 443 redirect to :${listen.port}
  # }
}
`
}

const lines = (rules: readonly string[]): string =>
  rules
    .map(rule => `    ${rule}\n`)
    .join('')
    .trimEnd()

const familyOf = (address: string): 'ip' | 'ip6' => (address.includes(':') ? 'ip6' : 'ip')

const to = (address: string): string => `${familyOf(address)} daddr ${address}`

const callerRules = ({ listen, lab, callers }: RulesetPlan): readonly string[] => {
  const family = familyOf(listen.address)
  const own = `iifname "${lab}" ${to(listen.address)}`
  const opened = `tcp dport ${listen.port} ct state new accept`
  const here = callers.filter(network => familyOf(network) === family)
  return callers.length === 0
    ? [`${own} ${opened}`]
    : here.map(network => `${own} ${family} saddr ${network} ${opened}`)
}

const destinationRules = ({ destinations, egress }: RulesetPlan): readonly string[] => [
  ...new Set(
    destinations.flatMap(({ port, addresses }) =>
      addresses.length === 0
        ? [`oifname "${egress}" tcp dport ${port} accept`]
        : addresses.map(address => `oifname "${egress}" ${to(address)} tcp dport ${port} accept`),
    ),
  ),
]

const dnsRules = (address: string): readonly string[] => [
  `${to(address)} udp dport 53 accept`,
  `${to(address)} tcp dport 53 accept`,
]

/**
 * The resolvers of a resolv.conf(5), without those on this machine, which ask others in their turn.
 */
export const resolversIn = (text: string): readonly string[] =>
  [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)]
    .map(([, address = '']) => address.replace(/%.*$/, ''))
    .filter(address => isIP(address) !== 0 && !/^127\.|^::1$/.test(address))
