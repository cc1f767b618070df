import type { Journal } from '../../log/writing/journal.ts'
import type { FetchedEntry } from '../../log/record.ts'
import { uuidV7 } from '../../log/writing/uuid-v7.ts'
import { spellAuthority } from '../../rules/framing.ts'
import type { ActivationRequest, InForce } from './activations.ts'
import { requireFit } from './bundle-fitness.ts'
import type { BundleSource } from './bundle-source.ts'
import { newestBundle, requireBundle, type Acceptable } from './bundles.ts'
import type { DataFolder } from '../data-folder.ts'
import { defaultFetchTimes, fetchBundle, type BundleAnswer, type FetchTimes } from './fetch-bundle.ts'
import { faultName, type Notify } from '../watch/notice.ts'
import { ProxyError } from '../proxy-error.ts'
import type { Settings } from '../settings.ts'

/**
 * Fetches the policy bundles that the settings say where to find, and has those that are newer activated as if somebody had brought them.
 * It decides nothing by itself: signature, end date, serial number, lint and cases do, and whatever speaks against a bundle leaves the
 * policy in force as it is.
 */
export type BundlePuller = {
  /** Null where the settings name no source. */
  readonly status: () => BundlePullStatus | null
  /** Asks now, or waits for who asks already. Never rejects. */
  readonly pull: () => Promise<void>
  /** Breaks off what is under way, records how it ended, and asks no more. */
  readonly close: () => Promise<void>
}

export type BundlePullStatus = {
  readonly url: string
  readonly everyMs: number
  /** When the server was last asked; null before the first time. RFC 3339. */
  readonly asked: string | null
  /** When the server last had nothing newer than what was in force here then. */
  readonly confirmed: string | null
  /** Why that was not so the last time; null when it was, and before the first time. */
  readonly fault: BundleFault | null
}

/**
 * `away`: nothing came. `refused`: what came is not taken. `unasked`: the server was not asked, because nothing may leave at the moment.
 * `code`: of `upstreamFaults`, or of an error. `status`: of HTTP, where that is the reason.
 */
export type BundleFault = {
  readonly kind: 'away' | 'refused' | 'unasked'
  readonly code: string
  readonly status: number | null
  /** When it was first so, of the times that it was so one after the other. */
  readonly since: string
}

export type PullerParts = {
  readonly folder: DataFolder
  readonly settings: Settings
  readonly source: BundleSource | null
  readonly journal: Journal
  readonly inForce: () => InForce
  readonly activate: (request: ActivationRequest) => Promise<unknown>
  /** Whether nothing may leave, because people or a full disk say so. */
  readonly isHalted: () => boolean
  readonly notify: Notify
  readonly times?: PullTimes
}

/** `retry`: milliseconds to the next request after one that failed; they double with each that does, up to the interval. */
export type PullTimes = FetchTimes & { readonly retry: number }

const defaultTimes: PullTimes = { ...defaultFetchTimes, retry: 60_000 }

/** How an attempt ended, as its record says it. */
type End = Pick<FetchedEntry, 'result' | 'status' | 'error' | 'bytes'>

/** The entity tag of the bundle with this digest. */
type Tag = { readonly etag: string; readonly digest: string }

/** What the appliance does by itself is done by this name. */
const ACTOR = 'sluice'
/** The longest that Node's timers go, in milliseconds. */
const MAX_TIMER = 2_147_483_647

