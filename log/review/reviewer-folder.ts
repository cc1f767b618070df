import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { makeExclusive, settle } from '../writing/exclusive-file.ts'
import { LogError } from '../log-error.ts'
import { loadReviewers, parseReviewer, writeReviewer, type ReviewerPublicKey } from './reviewer.ts'

/**
 * The folder of the reviewers' public files: `<name>.pub` for those whom payloads are sealed to, and `retired/<name>.<16 digits of the
 * fingerprint>.pub` for those who were. Private files are never opened.
 */

/**
 * Whom payloads are sealed to, sorted by name.
 * @throws LogError `ERR_REVIEWER_KEY`, `ERR_REVIEWER_NAME`; `ERR_REVIEWER_SAME_KEY` when a key stands there under two names
 */
export const activeReviewers = (directory: string): readonly ReviewerPublicKey[] => {
  const reviewers = loadReviewers(directory)
  const prints = reviewers.flatMap(({ fingerprint, signingFingerprint }) => [fingerprint, signingFingerprint])
  if (new Set(prints).size === prints.length) return reviewers
  throw new LogError('ERR_REVIEWER_SAME_KEY', 'two reviewers have the same key')
}

/** Whom payloads were sealed to earlier. @throws LogError as `activeReviewers` */
export const retiredReviewers = (directory: string): readonly ReviewerPublicKey[] => {
  const retired = join(directory, 'retired')
  if (!existsSync(retired)) return []
  return readdirSync(retired)
    .filter(file => file.endsWith('.pub'))
    .sort()
    .map(file => parseReviewer(file.split('.')[0]!, readFileSync(join(retired, file), 'utf8')))
}

/** Puts a reviewer's public file into the folder. There must be none of this name. */
export const installReviewer = (directory: string, reviewer: ReviewerPublicKey): Promise<void> =>
  makeExclusive(activeFile(directory, reviewer), writeReviewer(reviewer), 0o644)

/** Moves a reviewer's public file to the retired ones. */
export const retireReviewer = async (directory: string, reviewer: ReviewerPublicKey): Promise<void> => {
  mkdirSync(join(directory, 'retired'), { recursive: true, mode: 0o700 })
  await moveDurably(activeFile(directory, reviewer), retiredFile(directory, reviewer))
}

/** Takes `retireReviewer` back. */
export const restoreReviewer = (directory: string, reviewer: ReviewerPublicKey): Promise<void> =>
  moveDurably(retiredFile(directory, reviewer), activeFile(directory, reviewer))

/** Puts a new public file in the place of an old one, which is kept with the retired ones. At no time is there none. */
export const replaceReviewer = async (
  directory: string,
  old: ReviewerPublicKey,
  next: ReviewerPublicKey,
): Promise<void> => {
  mkdirSync(join(directory, 'retired'), { recursive: true, mode: 0o700 })
  const kept = retiredFile(directory, old)
  if (!existsSync(kept)) await makeExclusive(kept, writeReviewer(old), 0o644)
  const aside = `${activeFile(directory, next)}.new`
  rmSync(aside, { force: true })
  await makeExclusive(aside, writeReviewer(next), 0o644)
  await moveDurably(aside, activeFile(directory, next))
}

/** Takes `installReviewer` back. */
export const removeReviewer = async (directory: string, reviewer: ReviewerPublicKey): Promise<void> => {
  rmSync(activeFile(directory, reviewer))
  await settle(directory)
}

const activeFile = (directory: string, { name }: ReviewerPublicKey): string => join(directory, `${name}.pub`)

const retiredFile = (directory: string, { name, fingerprint }: ReviewerPublicKey): string =>
  join(directory, 'retired', `${name}.${fingerprint.slice('sha256:'.length).slice(0, 16)}.pub`)

const moveDurably = async (from: string, to: string): Promise<void> => {
  renameSync(from, to)
  await settle(dirname(to))
  await settle(dirname(from))
}
