import type { Resealed } from '../../log/held/held-table.ts'
import type { Journal } from '../../log/writing/journal.ts'
import { LogError } from '../../log/log-error.ts'
import { openLogReader } from '../../log/reading/query.ts'
import type { KeyEntry } from '../../log/record.ts'
import {
  activeReviewers,
  installReviewer,
  removeReviewer,
  replaceReviewer,
  restoreReviewer,
  retiredReviewers,
  retireReviewer,
} from '../../log/review/reviewer-folder.ts'
import { parseReviewer, publicPart, requireReviewerName, type ReviewerPublicKey } from '../../log/review/reviewer.ts'
import type { DataFolder } from '../data-folder.ts'
import { ProxyError } from '../proxy-error.ts'

/** A reviewer whose keys are to change. `publicFile`: text of the new public file. `actor`: who asks, as in the log. */
export type ReviewerRequest = { readonly name: string; readonly publicFile: string; readonly actor: string }

/** Payloads of which the reviewer's old key was used to wrap the content key for the new one. */
export type ResealRequest = {
  readonly name: string
  /** Fingerprint of the old key. */
  readonly previous: string
  readonly resealed: readonly Resealed[]
  readonly actor: string
}

/** What came of a change: the fingerprint that payloads were sealed to before, and are now. */
export type KeyChange = Pick<KeyEntry, 'previous' | 'fingerprint'>

/** Whom blocked payloads are sealed to. A payload is sealed to no key before the log says so. */
export type Reviewers = {
  readonly current: () => readonly ReviewerPublicKey[]
  /** @throws LogError `ERR_REVIEWER_NAME`, `ERR_REVIEWER_KEY`, `ERR_REVIEWER_EXISTS`, `ERR_REVIEWER_SAME_KEY` */
  readonly add: (request: ReviewerRequest) => Promise<KeyChange>
  /** @throws LogError `ERR_REVIEWER_UNKNOWN`, `ERR_REVIEWER_LAST` */
  readonly retire: (request: Pick<ReviewerRequest, 'name' | 'actor'>) => Promise<KeyChange>
  /** Nothing changes when the reviewer has these keys already. @throws LogError as `add`, and `ERR_REVIEWER_UNKNOWN` */
  readonly rotate: (request: ReviewerRequest) => Promise<KeyChange>
  /** @throws LogError `ERR_REVIEWER_UNKNOWN`; `ERR_REVIEWER_KEY` when what is handed in is not for the reviewer's present key */
  readonly reseal: (request: ResealRequest) => Promise<KeyChange>
}

/**
 * Reads who the reviewers are, and records what was changed in the folder by hand.
 * @throws ProxyError `ERR_NO_REVIEWER`; LogError
 */
