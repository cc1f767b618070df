import { defaultSpoolTerms, type SpoolTerms } from '../delivery.ts'
import type { Path } from '../json-pointer.ts'
import type { Proofreader } from './proofreader.ts'
import type { RawRoute } from './raw-policy.ts'

const units = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** Milliseconds of a span as `policy.schema.json` admits it: `30m`, `72h`, `30d`. */
export const spanOf = (span: string): number => Number.parseInt(span) * units[span.at(-1) as keyof typeof units]

/**
 * On which terms requests of a route wait for their destination; null where they do not. What cannot be spooled is reported: a credential,
 * since none is ever stored, and a route by which the instrument wants an answer.
 */
export const readDelivery = (raw: RawRoute, path: Path, proof: Proofreader): SpoolTerms | null => {
  const { delivery = 'direct', spool = {} } = raw
  if (delivery === 'direct') {
    if (raw.spool) proof.report([...path, 'spool'], 'only a route with "delivery: spool" is spooled')
    return null
  }
  refuseCredentials(raw, path, proof)
  refuseAnswers(raw, path, proof)
  if (spool.idempotencyKey === true && raw.headers && Object.hasOwn(raw.headers, 'idempotency-key'))
    proof.report(
      [...path, 'headers', 'idempotency-key'],
      'with "idempotencyKey" the appliance writes this field itself',
    )
  return {
    promise: spool.promise ?? defaultSpoolTerms.promise,
    expires: spool.expires === undefined ? defaultSpoolTerms.expires : spanOf(spool.expires),
    idempotencyKey: spool.idempotencyKey ?? defaultSpoolTerms.idempotencyKey,
  }
}

const refuseCredentials = ({ headers = {} }: RawRoute, path: Path, proof: Proofreader): void => {
  for (const [name, { credential }] of Object.entries(headers))
    if (credential === true)
      proof.report(
        [...path, 'headers', name],
        'a spooled request waits on the disk, and a credential is never stored: use "delivery: direct", or a client certificate of the destination',
      )
}

const refuseAnswers = ({ method, response = {} }: RawRoute, path: Path, proof: Proofreader): void => {
  if (method === 'GET' || method === 'HEAD')
    proof.report([...path, 'delivery'], `who asks with ${method} waits for the answer, and a spooled request gets none`)
  for (const key of ['mode', 'headers'] as const)
    if (response[key] !== undefined)
      proof.report(
        [...path, 'response', key],
        'a spooled request is answered 202 by the appliance, and nothing of the later answer goes back',
      )
}
