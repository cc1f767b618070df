import type { KeyObject } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import type { Journal } from '../../log/writing/journal.ts'
import { LogError } from '../../log/log-error.ts'
import { openLogReader } from '../../log/reading/query.ts'
import type { DecisionEntry } from '../../log/record.ts'
import type { SpoolRow } from '../../log/spool/spool-rows.ts'
import { openSpooled, sealSpooled } from '../../log/spool/spool-seal.ts'
import type { SpoolState } from '../../log/spool/states.ts'
import type { SpoolTerms } from '../../rules/delivery.ts'
import type { Message } from '../../rules/message.ts'
import { isPaused, type Pauses as PausedInstruments } from '../../rules/pauses.ts'
import type { Forwarder } from '../upstream/forwarder.ts'
import { decodeHeld, messageOfHeld } from '../review/held-payload.ts'
import type { Notify } from '../watch/notice.ts'
import type { Pipeline } from '../pipeline.ts'
import { ProxyError } from '../proxy-error.ts'
import { newUnderway } from '../underway.ts'
import { UpstreamError } from '../upstream/upstream-fault.ts'
import { about, attemptWith, failedOutcome, recoveryOf, type Attempted, type SpoolItem } from './attempt.ts'
import { defaultPauses, pauseAfter, type Pauses } from './backoff.ts'
import type { DeliveryEnd } from './delivery-end.ts'
import { Lanes, type Next } from './lanes.ts'
import { persistWith } from './persist.ts'
import { decideSpooled, type SpoolRequest, type SpoolResult } from './spool-desk.ts'
import { openSpoolKey } from './spool-key.ts'
import { SpoolRoom } from './spool-room.ts'

/** Octets that sealing adds: the tag of AES-GCM. */
const TAG_BYTES = 16
/** Milliseconds from one look at what was held, and at what has waited too long, to the next. */
const LOOK_MS = 5_000

/** What one instrument has waiting for one destination. */
export type LaneStatus = {
  readonly instrument: string
  readonly destination: string
  readonly waiting: number
  readonly bytes: number
  /** When the oldest of it was accepted. */
  readonly oldest: string
  /** When it is tried again; null where it is tried now, or not for now: see `isPaused`. */
  readonly next: string | null
  readonly isPaused: boolean
  /** Attempts that failed in a row, and what the last of them ended in: the status of the answer or the fault. */
  readonly failures: number
  readonly last: string | number | null
}

export type SpoolStatus = {
  readonly items: number
  readonly bytes: number
  readonly maxItems: number
  readonly maxBytes: number
  readonly lanes: readonly LaneStatus[]
  /** Those that wait for a person. */
  readonly unknown: number
  readonly stuck: number
  /** Since the start. */
  readonly counts: Readonly<Record<'delivered' | 'blocked' | 'expired', number>>
}

/** Requests that were accepted and wait for their destination: kept, sent in order, and accounted for. */
export type Spool = {
  /**
   * Takes room for a payload, which `accept` then fills or gives back. To be called in the turn of the verdict.
   * @param bytes - of the payload before it is sealed
   */
  readonly reserve: (instrument: string, bytes: number) => boolean
  /** Gives up room that was taken and is not going to be filled. @param bytes - as given to `reserve` */
  readonly giveBack: (instrument: string, bytes: number) => void
  /**
   * Seals a payload, and makes it durable together with its decision.
   * @throws LogError (as a rejection) as `Journal.spool`: then the request was not accepted
   */
  readonly accept: (entry: DecisionEntry, terms: SpoolTerms, payload: Uint8Array) => Promise<void>
  /** Begins to send; before, only what was left open is settled. */
  readonly open: () => Promise<void>
  /** Tries everything now that waits: a pause has ended, or another policy is in force. */
  readonly hurry: () => void
  /** Breaks off what is on its way out for instruments that are paused now. */
  readonly breakOff: (pauses: PausedInstruments) => void
  /** @throws ProxyError (as a rejection) `ERR_SPOOL_UNKNOWN`, `ERR_SPOOL_UNRECORDED` */
  readonly act: (request: SpoolRequest) => Promise<SpoolResult>
  readonly status: () => SpoolStatus
  /** Begins nothing any more. @param grace - milliseconds that attempts under way get to end */
  readonly close: (grace: number) => Promise<void>
}

