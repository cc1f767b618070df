import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Option } from 'commander'
import { openReviewerKey, type ReviewerKey } from '../../log/review/reviewer-key.ts'
import type { DataFolder } from '../../proxy/data-folder.ts'
import { passphraseFor, type PassphraseOptions } from '../terminal/passphrase.ts'

/** With which key a command opens payloads and signs. */
export type KeyOptions = PassphraseOptions & { readonly key?: string }

export const keyOption = (): Option =>
  new Option('--key <file>', "the reviewer's private key; by default the one in the data folder")

/**
 * The private keys at hand: the one that is named, otherwise those in the data folder, where a trial leaves them. A passphrase is asked
 * for once, however many payloads are opened.
 * @throws LogError `ERR_REVIEWER_KEY`, `ERR_PASSPHRASE_WRONG`; Failure when a passphrase cannot be asked for
 */
export const reviewerKeys = async (folder: DataFolder, options: KeyOptions): Promise<readonly ReviewerKey[]> => {
  const files = options.key === undefined ? keyFilesIn(folder.reviewers) : [options.key]
  const keys: ReviewerKey[] = []
  for (const file of files) keys.push(await openReviewerKey(file, () => passphraseFor(file, options)))
  return keys
}

/** Files of private keys in a folder. */
export const keyFilesIn = (directory: string): readonly string[] =>
  readdirSync(directory)
    .filter(name => name.endsWith('.key'))
    .map(name => join(directory, name))
