import type { Agent } from 'node:https'
import type { Destination } from '../rules/policy.ts'
import { upstreamAgent } from './upstream.ts'

/** The connections to all destinations, kept while requests need them or the policy in force names their destination. */
export type UpstreamConnections = {
  /** Lends the connections to a destination to one request. @throws CertError, and whatever `request` throws */
  readonly use: <T>(destination: Destination, request: (agent: Agent) => Promise<T>) => Promise<T>
  /** Closes the connections to all other destinations, each as soon as its last request has ended. */
  readonly keep: (destinations: readonly Destination[]) => void
  readonly close: () => void
}

type Lent = { readonly agent: Agent; requests: number }

export const upstreamConnections = (): UpstreamConnections => {
  const lent = new Map<string, Lent>()
  /** Null until `keep` is called: all destinations. */
  let kept: ReadonlySet<string> | null = null

  const closeIfIdle = (name: string): void => {
    const entry = lent.get(name)
    if (!entry || entry.requests > 0 || kept === null || kept.has(name)) return
    entry.agent.destroy()
    lent.delete(name)
  }

  const entryFor = (name: string, destination: Destination): Lent => {
    const entry = lent.get(name) ?? { agent: upstreamAgent(destination), requests: 0 }
    lent.set(name, entry)
    return entry
  }

  return {
    use: async (destination, request) => {
      const name = nameOf(destination)
      const entry = entryFor(name, destination)
      entry.requests++
      try {
        return await request(entry.agent)
      } finally {
        entry.requests--
        closeIfIdle(name)
      }
    },
    keep: destinations => {
      kept = new Set(destinations.map(nameOf))
      for (const name of lent.keys()) closeIfIdle(name)
    },
    close: () => {
      for (const { agent } of lent.values()) agent.destroy()
      lent.clear()
    },
  }
}

/** Two destinations of one name are reached in the same way and trusted for the same reasons. */
const nameOf = ({ host, port, addresses, networks, ca, pins }: Destination): string => {
  const ranges = networks.map(([address, length]) => `${address.toString()}/${length}`)
  return JSON.stringify([host, port, addresses, ranges, ca, pins])
}