export const openReviewers = async (folder: DataFolder, journal: Journal): Promise<Reviewers> => {
  const directory = folder.reviewers
  const history = recordedChanges(folder)
  let number = history.length
  let current = activeReviewers(directory)
  if (current.length === 0) throw new ProxyError('ERR_NO_REVIEWER', 'there is no reviewer to seal blocked payloads for')

  const entryOf = (change: Change, actor: string, resealed = 0): KeyEntry => ({
    kind: 'key.rotate',
    id: `key-${++number}`,
    time: new Date().toISOString(),
    action: change.action,
    reviewer: change.name,
    previous: change.previous,
    fingerprint: change.next?.fingerprint ?? null,
    signingKey: change.next ? publicPart(change.next.signingKey) : null,
    resealed,
    actor,
  })

  for (const change of differences(inForceAfter(history), current)) await journal.append(entryOf(change, 'sluice'))

  /** Changes the folder, records it, and only then uses it; takes it back when it cannot be recorded. */
  const change = async (
    what: Change,
    actor: string,
    apply: () => Promise<void>,
    undo: () => Promise<void>,
  ): Promise<KeyChange> => {
    await apply()
    try {
      await journal.append(entryOf(what, actor))
    } catch (fault) {
      await undo()
      throw fault
    }
    current = activeReviewers(directory)
    return { previous: what.previous, fingerprint: what.next?.fingerprint ?? null }
  }

  /** @throws LogError `ERR_REVIEWER_SAME_KEY`, also for keys that were retired: whoever retired them had reason to */
  const requireNew = (next: ReviewerPublicKey): ReviewerPublicKey => {
    const known = [...current, ...retiredReviewers(directory)]
    const isKnown = known.some(
      ({ fingerprint, signingFingerprint }) =>
        fingerprint === next.fingerprint || signingFingerprint === next.signingFingerprint,
    )
    if (isKnown)
      throw new LogError('ERR_REVIEWER_SAME_KEY', 'a reviewer of this appliance has, or had, one of these keys')
    return next
  }

  const requireCurrent = (name: string): ReviewerPublicKey => {
    const found = current.find(reviewer => reviewer.name === name)
    if (found) return found
    throw new LogError('ERR_REVIEWER_UNKNOWN', 'payloads are not sealed for a reviewer of this name')
  }

  const add: Reviewers['add'] = async ({ name, publicFile, actor }) => {
    if (current.some(reviewer => reviewer.name === name))
      throw new LogError('ERR_REVIEWER_EXISTS', 'a reviewer of this name exists')
    const next = requireNew(parseReviewer(requireReviewerName(name), publicFile))
    return change(
      { action: 'add', name, previous: null, next },
      actor,
      () => installReviewer(directory, next),
      () => removeReviewer(directory, next),
    )
  }

  const retire: Reviewers['retire'] = async ({ name, actor }) => {
    const old = requireCurrent(name)
    if (current.length === 1) throw new LogError('ERR_REVIEWER_LAST', `${name} is the only reviewer`)
    return change(
      { action: 'retire', name, previous: old.fingerprint, next: null },
      actor,
      () => retireReviewer(directory, old),
      () => restoreReviewer(directory, old),
    )
  }

  const rotate: Reviewers['rotate'] = async ({ name, publicFile, actor }) => {
    const old = requireCurrent(name)
    const given = parseReviewer(name, publicFile)
    if (given.fingerprint === old.fingerprint) return { previous: old.fingerprint, fingerprint: old.fingerprint }
    const next = requireNew(given)
    return change(
      { action: 'rotate', name, previous: old.fingerprint, next },
      actor,
      () => replaceReviewer(directory, old, next),
      () => replaceReviewer(directory, next, old),
    )
  }

  const reseal: Reviewers['reseal'] = async ({ name, previous, resealed, actor }) => {
    const next = requireCurrent(name)
    if (previous === next.fingerprint || !resealed.every(({ recipient }) => isFor(next, recipient)))
      throw new LogError('ERR_REVIEWER_KEY', 'a payload was not sealed for the present key of the reviewer')
    await journal.reseal(entryOf({ action: 'reseal', name, previous, next }, actor, resealed.length), resealed)
    return { previous, fingerprint: next.fingerprint }
  }

  const oneByOne = queue()
  return {
    current: () => current,
    add: request => oneByOne(() => add(request)),
    retire: request => oneByOne(() => retire(request)),
    rotate: request => oneByOne(() => rotate(request)),
    reseal: request => oneByOne(() => reseal(request)),
  }
}

/** `next`: the keys from then on; null when there are none. */
type Change = {
  readonly action: KeyEntry['action']
  readonly name: string
  readonly previous: string | null
  readonly next: ReviewerPublicKey | null
}

const recordedChanges = (folder: DataFolder): readonly KeyEntry[] => {
  const reader = openLogReader(folder.log)
  try {
    return reader.reviewerKeys()
  } finally {
    reader.close()
  }
}

/** Fingerprint of the key of each reviewer, as the log has it. */
const inForceAfter = (history: readonly KeyEntry[]): ReadonlyMap<string, string> => {
  const known = new Map<string, string>()
  for (const { reviewer, fingerprint } of history) {
    if (fingerprint === null) known.delete(reviewer)
    else known.set(reviewer, fingerprint)
  }
  return known
}

/** What was changed in the folder without the log. */
const differences = (known: ReadonlyMap<string, string>, current: readonly ReviewerPublicKey[]): readonly Change[] => {
  const names = new Set(current.map(({ name }) => name))
  const gone = [...known].filter(([name]) => !names.has(name))
  const changed = current.filter(({ name, fingerprint }) => known.get(name) !== fingerprint)
  return [
    ...changed.map((next): Change => {
      const previous = known.get(next.name) ?? null
      return { action: previous === null ? 'add' : 'rotate', name: next.name, previous, next }
    }),
    ...gone.map(([name, previous]): Change => ({ action: 'retire', name, previous, next: null })),
  ]
}

/** The forms that HPKE with X25519 and AES-256-GCM gives: 32 octets, and 32 with a tag of 16. */
const isFor = ({ name, fingerprint }: ReviewerPublicKey, recipient: Resealed['recipient']): boolean =>
  recipient.name === name &&
  recipient.fingerprint === fingerprint &&
  /^[A-Za-z0-9_-]{43}$/.test(recipient.encapsulated) &&
  /^[A-Za-z0-9_-]{64}$/.test(recipient.wrapped) &&
  Object.keys(recipient).length === 4

/** Runs what it is given one after the other. */
const queue = () => {
  let last: Promise<unknown> = Promise.resolve()
  return <Result>(run: () => Promise<Result>): Promise<Result> => {
    const next = last.then(run, run)
    last = next.catch(() => undefined)
    return next
  }
}
