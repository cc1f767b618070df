import type { Journal } from '../log/writing/journal.ts'
import { openLogReader, type TrafficRow } from '../log/reading/query.ts'
import { noPauses, type Pauses } from '../rules/pauses.ts'
import { ProxyError } from './proxy-error.ts'

/** Who wants the traffic of an instrument, or all of it (`instrument` null), stopped or let out again. */
export type PauseRequest = {
  readonly action: 'pause' | 'resume'
  /** Id of the policy. */
  readonly instrument: string | null
  /** The operating system's name for them. */
  readonly actor: string
}

export type PauseSwitch = { readonly since: string; readonly actor: string }

export type PauseStatus = {
  readonly all: PauseSwitch | null
  readonly instruments: readonly (PauseSwitch & { readonly instrument: string })[]
}

/** `isChanged`: whether the switch was the other way before. */
export type PauseResult = { readonly isChanged: boolean; readonly paused: PauseStatus }

/** The switches of `sluice pause`. What they say is read from the log at a start, so it outlives the process. */
export type PauseSwitches = {
  readonly now: () => Pauses
  readonly status: () => PauseStatus
  /**
   * Turns a switch. A pause is in force at once, and stays so in this process even when it cannot be recorded; what is resumed is
   * recorded first.
   * @throws ProxyError (as a rejection) `ERR_PAUSE_REQUEST`, `ERR_PAUSE_INSTRUMENT`, `ERR_PAUSE_UNRECORDED`
   */
  readonly turn: (request: PauseRequest) => Promise<PauseResult>
}

export type PauseParts = {
  /** From `LogReader.switches`. */
  readonly rows: readonly TrafficRow[]
  readonly journal: Pick<Journal, 'append'>
  readonly isInstrument: (id: string) => boolean
  /** Called as soon as something more is paused. */
  readonly onPause: (pauses: Pauses) => void
}

/** What the log says of them, so that a restart lifts no pause. @throws LogError */
export const switchesIn = (directory: string): readonly TrafficRow[] => {
  const reader = openLogReader(directory)
  try {
    return reader.switches()
  } finally {
    reader.close()
  }
}

export const openPauses = ({ rows, journal, isInstrument, onPause }: PauseParts): PauseSwitches => {
  const switches = new Map<string | null, PauseSwitch>()
  /** What the log says last; null while that is not known. */
  const logged = new Map<string | null, PauseRequest['action'] | null>()
  /** What was asked for last: a resume that is still being recorded must not undo a pause that came after it. */
  const wanted = new Map<string | null, PauseRequest['action']>()
  let last = 0
  let pauses = noPauses
  const set = (instrument: string | null, to: PauseSwitch | null): void => {
    if (to === null) switches.delete(instrument)
    else switches.set(instrument, to)
    pauses = { all: switches.has(null), instruments: new Set([...switches.keys()].filter(id => id !== null)) }
  }
  for (const { number, kind, instrument, time: since, actor } of rows) {
    const isPause = kind === 'traffic.pause'
    set(instrument, isPause ? { since, actor } : null)
    logged.set(instrument, isPause ? 'pause' : 'resume')
    last = number
  }

  const status = (): PauseStatus => ({
    all: switches.get(null) ?? null,
    instruments: [...switches].flatMap(([instrument, to]) => (instrument === null ? [] : [{ instrument, ...to }])),
  })

  /** A commit that is reported as failed can have reached the disk all the same: the number is then used, and so is the next. */
  const record = async ({ action, instrument, actor }: PauseRequest, time: string): Promise<void> => {
    if ((logged.get(instrument) ?? (logged.has(instrument) ? null : 'resume')) === action) return
    logged.set(instrument, null)
    try {
      await journal.append({ kind: `traffic.${action}`, id: `traffic-${++last}`, time, instrument, actor })
    } catch (cause) {
      throw new ProxyError('ERR_PAUSE_UNRECORDED', `the log did not take the record of "${action}"`, { cause })
    }
    logged.set(instrument, action)
  }

  let before: Promise<unknown> = Promise.resolve()
  const turn = async (request: PauseRequest): Promise<PauseResult> => {
    const { action, instrument, actor } = request
    const time = new Date().toISOString()
    const isChanged = switches.has(instrument) === (action === 'resume')
    wanted.set(instrument, action)
    if (isChanged && action === 'pause') {
      set(instrument, { since: time, actor })
      onPause(pauses)
    }
    const recorded = before.then(() => record(request, time))
    before = recorded.catch(() => undefined)
    await recorded
    if (wanted.get(instrument) === 'resume') set(instrument, null)
    return { isChanged, paused: status() }
  }

  return {
    now: () => pauses,
    status,
    turn: async request => {
      requireRequest(request)
      const { action, instrument } = request
      if (instrument !== null && !switches.has(instrument) && !(action === 'pause' && isInstrument(instrument)))
        throw new ProxyError('ERR_PAUSE_INSTRUMENT', unknownText(request))
      return turn(request)
    },
  }
}

const unknownText = ({ action, instrument }: PauseRequest): string =>
  action === 'pause' ? `the policy has no instrument ${instrument}` : `the instrument ${instrument} is not paused`

/** Checks the form of what came over the socket. */
const requireRequest = (request: PauseRequest): void => {
  const { action, instrument, actor } = (request ?? {}) as Partial<Record<keyof PauseRequest, unknown>>
  const isRequest =
    (action === 'pause' || action === 'resume') &&
    (instrument === null || (typeof instrument === 'string' && /^[a-z0-9][a-z0-9-]{0,62}$/.test(instrument))) &&
    typeof actor === 'string'
  if (!isRequest) throw new ProxyError('ERR_PAUSE_REQUEST', 'the request to pause or resume is not of its form')
}
