import { statSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import type { HeldTotal, Resealed } from '../held/held-table.ts'
import { LogError } from '../log-error.ts'
import type { LogErrorCode } from '../log-error.ts'
import { logFiles } from '../log-files.ts'
import { loadDigest } from './log-keys.ts'
import { decodeFrontier, emptyFrontier, encodeFrontier, rootOf } from '../proofs/merkle.ts'
import type { Frontier } from '../proofs/merkle.ts'
import { checkEntry } from '../record.ts'
import type { DecisionEntry, Entry, GapEntry, KeyEntry, Salted, SealEntry } from '../record.ts'
import { newSalt } from './salt.ts'
import { sealDigest } from '../held/seal.ts'
import type { Sealed } from '../held/seal.ts'
import type { SpoolSealed } from '../spool/spool-seal.ts'
import type { StoreEntry, StoreGroup } from './store.ts'
import { acquireWriterLock } from './writer-lock.ts'
import type { FromWriter, ToWriter } from './writer-messages.ts'
import type { WriterData } from './writer.ts'

export type JournalOptions = {
  readonly directory: string
  /** Appends that may wait for the disk at one time. Default 4,096. */
  readonly maxQueue?: number
  /** Octets of sealed payloads that may wait at one time. Default 64 MiB. */
  readonly maxQueueBytes?: number
  /** Octets that the database file may reach; see `setMaxBytes`. Default: no bound. */
  readonly maxBytes?: number
  /** How much may be held. Default: no bound. */
  readonly maxHeld?: HeldTotal
}

export type JournalStatus = {
  /** `failed`: a commit failed or the writer died; appends are refused while the journal tries to recover. */
  readonly state: 'ready' | 'failed' | 'closing' | 'closed'
  /** Why it is failed; `null` otherwise. */
  readonly fault: LogErrorCode | null
  /** Records in the log, and the root of its tree in base64, as its last checkpoint has them. */
  readonly size: number
  readonly root: string
  /** Appends that wait for the disk. */
  readonly queued: number
  /** RFC 3339: when records came onto the disk last, since the log was opened; null before the first. */
  readonly committed: string | null
  /** Octets of the database and its write-ahead log. */
  readonly bytes: number
  /** Payloads that are held, with those that wait for the disk; `isFull` when there is no room for the last that was turned away. */
  readonly held: HeldTotal & { readonly isFull: boolean }
}

/** The writing end of the decision log; there is one per log, and it holds the log's lock. */
export type Journal = {
  /**
   * Appends a record, with the payload that is held under it. Resolves when both are on the disk, and not before.
   * @param sealed - required when a decision says `held`, and refused otherwise
   * @throws LogError (as a rejection) `ERR_LOG_RECORD`, `ERR_LOG_QUEUE_FULL`, `ERR_HELD_FULL`, `ERR_LOG_FAILED`, `ERR_LOG_CLOSED`:
   *   then the record must be taken as not written, and nothing may be let out
   */
  readonly append: (entry: Entry, sealed?: Sealed) => Promise<{ readonly sequence: number }>
  /**
   * Appends a decision together with the payload that is to be sent later.
   * @throws LogError (as a rejection) as `append`; a commit that was reported as failed may be on the disk all the same
   */
  readonly spool: (entry: DecisionEntry, spooled: SpoolSealed) => Promise<{ readonly sequence: number }>
  /**
   * Appends records as one: all are on the disk when it resolves, and none when it rejects.
   * @param sealed - required when the first of them is a decision that says `held`; no other may hold a payload
   * @throws LogError (as a rejection) as `append`; `ERR_REVIEW_STATE` where one of them is about a held or spooled payload whose state does
   *   not allow it: then too nothing was written, and the log goes on
   */
  readonly appendAll: (entries: readonly [Entry, ...Entry[]], sealed?: Sealed) => Promise<{ readonly sequence: number }>
  /**
   * Appends a `reseal` record, and puts the new recipients into the held payloads, in one transaction.
   * @throws LogError as `append`
   */
  readonly reseal: (entry: KeyEntry, resealed: readonly Resealed[]) => Promise<{ readonly sequence: number }>
  /**
   * Appends the record of a segment whose file is durable and was read back; from then on the segment counts.
   * @param roots - of its pieces, see `segments.ts`
   * @throws LogError as `append`
   */
  readonly seal: (entry: SealEntry, roots: Uint8Array) => Promise<{ readonly sequence: number }>
  /** Drops the records before one, which sealed segments have. @throws LogError as `append` */
  readonly drop: (before: number) => Promise<void>
  /** Names a body: `hmac-sha256:` and 64 hexadecimal digits, under a key that stays in the log's folder. */
  readonly digest: (bytes: Uint8Array) => string
  readonly status: () => JournalStatus
  /** Sets the size in octets that the database file may reach; `null` removes the bound. Commits beyond it fail. */
  readonly setMaxBytes: (bytes: number | null) => void
  /** Writes what is queued, then lets go of the log. Appends made after this call are refused. */
  readonly close: () => Promise<void>
}

const MAX_QUEUE = 4_096
const MAX_QUEUE_BYTES = 64 * 1024 * 1024
/** First and longest pause before an attempt to recover, in milliseconds; doubled each time. */
const FIRST_PAUSE = 100
const LONGEST_PAUSE = 5_000

type Waiting = {
  /** Octets of a payload to be held, and of one to be sent later. */
  readonly octets: number
  readonly spooled: number
  /** Whether it counts among what was refused when it fails. */
  readonly isAppend: boolean
  readonly resolve: (place: { readonly sequence: number }) => void
  readonly reject: (fault: LogError) => void
}

/**
 * Opens a log for writing.
 * @throws LogError (as a rejection) `ERR_LOG_BUSY` when another process writes it, `ERR_LOG_MISSING`, `ERR_LOG_KEY`,
 *   `ERR_LOG_VERSION`, `ERR_LOG_NOT_DURABLE`, `ERR_LOG_DAMAGED`
 */
export const openJournal = async (options: JournalOptions): Promise<Journal> => {
  const { directory } = options
  if (!hasDatabase(directory)) throw new LogError('ERR_LOG_MISSING', 'there is no log in the folder')
  const digest = loadDigest(directory)
  const lock = acquireWriterLock(directory)
  try {
    return await startJournal(options, digest, lock.release)
  } catch (fault) {
    lock.release()
    throw fault
  }
}

const startJournal = async (
  { directory, maxQueue = MAX_QUEUE, maxQueueBytes = MAX_QUEUE_BYTES, maxBytes, maxHeld }: JournalOptions,
  digest: Journal['digest'],
  release: () => void,
): Promise<Journal> => {
  const waiting = new Map<number, Waiting>()
  let state: JournalStatus['state'] = 'ready'
  let fault: LogErrorCode | null = null
  let started = false
  let closed: Promise<void> | null = null
  let frontier: Frontier = emptyFrontier
  let held: HeldTotal = { payloads: 0, bytes: 0 }
  let bound = maxBytes ?? null
  let committed: string | null = null
  let tickets = 0
  let octets = 0
  let spooledOctets = 0
  /** Payloads that wait for the disk. */
  let payloads = 0
  /** Octets of the last payload for which there was no room. */
  let turnedAway: number | null = null
  let failure: { readonly since: string; readonly cause: GapEntry['cause'] } | null = null
  /** Appends turned away since the log failed, and how many of them the gap record on its way tells of. */
  let refused = 0
  let told = 0
  let pause = FIRST_PAUSE
  let timer: NodeJS.Timeout | undefined
  let worker: Worker | null = null

  const tell = (message: ToWriter): void => worker?.postMessage(message, [])

  const settle = (ticket: number, act: (entry: Waiting) => void): void => {
    const entry = waiting.get(ticket)
    if (entry === undefined) return
    waiting.delete(ticket)
    octets -= entry.octets
    spooledOctets -= entry.spooled
    if (entry.octets > 0) payloads--
    act(entry)
  }

  const refuse = (ticket: number): void =>
    settle(ticket, ({ isAppend, reject }) => {
      if (isAppend) refused++
      reject(new LogError('ERR_LOG_FAILED', 'the log could not be written'))
    })

  const fail = (cause: GapEntry['cause'], code: LogErrorCode, failed: Iterable<number>): void => {
    if (!started) return
    if (state === 'ready') state = 'failed'
    fault = code
    failure ??= { since: new Date().toISOString(), cause }
    for (const ticket of failed) refuse(ticket)
    if (state === 'failed') scheduleRecovery()
  }

  const scheduleRecovery = (): void => {
    if (timer !== undefined) return
    timer = setTimeout(() => {
      timer = undefined
      if (worker === null) launch()
      else recover()
    }, pause)
    pause = Math.min(pause * 2, LONGEST_PAUSE)
  }

  const recover = (): void => {
    if (failure === null) return
    const { since, cause } = failure
    const gap = { kind: 'gap', time: new Date().toISOString(), since, cause, refused } as const
    told = refused
    tell({ kind: 'recover', known: encodeFrontier(frontier), gap: salted(gap, null) })
  }

  const recovered = (): void => {
    refused -= told
    failure = null
    fault = null
    pause = FIRST_PAUSE
    if (state === 'failed') state = 'ready'
  }

  const hear = (message: FromWriter): void => {
    switch (message.kind) {
      case 'committed':
        frontier = frontierOf(message.frontier)
        held = message.held
        committed = new Date().toISOString()
        message.tickets.forEach((ticket, index) => {
          const sequence = message.firsts[index] ?? null
          settle(ticket, ({ resolve, reject }) => (sequence === null ? reject(impossible()) : resolve({ sequence })))
        })
        return
      case 'dropped':
        return settle(message.ticket, ({ resolve }) => resolve({ sequence: 0 }))
      case 'failed':
        return fail('commit-failed', 'ERR_LOG_FAILED', message.tickets)
      case 'ready':
        return recover()
      case 'recovered':
        frontier = frontierOf(message.frontier)
        held = message.held
        return recovered()
      case 'unrecovered':
      case 'refused':
        return fail('commit-failed', message.code, [])
    }
  }

  const launch = (): Worker => {
    const workerData: WriterData = { directory, maxBytes: bound }
    const launched = new Worker(new URL('./writer.ts', import.meta.url), { workerData })
    worker = launched
    launched.on('message', hear)
    // 'exit' follows, and what failed has nothing to add for people
    launched.on('error', () => {})
    launched.on('exit', () => {
      worker = null
      if (state !== 'closed') fail('writer-died', fault ?? 'ERR_LOG_FAILED', waiting.keys())
    })
    return launched
  }

  const heldNow = (): HeldTotal => ({ payloads: held.payloads + payloads, bytes: held.bytes + octets })

  const hasRoomFor = (bytes: number): boolean => {
    const now = heldNow()
    return !maxHeld || (now.payloads < maxHeld.payloads && now.bytes + bytes <= maxHeld.bytes)
  }

  const refusal = (entry: Entry, sealed: Sealed | undefined): LogError | null => {
    if (state === 'closing' || state === 'closed') return new LogError('ERR_LOG_CLOSED', 'the log is closed')
    if (state === 'failed') return new LogError('ERR_LOG_FAILED', 'the log cannot be written at the moment')
    if (waiting.size >= maxQueue || octets + spooledOctets + sizeOf(sealed) > maxQueueBytes) {
      return new LogError('ERR_LOG_QUEUE_FULL', 'too many records wait for the disk')
    }
    if (sealed !== undefined && !hasRoomFor(sizeOf(sealed))) {
      turnedAway = sizeOf(sealed)
      return new LogError('ERR_HELD_FULL', 'as much is held for review as may be')
    }
    if (sealed !== undefined && !(entry.kind === 'decision' && entry.held)) {
      return new LogError('ERR_LOG_RECORD', 'only a decision that says so may hold a payload')
    }
    return entry.kind === 'decision' && entry.held && sealed === undefined
      ? new LogError('ERR_LOG_RECORD', 'a decision says that a payload is held, but there is none')
      : null
  }

  /** Has the worker do something, and waits until that is on the disk. */
  const demand = (
    size: number,
    messageOf: (ticket: number) => ToWriter,
    spooled = 0,
  ): Promise<{ readonly sequence: number }> =>
    new Promise((resolve, reject) => {
      const ticket = tickets++
      const message = messageOf(ticket)
      octets += size
      spooledOctets += spooled
      if (size > 0) payloads++
      waiting.set(ticket, { octets: size, spooled, isAppend: message.kind === 'append', resolve, reject })
      tell(message)
    })

  const requireFit = (entry: Entry, sealed: Sealed | undefined, spooled?: SpoolSealed): void => {
    checkEntry(entry)
    if ((entry.kind === 'decision' ? entry.spool?.bytes : undefined) !== spooled?.ciphertext.length)
      throw new LogError('ERR_LOG_RECORD', 'a decision and the payload that is to be sent later do not belong together')
    const refusedFor = refusal(entry, sealed)
    if (refusedFor === null) return
    if (refusedFor.code === 'ERR_LOG_FAILED') refused++
    throw refusedFor
  }

  const appendGroup = (group: StoreGroup, size: number): Promise<{ readonly sequence: number }> =>
    demand(size, ticket => ({ kind: 'append', ticket, group }))

  const appendWith = async (
    entry: Entry,
    sealed: Sealed | undefined,
    more: Pick<StoreEntry, 'resealed' | 'roots'> = {},
  ): Promise<{ readonly sequence: number }> => {
    requireFit(entry, sealed)
    return appendGroup([{ record: salted(entry, sealed ?? null), sealed: sealed ?? null, ...more }], sizeOf(sealed))
  }

  const append: Journal['append'] = async (entry, sealed) => {
    if (entry.kind === 'segment.seal') throw new LogError('ERR_LOG_RECORD', 'a segment is sealed with its roots')
    return appendWith(entry, sealed)
  }

  const appendAll: Journal['appendAll'] = async ([first, ...others], sealed) => {
    requireFit(first, sealed)
    for (const entry of others) requireFit(entry, undefined)
    const more = others.map(entry => ({ record: salted(entry, null), sealed: null }))
    return appendGroup([{ record: salted(first, sealed ?? null), sealed: sealed ?? null }, ...more], sizeOf(sealed))
  }

  const spool: Journal['spool'] = async (entry, spooled) => {
    requireFit(entry, undefined, spooled)
    if (octets + spooledOctets + spooled.ciphertext.length > maxQueueBytes)
      throw new LogError('ERR_LOG_QUEUE_FULL', 'too many records wait for the disk')
    const group: StoreGroup = [{ record: salted(entry, spooled), sealed: null, spooled }]
    return demand(0, ticket => ({ kind: 'append', ticket, group }), spooled.ciphertext.length)
  }

  const drop = async (before: number): Promise<void> => {
    if (state !== 'ready') throw new LogError('ERR_LOG_FAILED', 'the log cannot be written at the moment')
    await demand(0, ticket => ({ kind: 'drop', ticket, before }))
  }

  const finish = async (): Promise<void> => {
    state = 'closing'
    clearTimeout(timer)
    const running = worker
    if (running !== null) {
      const gone = new Promise(resolve => running.once('exit', resolve))
      tell({ kind: 'close' })
      await gone
    }
    state = 'closed'
    release()
  }

  const close = async (): Promise<void> => {
    closed ??= finish()
    return closed
  }

  ;({ frontier, held } = await firstState(launch()))
  started = true

  return {
    append,
    appendAll,
    spool,
    reseal: (entry, resealed) => appendWith(entry, undefined, { resealed }),
    seal: (entry, roots) => appendWith(entry, undefined, { roots }),
    drop,
    digest,
    close,
    setMaxBytes: bytes => {
      bound = bytes
      tell({ kind: 'limit', bytes })
    },
    status: () => ({
      state,
      fault,
      size: frontier.size,
      root: rootOf(frontier).toString('base64'),
      queued: waiting.size,
      committed,
      bytes: fileBytes(directory),
      held: { ...heldNow(), isFull: turnedAway !== null && !hasRoomFor(turnedAway) },
    }),
  }
}

/** Waits until the worker has opened the log, or says why it does not. */
const firstState = async (worker: Worker): Promise<{ readonly frontier: Frontier; readonly held: HeldTotal }> =>
  new Promise((resolve, reject) => {
    worker.once('message', (message: FromWriter) => {
      if (message.kind === 'ready') resolve({ frontier: frontierOf(message.frontier), held: message.held })
      else if (message.kind === 'refused') reject(new LogError(message.code, message.message))
    })
    worker.once('exit', () => reject(new LogError('ERR_LOG_FAILED', 'the thread that writes the log ended')))
  })

const frontierOf = (bytes: Uint8Array): Frontier => {
  const frontier = decodeFrontier(bytes)
  if (frontier === null) throw new LogError('ERR_LOG_DAMAGED', 'the writer told of a tree that cannot be')
  return frontier
}

const impossible = (): LogError =>
  new LogError('ERR_REVIEW_STATE', 'the state of the payload does not allow it, so nothing was done')

const salted = (entry: Entry, sealed: Pick<Sealed, 'nonce' | 'ciphertext'> | null): Salted => ({
  ...entry,
  v: 1,
  salt: newSalt(),
  seal: sealed === null ? null : sealDigest(sealed),
})

const sizeOf = (sealed: Sealed | undefined): number => sealed?.ciphertext.length ?? 0

const hasDatabase = (directory: string): boolean =>
  statSync(logFiles(directory).database, { throwIfNoEntry: false }) !== undefined

const fileBytes = (directory: string): number => {
  const { database } = logFiles(directory)
  return [database, `${database}-wal`].reduce(
    (sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0),
    0,
  )
}