export const openBundlePuller = (parts: PullerParts): BundlePuller => {
  const { source } = parts
  if (source === null) return { status: () => null, pull: async () => undefined, close: async () => undefined }
  const { folder, settings, journal, inForce, notify, times = defaultTimes } = parts
  let asked: string | null = null
  let confirmed: string | null = null
  let fault: BundleFault | null = null
  let tag: Tag | null = null
  let failures = 0
  const closed = new AbortController()
  let timer: NodeJS.Timeout | undefined

  const settle = (next: Omit<BundleFault, 'since'> | null): void => {
    const time = new Date().toISOString()
    if (next === null) confirmed = time
    failures = next === null || next.kind === 'refused' ? 0 : failures + 1
    const isSame = next?.kind === fault?.kind && next?.code === fault?.code && next?.status === fault?.status
    if (isSame) return
    fault = next && { ...next, since: time }
    notify({ kind: 'bundle', state: next?.kind ?? 'current', code: next?.code ?? null, status: next?.status ?? null })
  }

  const isHalted = (): boolean => closed.signal.aborted || parts.isHalted()

  /** What the server said last about the bundle that is in force here, so that it need not send it again. */
  const knownTag = (): Tag | null => (tag !== null && tag.digest === inForce().bundle?.digest ? tag : null)

  const attempt = async (): Promise<void> => {
    if (isHalted() || journal.status().state !== 'ready')
      return settle({ kind: 'unasked', code: 'ERR_BUNDLE_UNASKED', status: null })
    const known = knownTag()
    const id = uuidV7()
    const time = new Date().toISOString()
    const destination = spellAuthority(source.destination)
    try {
      await journal.append({ kind: 'bundle.fetch', id, time, destination, unless: known?.digest ?? null })
    } catch (error) {
      return settle({ kind: 'unasked', code: faultName(error), status: null })
    }
    asked = time
    const began = performance.now()
    const end = await judge(await fetchBundle(source, folder.upstream, known?.etag ?? null, times, closed.signal))
    const ms = Math.round(performance.now() - began)
    const ended = { kind: 'bundle.fetched', time: new Date().toISOString(), fetch: id, ...end, ms } as const
    // that the end could not be recorded is told by the log itself, and known by the missing record
    await journal.append(ended).catch(() => undefined)
    const { result, error, status } = end
    if (error === null) return settle(null)
    settle({ kind: result === 'failed' ? 'away' : 'refused', code: error, status: error === STATUS ? status : null })
  }

  const judge = async (answer: BundleAnswer): Promise<End> => {
    switch (answer.kind) {
      case 'fault':
        return { result: 'failed', status: null, error: answer.fault, bytes: 0 }
      case 'status':
        return { result: 'failed', status: answer.status, error: STATUS, bytes: 0 }
      case 'not-modified':
        return { ...unchanged(inForce().bundle?.expires), status: 304, bytes: 0 }
      case 'content':
        return { ...(await take(answer.text ?? '', answer.etag)), status: 200, bytes: answer.bytes }
    }
  }

  const take = async (text: string, etag: string | null): Promise<Pick<End, 'result' | 'error'>> => {
    tag = null
    try {
      const acceptable = requireBundle(folder, settings, text)
      const isNew = await activateIfNew(acceptable, text)
      const { digest } = acceptable.record
      tag = etag === null ? null : { etag, digest }
      return { result: isNew ? 'activated' : 'unchanged', error: null }
    } catch (error) {
      return { result: 'refused', error: faultName(error) }
    }
  }

  /** One that was in force already is not brought back: a person may have gone back to another policy since. */
  const activateIfNew = async ({ bundle, record }: Acceptable, text: string): Promise<boolean> => {
    if (record.digest === newestBundle(folder)?.digest) return false
    if (!isHalted()) await requireFit(bundle, closed.signal)
    if (isHalted()) throw new ProxyError('ERR_BUNDLE_UNASKED', 'nothing is changed at the moment')
    const { references } = bundle
    await parts.activate({ text: bundle.text, references, cause: 'activate', actor: ACTOR, bundle: text })
    return true
  }

  let turn: Promise<void> | null = null
  const pull = (): Promise<void> =>
    (turn ??= attempt()
      .catch((error: unknown) => settle({ kind: 'unasked', code: faultName(error), status: null }))
      .finally(() => {
        turn = null
        schedule()
      }))

  const schedule = (): void => {
    clearTimeout(timer)
    if (closed.signal.aborted) return
    const backoff = failures === 0 ? source.everyMs : Math.min(source.everyMs, times.retry * 2 ** (failures - 1))
    // a fleet that was started at the same time does not ask at the same time for ever
    timer = setTimeout(() => void pull(), Math.min(MAX_TIMER, backoff * (0.9 + Math.random() / 5))).unref()
  }

  return {
    status: () => ({ url: source.url, everyMs: source.everyMs, asked, confirmed, fault }),
    pull,
    close: async () => {
      closed.abort()
      clearTimeout(timer)
      await turn
    },
  }
}

const STATUS = 'ERR_BUNDLE_STATUS'

/** A server that still has what has expired says nothing of what is newer. */
const unchanged = (expires: string | undefined): Pick<End, 'result' | 'error'> =>
  expires !== undefined && Date.parse(expires) <= Date.now()
    ? { result: 'refused', error: 'ERR_BUNDLE_EXPIRED' }
    : { result: 'unchanged', error: null }