export type SpoolParts = {
  readonly log: string
  readonly journal: Journal
  readonly forwarder: Pick<Forwarder, 'forward'>
  /** It is not there yet when the spool is opened. */
  readonly pipeline: () => Pick<Pipeline, 'gate' | 'sendsAs'>
  readonly pauses: () => PausedInstruments
  readonly hasRoom: () => boolean
  readonly notify: Notify
  readonly keyFile: string
  readonly most: { readonly maxItems: number; readonly maxBytes: number }
  /** Milliseconds from its acceptance that a payload waits for a person. */
  readonly keepMs: number
  readonly between?: Pauses
}

/**
 * Opens what waits, as the log has it.
 * @throws ProxyError (as a rejection) `ERR_SPOOL_KEY`; LogError
 */
export const openSpool = async (parts: SpoolParts): Promise<Spool> => {
  const { log, journal, forwarder, pipeline, notify, between = defaultPauses } = parts
  const reader = openLogReader(log)
  const rows = reader.spoolList()
  const key = await openSpoolKey(parts.keyFile, rows.length === 0).catch((error: unknown) => {
    reader.close()
    throw error
  })
  const closed = new AbortController()
  const persist = persistWith(journal, closed.signal)
  const underway = newUnderway()
  const room = new SpoolRoom({ items: parts.most.maxItems, bytes: parts.most.maxBytes })
  const items = new Map<string, SpoolItem>()
  const troubles = new Troubles(notify)
  const counts = { delivered: 0, blocked: 0, expired: 0 }
  let places = 0

  const itemOf = (row: Omit<SpoolItem, 'place'>): SpoolItem => ({ ...row, place: places++ })

  const readMessage = ({ decision }: SpoolItem): Message | null => messageIn(reader.spoolGet(decision), key, decision)

  const mayLeave = ({ instrument }: SpoolItem): boolean =>
    parts.hasRoom() && !isPaused(parts.pauses(), instrument) && journal.status().state === 'ready'

  const attempt = attemptWith({
    journal,
    forwarder,
    underway,
    gate: () => pipeline().gate(),
    sendsAs: sent => pipeline().sendsAs(sent),
    messageOf: readMessage,
    mayLeave,
    pauseAfter: (item, { wish }) => pauseAfter(troubles.failures(item) + 1, wish, between),
    persist,
  })

  const forget = (item: SpoolItem): void => {
    if (!items.delete(item.decision)) return
    room.leave(item.instrument, item.bytes)
  }

  /** What has come to rest: it is gone, or waits for a person. */
  const settle = (item: SpoolItem, state: SpoolState): void => {
    if (state === 'unknown' || state === 'stuck') item.state = state
    else forget(item)
    if (state === 'delivered' || state === 'blocked' || state === 'expired') counts[state]++
    if (state === 'unknown' || state === 'stuck' || state === 'blocked' || state === 'expired')
      notify({ kind: 'delivery-ended', state, decision: item.decision, instrument: item.instrument })
  }

  const nextAfter = (item: SpoolItem, attempted: Attempted): Next => {
    switch (attempted.kind) {
      case 'held':
        return { kind: 'held' }
      case 'failed':
        troubles.failed(item, attempted.end)
        return { kind: 'later', ms: attempted.pause }
      case 'changed':
        return reload(item)
      case 'ended':
        if (attempted.state === 'delivered') troubles.ended(item)
        if (attempted.failed) troubles.failed(item, attempted.failed.end)
        settle(item, attempted.state)
        // a destination that takes nothing is not given all there is
        return { kind: 'gone', ms: attempted.failed?.pause ?? 0 }
    }
  }

  /** A person was quicker: the log says what became of it. */
  const reload = (item: SpoolItem): Next => {
    const row = reader.spoolList({ ids: [item.decision], limit: 1 })[0]
    if (row?.state === 'waiting') return { kind: 'held' }
    if (row) item.state = row.state as SpoolItem['state']
    else forget(item)
    return { kind: 'gone', ms: 0 }
  }

  const lanes = new Lanes<SpoolItem>(async item =>
    // one whose last attempt has no end in the log is left alone until the next start
    item.state === 'waiting' ? nextAfter(item, await attempt(item)) : { kind: 'held' },
  )

  const take = (row: SpoolRow): void => {
    const { decision, instrument, destination, route, promise, bytes, attempts } = row
    const [accepted, expires] = [Date.parse(row.time), Date.parse(row.expires)]
    const state = row.state as SpoolItem['state']
    const item = itemOf({
      decision,
      instrument,
      destination,
      route,
      promise,
      bytes,
      accepted,
      expires,
      state,
      attempts,
    })
    items.set(decision, item)
    room.occupy(instrument, bytes)
  }
  rows.forEach(take)

  /** The process before died during these attempts. */
  const recover = async (): Promise<void> => {
    for (const item of [...items.values()].filter(({ state }) => state === 'sending')) {
      await persist([recoveryOf(item)])
      if (item.promise === 'at-most-once') settle(item, 'unknown')
      else item.state = 'waiting'
    }
  }

  /** The instrument is told that it was not accepted, so what may be on the disk all the same must not leave. */
  const withdraw = async (decision: string): Promise<void> => {
    await persist([{ ...about(decision), kind: 'spool.withdrawn' }, failedOutcome(decision, 'spool-withdrawn')])
  }

  const accept: Spool['accept'] = async (entry, { promise, expires: wait }, payload) => {
    const { id: decision, instrument, destination, route } = entry
    const bytes = payload.length + TAG_BYTES
    const accepted = Date.now()
    const expires = accepted + wait
    const known = { decision, instrument: instrument!, destination: destination!, route: route!, promise, bytes }
    const item = itemOf({ ...known, accepted, expires, state: 'waiting', attempts: 0 })
    const spool = { promise, bytes, expires: new Date(expires).toISOString() }
    try {
      await journal.spool({ ...entry, spool }, sealSpooled(key, decision, payload))
    } catch (error) {
      room.leave(item.instrument, bytes)
      if (error instanceof LogError && error.code === 'ERR_LOG_FAILED') void withdraw(decision).catch(() => undefined)
      throw error
    }
    items.set(decision, item)
    lanes.add(item)
  }

  /** What waits behind another, or for a person, runs out as well. */
  const sweep = async (): Promise<void> => {
    const now = Date.now()
    const isDue = ({ state, expires, accepted }: SpoolItem): boolean =>
      state === 'waiting' ? now >= expires : state !== 'sending' && now >= Math.max(expires, accepted + parts.keepMs)
    for (const item of [...items.values()].filter(isDue)) {
      const { decision } = item
      const told = [{ ...about(decision), kind: 'spool.expired' }, failedOutcome(decision, 'spool-expired')] as const
      if (!(await persist(told))) continue
      lanes.remove(item)
      settle(item, 'expired')
    }
  }
  let sweeping: Promise<void> | null = null
  const look = (): void => {
    sweeping ??= sweep()
      .catch(() => undefined)
      .finally(() => (sweeping = null))
    lanes.look()
  }
  let timer: NodeJS.Timeout | undefined

  const act: Spool['act'] = async request => {
    const row = reader.spoolList({ ids: [request.decision], limit: 1 })[0]
    if (!row) throw new ProxyError('ERR_SPOOL_UNKNOWN', `nothing waits under ${request.decision}`)
    const result = await decideSpooled(journal, row, request)
    const item = items.get(request.decision)
    if (result.kind !== 'done' || !item) return result
    if (result.state !== 'waiting') {
      lanes.remove(item)
      forget(item)
      return result
    }
    if (item.state !== 'waiting') {
      item.state = 'waiting'
      lanes.add(item)
    }
    lanes.hurry(item)
    return result
  }

  const status = (): SpoolStatus => {
    const all = [...items.values()]
    const inState = (wanted: SpoolState): number => all.filter(({ state }) => state === wanted).length
    return {
      ...room.total,
      ...parts.most,
      lanes: lanes
        .views()
        .flatMap(({ items: [first, ...more], next }) =>
          first
            ? [{ ...laneStatus(first, more, next, troubles), isPaused: isPaused(parts.pauses(), first.instrument) }]
            : [],
        ),
      unknown: inState('unknown'),
      stuck: inState('stuck'),
      counts: { ...counts },
    }
  }

  return {
    reserve: (instrument, bytes) => room.take(instrument, bytes + TAG_BYTES),
    giveBack: (instrument, bytes) => room.leave(instrument, bytes + TAG_BYTES),
    accept,
    open: async () => {
      await recover()
      for (const item of items.values()) if (item.state === 'waiting') lanes.add(item)
      lanes.open()
      look()
      timer = setInterval(look, LOOK_MS).unref()
    },
    hurry: () => {
      lanes.hurryAll()
      look()
    },
    breakOff: pauses => underway.abort(instrument => isPaused(pauses, instrument), new UpstreamError('traffic_paused')),
    act,
    status,
    close: async grace => {
      clearInterval(timer)
      const ended = lanes.close()
      await Promise.race([ended, setTimeout(grace, null, { ref: false })])
      underway.abort(() => true, new UpstreamError('appliance_stopped'))
      closed.abort()
      await ended
      await sweeping
      reader.close()
    },
  }
}

