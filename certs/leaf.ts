import { X509Certificate } from 'node:crypto'
import { createSecureContext, type SecureContext } from 'node:tls'
import type { Authority } from './authority.ts'
import { parseName } from './name.ts'
import { strongLabTls } from './strong-tls.ts'

/** One certificate in the cache. */
export type LeafEntry = { readonly names: readonly string[]; readonly notAfter: Date; readonly fingerprint256: string }

export type LeafStore = {
  /**
   * The TLS context with a certificate for a name (DNS name or IP literal) or for several at once. Minted on first use,
   * kept, and minted anew when less than a third of its lifetime is left.
   * @throws CertError (as a rejection) ERR_NAME_INVALID, ERR_NAME_NOT_PERMITTED, ERR_CA_EXPIRED
   */
  readonly contextFor: (name: string | readonly string[]) => Promise<SecureContext>
  /** What is in the cache, least recently used first. */
  readonly list: () => readonly LeafEntry[]
}

type Kept = LeafEntry & { readonly context: SecureContext; readonly renewAt: number }

const mint = (authority: Authority, names: readonly string[]): Kept => {
  const leaf = authority.issue(names)
  const lifetime = leaf.notAfter.getTime() - Date.now()
  return {
    names,
    notAfter: leaf.notAfter,
    fingerprint256: new X509Certificate(leaf.certificatePem).fingerprint256,
    context: createSecureContext({ ...strongLabTls, cert: leaf.chainPem, key: leaf.privateKeyPem }),
    renewAt: Date.now() + (lifetime * 2) / 3,
  }
}

const spellingsOf = (name: string | readonly string[]): readonly string[] => [
  ...new Set((typeof name === 'string' ? [name] : name).map(one => parseName(one).text)),
]

/**
 * The server certificates that the lab side shows to instruments. Minting takes well under a millisecond and is done
 * in one go, so that a name asked for many times at once is minted once.
 * @param limits - `capacity`: how many certificates are kept, the least recently used go first
 */
export const leafStore = (
  authority: Authority,
  { capacity = 1_024 }: { readonly capacity?: number } = {},
): LeafStore => {
  const kept = new Map<string, Kept>() // in order of use: the oldest first

  const use = (key: string, entry: Kept): SecureContext => {
    kept.delete(key)
    kept.set(key, entry)
    for (const oldest of kept.keys()) if (kept.size > capacity) kept.delete(oldest)
    return entry.context
  }

  return {
    contextFor: async name => {
      const names = spellingsOf(name)
      const key = names.toSorted().join(' ')
      const known = kept.get(key)
      return use(key, known && Date.now() < known.renewAt ? known : mint(authority, names))
    },
    list: () => [...kept.values()].map(({ names, notAfter, fingerprint256 }) => ({ names, notAfter, fingerprint256 })),
  }
}
