import { X509Certificate } from 'node:crypto'
import type { DetailedPeerCertificate, PeerCertificate } from 'node:tls'

/** More certificates than any sound chain has. */
const MAX_LENGTH = 16

/**
 * The peer's certificate and those above it, as far as each signature holds. Node lists what the peer sent and links
 * it by name alone, so a peer could slip in a certificate with the pinned key that has signed nothing.
 * @throws whatever node:crypto throws on a certificate that it cannot read
 */
export const signedChain = (peer: PeerCertificate): readonly X509Certificate[] => {
  const chain = [new X509Certificate(peer.raw)]
  let above = (peer as Partial<DetailedPeerCertificate>).issuerCertificate
  while (above && chain.length < MAX_LENGTH) {
    const issuer = new X509Certificate(above.raw)
    const child = chain.at(-1)
    if (!child || !issuer.ca || issuer.fingerprint256 === child.fingerprint256 || !child.verify(issuer.publicKey)) break
    chain.push(issuer)
    above = above.issuerCertificate
  }
  return chain
}
