import { fixedFragments } from '../drip/fixed-fragments.ts'
import type { Path } from '../json-pointer.ts'
import type { Parameter } from '../policy.ts'
import type { Proofreader } from './proofreader.ts'
import type { RawParameters } from './raw-policy.ts'

/** Path or query parameters, or the pairs of a form. */
export const readParameters = (
  raw: RawParameters = {},
  path: Path,
  proof: Proofreader,
): ReadonlyMap<string, Parameter> =>
  new Map(
    Object.entries(raw).map(([name, { schema, required = false, credential = false }]) => {
      const validate = proof.compilePlain(schema, [...path, name, 'schema'])
      return [name, { name, required, credential, validate, fixed: fixedFragments(schema) }] as const
    }),
  )

/** Header fields. What the appliance writes itself, and a credential that is not called one, are reported. */
export const readHeaders = (
  raw: RawParameters = {},
  path: Path,
  proof: Proofreader,
): ReadonlyMap<string, Parameter> => {
  for (const name of Object.keys(raw))
    if (reservedFields.has(name)) proof.report([...path, name], 'this field is always written by the appliance itself')
    else if (credentialFields.has(name) && raw[name]!.credential !== true)
      proof.report([...path, name], 'this field carries a credential: say so with "credential: true"')
  return readParameters(raw, path, proof)
}

/** Fields that frame or route the message, or that belong to one connection (RFC 9110 section 7.6.1). */
const reservedFields = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
])

const credentialFields = new Set(['authorization', 'cookie', 'x-api-key', 'x-auth-token', 'x-amz-security-token'])
