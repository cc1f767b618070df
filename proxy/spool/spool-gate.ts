import type { DecisionEntry } from '../../log/record.ts'
import type { SpoolTerms } from '../../rules/delivery.ts'
import type { Head, Message } from '../../rules/message.ts'
import type { Policy } from '../../rules/policy.ts'
import type { Forward } from '../../rules/verdict.ts'
import { encodeHeld, withoutCredentials } from '../review/held-payload.ts'
import { ProxyError } from '../proxy-error.ts'
import type { Spool } from './spool.ts'

/** What is going to wait, with the room for it taken. */
export type Place = { readonly terms: SpoolTerms; readonly payload: Uint8Array }

/** What a gate needs of the spool. */
export type SpoolRooms = Pick<Spool, 'reserve' | 'giveBack' | 'accept'>

export type SpoolGate = {
  /**
   * Takes room for a request that may leave, where its route has it wait: null where it goes at once, `full` where there is none. To be called
   * in the turn of the verdict.
   */
  readonly placeFor: (message: Message, verdict: Forward) => Place | 'full' | null
  /** Gives up the room of what is not going to be accepted. */
  readonly giveBack: (verdict: Forward, place: Place) => void
  /** @throws LogError (as a rejection): the request was not accepted */
  readonly accept: (entry: DecisionEntry, place: Place) => Promise<void>
}

/** Decides nothing: what may leave, and whether it has to wait, was said before. */
export const spoolGate = (policy: Policy, spool: SpoolRooms): SpoolGate => {
  const spooled = new Map(policy.routes.flatMap(route => (route.spool ? [[route.id, route.spool] as const] : [])))

  /** A route whose requests wait has no credential; what it does not name stays behind in any case. */
  const payloadOf = ({ arrival, head, content }: Message, verdict: Forward): Uint8Array => {
    const route = policy.routes.find(({ id }) => id === verdict.route)!
    const fields = withoutCredentials(head.fields, new Set(route.headers.keys()))
    return encodeHeld({
      client: arrival.client,
      instrument: verdict.instrument,
      destination: verdict.destination,
      head: inOriginForm({ ...head, fields }),
      content: content.kind === 'complete' ? content.bytes : new Uint8Array(),
    })
  }

  return {
    placeFor: (message, verdict) => {
      const terms = spooled.get(verdict.route)
      if (!terms) return null
      const payload = payloadOf(message, verdict)
      return spool.reserve(verdict.instrument, payload.length) ? { terms, payload } : 'full'
    },
    giveBack: ({ instrument }, { payload }) => spool.giveBack(instrument, payload.length),
    accept: (entry, { terms, payload }) => spool.accept(entry, terms, payload),
  }
}

/** Where it goes stands beside it; a target that names the scheme as well would be held against another port when it is read again. */
const inOriginForm = (head: Head): Head => ({ ...head, target: head.target.replace(/^https?:\/\/[^/?#]+/i, '') || '/' })

/** For when no appliance runs: what people send goes at once, and nothing else is accepted. */
export const noSpool: SpoolRooms = {
  reserve: () => false,
  giveBack: () => undefined,
  accept: () => Promise.reject(new ProxyError('ERR_SPOOL_UNRECORDED', 'nothing is accepted while no appliance runs')),
}
