import { availableParallelism } from 'node:os'
import { Piscina } from 'piscina'
import type { Appraised } from '../../rules/inspect.ts'
import { fieldValues, type Message } from '../../rules/message.ts'
import type { Policy } from '../../rules/policy.ts'
import type { Task } from './inspector-thread.ts'

/** Threads that inspect large messages, so that the small ones of others need not wait for them. */
export type Inspectors = {
  /** Lets the threads read a policy from its copy on the disk. */
  readonly know: (digest: string, file: string) => void
  /**
   * Has a thread inspect a message, all but what left before it.
   * @returns null for a message that is better inspected at once: it is small, or no thread could know the policy. Rejects when the thread
   *   died, took too long or could not read the policy: then nobody knows what the message holds
   */
  readonly appraise: (message: Message, policy: Policy) => Promise<Appraised> | null
  readonly close: () => Promise<void>
}

export type InspectorsTuning = {
  /** Octets of content from which on a message goes to a thread. */
  readonly from?: number
  /** Milliseconds that it may take there, with the wait for a thread. */
  readonly mostMs?: number
  /** What runs in the threads. */
  readonly script?: URL
}

/** Octets that are inspected in about two milliseconds, which is as long as the others may wait. Handing them over takes a tenth of one. */
const FROM_OCTETS = 64 * 1_024
/** Telemetry in gzip is about so many times as long once it is decoded. */
const CODED_FACTOR = 8
/** Milliseconds: the limits of a policy end inspection long before. */
const MOST_MS = 60_000
/** More do not help an appliance whose log has one writer. */
const MOST_THREADS = 4
/** Milliseconds after which a thread without work gives its memory back. */
const IDLE_MS = 600_000
/** As many as there are connections; see `lab-limits.ts`. */
const MOST_WAITING = 1_024
/** A request ends under the policy at which it began, so that before the one in force is still asked for. */
const MOST_POLICIES = 2

/** Starts no thread before there is work for one. */
export const openInspectors = ({
  from = FROM_OCTETS,
  mostMs = MOST_MS,
  script = new URL('./inspector-thread.ts', import.meta.url),
}: InspectorsTuning = {}): Inspectors => {
  const threads = new Piscina<Task, Appraised>({
    filename: script.href,
    minThreads: 0,
    maxThreads: Math.max(1, Math.min(MOST_THREADS, availableParallelism() - 1)),
    maxQueue: MOST_WAITING,
    idleTimeout: IDLE_MS,
  })
  const copies = new Map<string, string>()
  return {
    know: (digest, file) => {
      copies.delete(digest)
      copies.set(digest, file)
      if (copies.size > MOST_POLICIES) copies.delete(copies.keys().next().value!)
    },
    appraise: ({ arrival, head, content }, { digest }) => {
      const file = copies.get(digest)
      if (file === undefined || content.kind !== 'complete') return null
      const isCoded = fieldValues(head, 'content-encoding').length > 0
      if (content.bytes.length * (isCoded ? CODED_FACTOR : 1) < from) return null
      return threads.run({ message: { arrival, head, content }, digest, file }, { signal: AbortSignal.timeout(mostMs) })
    },
    close: () => threads.destroy(),
  }
}