/** Also what opens is read as nothing where it is not what `encodeHeld` writes: nobody else has the key. */
const messageIn = (
  sealed: Parameters<typeof openSpooled>[2] | null,
  key: KeyObject,
  decision: string,
): Message | null => {
  try {
    return sealed && messageOfHeld(decodeHeld(openSpooled(key, decision, sealed)))
  } catch {
    return null
  }
}

const laneStatus = (
  first: SpoolItem,
  more: readonly SpoolItem[],
  next: number | null,
  troubles: Troubles,
): Omit<LaneStatus, 'isPaused'> => ({
  instrument: first.instrument,
  destination: first.destination,
  waiting: 1 + more.length,
  bytes: more.reduce((sum, { bytes }) => sum + bytes, first.bytes),
  oldest: new Date(first.accepted).toISOString(),
  next: next === null ? null : new Date(next).toISOString(),
  failures: troubles.failures(first),
  last: troubles.last(first),
})

type Laned = Pick<SpoolItem, 'instrument' | 'destination'>

/** Failures in a row of each lane. People are told when they begin, and when they are over. */
class Troubles {
  readonly #notify: Notify
  readonly #known = new Map<string, { readonly failures: number; readonly last: string | number | null }>()

  constructor(notify: Notify) {
    this.#notify = notify
  }

  failures(lane: Laned): number {
    return this.#known.get(keyOf(lane))?.failures ?? 0
  }

  last(lane: Laned): string | number | null {
    return this.#known.get(keyOf(lane))?.last ?? null
  }

  failed(lane: Laned, { error, status }: DeliveryEnd): void {
    const failures = this.failures(lane) + 1
    const last = error ?? status
    this.#known.set(keyOf(lane), { failures, last })
    if (failures === 1) this.#tell(lane, 'away', last === null ? null : String(last))
  }

  ended(lane: Laned): void {
    if (this.#known.delete(keyOf(lane))) this.#tell(lane, 'back', null)
  }

  #tell({ instrument, destination }: Laned, state: 'away' | 'back', code: string | null): void {
    this.#notify({ kind: 'delivery', state, instrument, destination, code })
  }
}

const keyOf = ({ instrument, destination }: Laned): string => `${instrument} ${destination}`
