import { normalizeAddress } from '../address.ts'
import type { Path } from '../json-pointer.ts'
import type { Instrument } from '../policy.ts'
import type { Splice } from '../splice/splice.ts'
import type { Proofreader } from './proofreader.ts'
import type { RawDestination, RawRoute, RawSplice } from './raw-policy.ts'
import { instantOf } from './rfc3339.ts'

/** What the destination stands beside. */
export type Known = {
  readonly instruments: readonly Instrument[]
  readonly destinations: readonly RawDestination[]
  readonly routes: readonly RawRoute[]
}

/** Keys of a destination that speak of a TLS conversation of our own: where connections pass unopened, there is none. */
const meaningless = ['ca', 'pins', 'revocation', 'clientCertificate'] as const

/**
 * The terms under which connections to a destination pass unopened. What could make anybody believe that they are inspected, or leave open
 * which connections are meant, is reported. Whether it has expired is not asked here: it depends on the time of each connection.
 */
export const readSplice = (
  destination: RawDestination,
  raw: RawSplice,
  path: Path,
  known: Known,
  proof: Proofreader,
): Splice => {
  const beside = path.slice(0, -1)
  for (const [index, route] of known.routes.entries())
    if (route.destination === destination.id)
      proof.report(
        ['routes', index, 'destination'],
        `${route.destination} is spliced, so no request to it is ever seen`,
      )
  for (const key of meaningless)
    if (destination[key] !== undefined)
      proof.report(
        [...beside, key],
        'says nothing: where connections pass unopened, no certificate is looked at or shown',
      )
  if (normalizeAddress(destination.host) !== null)
    proof.report([...beside, 'host'], 'must be a name: a ClientHello names no address (RFC 6066 section 3)')
  if (known.destinations.some(other => other.id !== destination.id && other.host === destination.host))
    proof.report(
      [...beside, 'host'],
      'is the host of another destination: which of them is meant, a ClientHello does not say',
    )
  for (const problem of instrumentProblems(raw, known)) proof.report([...path, 'instruments'], problem)
  if (raw.bytesPerHour > raw.bytesPerDay) proof.report([...path, 'bytesPerHour'], 'is more than bytesPerDay')
  if ((raw.maxBytesPerConnection ?? 0) > raw.bytesPerHour)
    proof.report([...path, 'maxBytesPerConnection'], 'is more than bytesPerHour')
  const expires = instantOf(raw.expires)
  if (expires === null)
    proof.report([...path, 'expires'], 'must be a date or date-time of RFC 3339, such as 2027-03-31')
  return {
    ...raw,
    instruments: new Set(raw.instruments),
    maxBytesPerConnection: raw.maxBytesPerConnection ?? null,
    // What is no instant is reported, and would have expired.
    expires: expires ?? -Infinity,
  }
}

const instrumentProblems = function* (raw: RawSplice, { instruments }: Known): Generator<string> {
  for (const id of raw.instruments) {
    const instrument = instruments.find(one => one.id === id)
    if (!instrument) yield `no instrument has the id ${id}`
    else if (instrument.certificate !== null)
      yield `${id} has to show a certificate, which it cannot in a connection that passes unopened`
  }
}
