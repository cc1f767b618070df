import type { SignatureRecord } from '../record.ts'

/** Who did something: the operating system's name for them, which whoever may use the control socket can make up; and who signed it. */
export type Identity = { readonly actor: string; readonly signature: SignatureRecord | null }

/**
 * Whether two acts are of two people as far as can be told. A key says more than a name, so two keys are two people, one key is one, and
 * only where one of them did not sign do the names decide.
 */
export const areTwoPeople = (one: Identity, other: Identity): boolean => {
  if (one.signature && other.signature) return one.signature.fingerprint !== other.signature.fingerprint
  return one.actor !== other.actor
}
