import type { SignatureRecord } from '../record.ts'

/** Who did something: the operating system's name for them, which whoever may use the control socket can make up; and who signed it. */
export type Identity = { readonly actor: string; readonly signature: SignatureRecord | null }

/** What two acts say of who did them. `untold`: nothing that both of them say tells. */
export type People = 'two' | 'same' | 'untold'

/**
 * Whether two acts are of two people. Like is compared with like: two signed acts by their reviewers and keys, because a reviewer whose key
 * was replaced is the same person; two unsigned ones by the names. A key and a name may well belong to one person, so they prove nothing.
 */
export const comparePeople = (one: Identity, other: Identity): People => {
  if (one.signature && other.signature) {
    const isOne =
      one.signature.fingerprint === other.signature.fingerprint || one.signature.reviewer === other.signature.reviewer
    return isOne ? 'same' : 'two'
  }
  if (one.actor === other.actor) return 'same'
  return one.signature || other.signature ? 'untold' : 'two'
}
