import { LogError } from '../../log/log-error.ts'
import { openLogReader, type HeldKeys } from '../../log/reading/query.ts'
import type { Resealed } from '../../log/held/held-table.ts'
import type { ReviewerKey } from '../../log/review/reviewer-key.ts'
import type { ReviewerPublicKey } from '../../log/review/reviewer.ts'
import { rewrap } from '../../log/held/seal.ts'
import type { DataFolder } from '../../proxy/data-folder.ts'
import { actor } from './held.ts'
import { progressBar } from '../terminal/progress-bar.ts'
import type { ReviewerChanges } from './reviewer-changes.ts'

/** `broken`: payloads whose wrapped key does not open; they stay as they are. */
export type ResealResult = { readonly resealed: number; readonly broken: number }

/** Payloads in one record, and in one transaction: what is lost when the command is interrupted. */
const BATCH = 200
/** Payloads that were on their way while the key changed are found in a second round. */
const ROUNDS = 3

/**
 * Seals everything that the old key opens to the new one instead. The private key stays here: only wrapped keys are handed to the
 * appliance. What was done is done, so after an interruption the command goes on where it was.
 */
export const resealAll = async (
  folder: DataFolder,
  changes: ReviewerChanges,
  old: ReviewerKey,
  next: ReviewerPublicKey,
): Promise<ResealResult> => {
  const total = heldFor(folder, old.fingerprint)
  const broken = new Set<string>()
  let resealed = 0
  const bar = progressBar('held payloads')
  try {
    for (let round = 0; round < ROUNDS; round++)
      for (const batch of batches(folder, old.fingerprint)) {
        const wrapped = await rewrapAll(batch, old, next, broken)
        if (wrapped.length > 0) {
          const request = { name: next.name, previous: old.fingerprint, resealed: wrapped, actor: actor() }
          await changes.reseal(request)
        }
        resealed += wrapped.length
        bar.show({ done: resealed, total })
      }
  } finally {
    bar.end()
  }
  return { resealed, broken: broken.size }
}

const rewrapAll = async (
  batch: readonly HeldKeys[],
  old: ReviewerKey,
  next: ReviewerPublicKey,
  broken: Set<string>,
): Promise<readonly Resealed[]> => {
  const wrapped: Resealed[] = []
  for (const { decision, recipients } of batch)
    try {
      wrapped.push({ decision, recipient: await rewrap(recipients, decision, old.key, next) })
    } catch (error) {
      if (!(error instanceof LogError && error.code === 'ERR_SEAL_BROKEN')) throw error
      broken.add(decision)
    }
  return wrapped
}

/** One by one, and each read anew: what is sealed to the new key is no longer among them. */
const batches = function* (folder: DataFolder, fingerprint: string): Generator<readonly HeldKeys[]> {
  const reader = openLogReader(folder.log)
  try {
    for (let after = ''; ;) {
      const batch = reader.heldFor(fingerprint, after, BATCH)
      if (batch.length === 0) return
      yield batch
      after = batch.at(-1)!.decision
    }
  } finally {
    reader.close()
  }
}

const heldFor = (folder: DataFolder, fingerprint: string): number => {
  const reader = openLogReader(folder.log)
  try {
    return reader.heldByKey().get(fingerprint) ?? 0
  } finally {
    reader.close()
  }
}
