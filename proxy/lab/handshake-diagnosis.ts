import type { Seen } from './handshakes.ts'

/**
 * What a TLS client said when it did not take our certificate (RFC 8446 section 6.2).
 * - `unknown-authority`: alert 48. Sent by what looks the issuer up and does not find it.
 * - `expired`: alert 45
 * - `refused`: alerts 42, 43, 44, 46, 49. Java and .NET say so of everything, an unknown issuer and a pinned key alike.
 * - `too-old`: no common protocol version or cipher; alerts 40, 70, 71
 * - `unclear`: anything else, alert 80 (internal error) among them
 * - `left`: nothing; the handshake was complete, and no request came
 * - `hung-up`: nothing; the connection ended amid the handshake
 */
export type Refusal = 'unknown-authority' | 'expired' | 'refused' | 'too-old' | 'unclear' | 'left' | 'hung-up'

const alerts: readonly (readonly [RegExp, Refusal])[] = [
  [/UNKNOWN_CA/, 'unknown-authority'],
  [/CERTIFICATE_EXPIRED/, 'expired'],
  [/(BAD|UNSUPPORTED)_CERTIFICATE|CERTIFICATE_(UNKNOWN|REVOKED)|ACCESS_DENIED/, 'refused'],
  [
    /UNSUPPORTED_PROTOCOL|PROTOCOL_VERSION|VERSION_(TOO_LOW|NUMBER)|NO_SHARED_CIPHER|HANDSHAKE_FAILURE|INSUFFICIENT_SECURITY|NO_SUITABLE/,
    'too-old',
  ],
]

export const refusalOf = (code: string): Refusal => {
  if (code === 'left' || code === 'hung-up') return code
  return alerts.find(([pattern]) => pattern.test(code))?.[1] ?? 'unclear'
}

/** Whether a client says by an alert that it does not take our certificate. */
export const isAboutCertificate = (code: string): boolean =>
  ['unknown-authority', 'expired', 'refused'].includes(refusalOf(code))

/** What can be made of it, and what to do. As honest as TLS allows: a client need not say why. */
export const diagnoses = {
  trusts: { meaning: 'takes our certificate by now', todo: 'nothing' },
  distrusts: {
    meaning: 'does not know the authority',
    todo: 'install the CA certificate in the trust store of the program that connects ("sluice certs ca export", or the page of the appliance)',
  },
  'new-authority-missing': {
    meaning: 'trusted the authority before, and not the one that signs now',
    todo: 'install the new CA certificate ("sluice certs ca export --which current")',
  },
  'other-trust-store': {
    meaning: 'something on it trusts the authority, and what asks for this host does not know it',
    todo: 'install the CA certificate in the trust store of that program too: Java, Python and Firefox have their own',
  },
  'pins-likely': {
    meaning:
      'takes our certificates for other hosts, and refuses the one for this host: it probably pins the certificate of the vendor',
    todo: "ask the vendor whether pinning can be turned off or the lab's authority be added: what pins cannot be inspected, and so cannot pass; otherwise a program with a trust store of its own",
  },
  'pins-or-distrusts': {
    meaning:
      'refuses our certificate, and TLS does not tell whether it does not know the authority or pins the certificate of the vendor',
    todo: 'install the CA certificate in the trust store of the program that connects; if it refuses still, it pins: ask the vendor',
  },
  clock: {
    meaning: 'takes our certificate for expired',
    todo: 'set the clock of the instrument; certificates of the appliance are valid from 12 hours back to 30 days ahead',
  },
  'too-old': {
    meaning: 'speaks no TLS that is secure (1.2 or 1.3 with forward secrecy and authenticated encryption)',
    todo: 'update the software of the instrument, or turn TLS 1.2 on in its system',
  },
  left: {
    meaning:
      'goes away without a request and without a reason: it may pin and check after the handshake, or only test the connection',
    todo: 'see whether its requests come at all ("sluice log list"); if none does, install the CA certificate, and then ask the vendor about pinning',
  },
  'broken-off': {
    meaning:
      "goes away amid the handshake without a reason: Java's HttpClient does so when it does not know the authority; it may also pin, or be a scan",
    todo: 'install the CA certificate in the trust store of the program that connects (keytool for Java); if it goes away still, ask the vendor about pinning',
  },
  unclear: {
    meaning: 'breaks the handshake off for a reason that has nothing to do with trust as far as TLS tells',
    todo: 'look into the log of the program that connects; install the CA certificate if it is not there',
  },
} as const satisfies Readonly<Record<string, { readonly meaning: string; readonly todo: string }>>

export type Diagnosis = keyof typeof diagnoses

/**
 * What the conversations of one caller with one host say of it.
 * @param others - those of the same caller with other hosts
 */
export const diagnose = (seen: Seen, others: readonly Seen[]): Diagnosis => {
  if (seen.refusal === null || seen.isResolved) return 'trusts'
  const trustsUs = ({ trusted, trustedAnchor }: Seen): boolean => trusted > 0 && trustedAnchor === seen.refusedAnchor
  const isOfOld = [seen, ...others].some(one => one.trusted > 0) && ![seen, ...others].some(trustsUs)
  const isTrustedElsewhere = others.some(trustsUs)
  switch (seen.refusal) {
    case 'too-old':
      return 'too-old'
    case 'expired':
      return 'clock'
    case 'unclear':
      return 'unclear'
    case 'unknown-authority':
      if (isOfOld) return 'new-authority-missing'
      return isTrustedElsewhere || trustsUs(seen) ? 'other-trust-store' : 'distrusts'
    case 'refused':
      if (isOfOld) return 'new-authority-missing'
      if (trustsUs(seen)) return 'other-trust-store'
      return isTrustedElsewhere ? 'pins-likely' : 'pins-or-distrusts'
    case 'left':
      return isTrustedElsewhere && !trustsUs(seen) ? 'pins-likely' : 'left'
    case 'hung-up':
      if (isOfOld) return 'new-authority-missing'
      return isTrustedElsewhere && !trustsUs(seen) ? 'pins-likely' : 'broken-off'
  }
}
