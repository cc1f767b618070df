import { basename } from 'node:path'
import { activeReviewers } from '../../log/review/reviewer-folder.ts'
import { isProtected } from '../../log/review/reviewer-key.ts'
import { keyFilesIn } from '../review/reviewer-keys.ts'
import { attempt, found, holds, type Finding } from './finding.ts'
import type { Subject } from './subject.ts'

/** Who can read what is held, and where their keys are. */
export const examineCustody = function* ({ folder }: Subject): Generator<Finding> {
  yield attempt('reviewers', 'run "sluice init" on a new folder, or put a .pub file into the reviewers folder', () => {
    const names = activeReviewers(folder.reviewers).map(({ name }) => name)
    if (names.length === 0) throw new Error('there is no reviewer')
    return names.join(', ')
  })
  yield custody(folder.reviewers)
}

/** A private key beside the sealed payloads lets whoever takes the disk read them. */
const custody = (reviewers: string): Finding => {
  const check = 'key custody'
  const files = keyFilesIn(reviewers)
  if (files.length === 0) return holds(check, 'no private key of a reviewer is on this machine')
  const names = files.map(file => basename(file)).join(', ')
  const isOpen = files.some(file => !isProtected(file))
  return found(
    check,
    `private keys of reviewers are in ${reviewers}${isOpen ? ', and no passphrase protects them' : ''}`,
    isOpen
      ? 'have each reviewer make a key with "sluice keys reviewer new" on another machine and add it; then retire these and delete the .key files'
      : `move ${names} to the reviewers, off this machine`,
  )
}
