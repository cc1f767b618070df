/**
 * Reads what `nft -j list ruleset` prints.
 * @see libnftables-json(5)
 */
type Item = { readonly chain?: Chain; readonly rule?: Rule }
type Place = { readonly family: string; readonly table: string }
type Chain = Place & { readonly name: string; readonly hook?: string; readonly policy?: string }
type Rule = Place & { readonly chain: string; readonly handle?: number; readonly expr?: readonly Expression[] }
type Expression = Readonly<Record<string, unknown>>
type Match = { readonly op?: string; readonly left?: Expression; readonly right?: unknown }

/**
 * Where an interface other than the lab's may let something new in, as far as the rules say.
 * @returns null when no input chain of all address families drops what no rule accepts. Rules count as openings unless they are
 *   seen to be none: a jump, a set of interfaces, a negation are reported for a person to look at
 */
export const openingsIn = (document: unknown, lab: string): readonly string[] | null => {
  const items = (document as { nftables?: readonly Item[] } | null)?.nftables ?? []
  const chains = items.flatMap(({ chain }) => (chain ? [chain] : []))
  const rules = items.flatMap(({ rule }) => (rule ? [rule] : []))
  // One chain that drops is enough: a packet has to pass every chain of a hook.
  const closed = chains.filter(chain => isClosed(chain, 'input'))
  if (closed.length === 0) return null
  const perChain = closed.map(chain => rulesOf(chain, rules).flatMap(rule => openingOf(rule, lab)))
  const fewest = perChain.reduce((best, next) => (next.length < best.length ? next : best))
  const forward = chains.filter(chain => isClosed(chain, 'forward') && rulesOf(chain, rules).every(lets0))
  return forward.length > 0 ? fewest : [...fewest, 'no forward chain drops everything']
}

const isClosed = (chain: Chain, hook: string): boolean =>
  chain.family === 'inet' && chain.hook === hook && chain.policy === 'drop'

const rulesOf = ({ family, table, name }: Chain, rules: readonly Rule[]): readonly Rule[] =>
  rules.filter(rule => rule.family === family && rule.table === table && rule.chain === name)

/** Whether a rule lets nothing pass: it counts, logs, drops or rejects. */
const lets0 = ({ expr = [] }: Rule): boolean =>
  !expr.some(part => 'accept' in part || 'jump' in part || 'goto' in part || 'vmap' in part || 'queue' in part)

const openingOf = (rule: Rule, lab: string): readonly string[] => {
  if (lets0(rule)) return []
  const matches = (rule.expr ?? []).flatMap(({ match }) => (match ? [match as Match] : []))
  const isHarmless =
    'accept' in (rule.expr?.at(-1) ?? {}) &&
    matches.some(match => fromInside(match, lab) || isReply(match) || isIcmp(match))
  return isHarmless ? [] : [`rule ${rule.handle ?? '?'} of ${rule.table}/${rule.chain} lets in more than the lab`]
}

const isEqual = ({ op }: Match): boolean => op === '==' || op === 'in'

const fromInside = (match: Match, lab: string): boolean => {
  const key = (match.left?.meta as { key?: string } | undefined)?.key
  return isEqual(match) && (key === 'iifname' || key === 'iif') && (match.right === lab || match.right === 'lo')
}

const isReply = (match: Match): boolean => {
  if (!isEqual(match) || (match.left?.ct as { key?: string } | undefined)?.key !== 'state') return false
  const states = setOf(match.right)
  return states.length > 0 && states.every(state => state === 'established' || state === 'related')
}

/** ICMP has no ports. */
const isIcmp = (match: Match): boolean => {
  const protocol = (match.left?.payload as { protocol?: string } | undefined)?.protocol
  return isEqual(match) && (protocol === 'icmp' || protocol === 'icmpv6')
}

const setOf = (right: unknown): readonly unknown[] => {
  if (Array.isArray(right)) return right
  const { set } = (right ?? {}) as { readonly set?: readonly unknown[] }
  return set ?? [right]
}
