import type { Agent } from 'node:https'
import type { Destination } from '../../rules/policy.ts'
import { readUpstreamFiles, stampOf } from './upstream-files.ts'
import { upstreamAgent } from './upstream.ts'

/** The connections to all destinations, kept while requests need them or the policy in force names their destination. */
export type UpstreamConnections = {
  /** Lends the connections to a destination to one request. @throws CertError, UpstreamError, and whatever `request` throws */
  readonly use: <T>(destination: Destination, request: (agent: Agent) => Promise<T>) => Promise<T>
  /** Closes the connections to all other destinations, each as soon as its last request has ended. */
  readonly keep: (destinations: readonly Destination[]) => void
  readonly close: () => void
}

/**
 * Milliseconds after which connections are made anew, although they are still good: what the server showed may have expired or
 * been revoked meanwhile.
 */
const MAX_AGE_MS = 10 * 60_000

/** `stamp`: of the files that went into it. */
type Lent = { readonly agent: Agent; readonly stamp: string; readonly since: number; requests: number; isOver: boolean }

/**
 * @param folder - where the files lie that destinations refer to; they are read anew when they change
 * @param connectTimeout - milliseconds until a tunnel through an upstream proxy stands
 */
export const upstreamConnections = (folder: string, connectTimeout: number): UpstreamConnections => {
  const lent = new Map<string, Lent>()
  /** Also those that were replaced while requests were under way. */
  const all = new Set<Lent>()
  /** Null until `keep` is called: all destinations. */
  let kept: ReadonlySet<string> | null = null

  const closeIfIdle = (entry: Lent): void => {
    if (entry.requests > 0 || !entry.isOver) return
    entry.agent.destroy()
    all.delete(entry)
  }

  const retire = (name: string, entry: Lent): void => {
    entry.isOver = true
    lent.delete(name)
    closeIfIdle(entry)
  }

  const entryFor = (name: string, destination: Destination): Lent => {
    const stamp = stampOf(folder, destination)
    const before = lent.get(name)
    if (before && before.stamp === stamp && performance.now() - before.since < MAX_AGE_MS) return before
    if (before) retire(name, before)
    const agent = upstreamAgent(destination, readUpstreamFiles(folder, destination), connectTimeout)
    const entry = { agent, stamp, since: performance.now(), requests: 0, isOver: false }
    lent.set(name, entry)
    all.add(entry)
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
        if (kept !== null && !kept.has(name) && !entry.isOver && entry.requests === 0) retire(name, entry)
        else closeIfIdle(entry)
      }
    },
    keep: destinations => {
      kept = new Set(destinations.map(nameOf))
      for (const [name, entry] of lent) if (!kept.has(name) && entry.requests === 0) retire(name, entry)
    },
    close: () => {
      for (const { agent } of all) agent.destroy()
      lent.clear()
      all.clear()
    },
  }
}

/** Two destinations of one name are reached in the same way and trusted for the same reasons. */
const nameOf = (destination: Destination): string => {
  const known = names.get(destination)
  if (known !== undefined) return known
  const name = spell(destination)
  names.set(destination, name)
  return name
}

/** Every request asks for one. */
const names = new WeakMap<Destination, string>()

const spell = (destination: Destination): string =>
  JSON.stringify({ ...destination, id: '' }, (key, value: unknown) =>
    key === 'networks' ? spellNetworks(value) : value,
  )

const spellNetworks = (networks: unknown): readonly string[] =>
  (networks as Destination['networks']).map(([address, length]) => `${address.toString()}/${length}`)
