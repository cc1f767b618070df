import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { sealDigest, type Sealed } from '../../log/held/seal.ts'
import { Failure } from '../failure.ts'
import type { HeldCase } from './held-case.ts'
import { spellJson } from '../terminal/print.ts'

/** A held payload that left the appliance sealed, and its case: what a reviewer needs to open it elsewhere. */
export type SealedCase = { readonly found: HeldCase; readonly sealed: Sealed }

const FORMAT = 'sluice-sealed-1'

const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')

/** One line of JSON. Its recipients are as in the log; nonce and ciphertext are in base64url (RFC 4648 section 5). */
export const sealedLine = ({ found, sealed: { nonce, ciphertext, recipients } }: SealedCase): string =>
  `${spellJson({ format: FORMAT, case: found, sealed: { nonce: base64url(nonce), ciphertext: base64url(ciphertext), recipients } })}\n`

const text = { type: 'string' }

const isLine = new Ajv2020().compile<{
  readonly case: HeldCase
  readonly sealed: { readonly nonce: string; readonly ciphertext: string; readonly recipients: Sealed['recipients'] }
}>({
  type: 'object',
  required: ['format', 'case', 'sealed'],
  properties: {
    format: { const: FORMAT },
    case: {
      type: 'object',
      required: ['decision', 'seal', 'findings', 'exceptions', 'reviewers', 'said'],
      properties: {
        decision: { type: 'string', pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' },
        seal: text,
        findings: { type: 'array' },
        exceptions: { type: 'array', items: text },
        reviewers: { type: 'array', items: text },
        said: { type: 'array' },
      },
    },
    sealed: {
      type: 'object',
      required: ['nonce', 'ciphertext', 'recipients'],
      properties: {
        nonce: text,
        ciphertext: text,
        recipients: {
          type: 'array',
          items: {
            type: 'object',
            required: ['name', 'fingerprint', 'encapsulated', 'wrapped'],
            properties: { name: text, fingerprint: text, encapsulated: text, wrapped: text },
          },
        },
      },
    },
  },
})

/**
 * Reads what `sealedLine` wrote, in the order of the file.
 * @throws Failure naming the line that is not of the form, or whose payload is not the one of its case
 */
export const readSealedFile = (file: string): readonly SealedCase[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line, index) => (line === '' ? [] : [readLine(line, `${file}:${index + 1}`)]))

const readLine = (line: string, place: string): SealedCase => {
  const value = parsed(line)
  if (!isLine(value))
    throw new Failure(`${place} is no sealed payload`, 'name a file of "sluice blocked export --sealed"')
  const { nonce, ciphertext, recipients } = value.sealed
  const sealed = {
    nonce: Buffer.from(nonce, 'base64url'),
    ciphertext: Buffer.from(ciphertext, 'base64url'),
    recipients,
  }
  if (sealDigest(sealed) === value.case.seal) return { found: value.case, sealed }
  throw new Failure(
    `${place} does not hold the payload that its case is about`,
    'the file was altered, or cut short: have it exported again',
  )
}

/** JSON.parse quotes what it cannot read. */
const parsed = (line: string): unknown => {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}
