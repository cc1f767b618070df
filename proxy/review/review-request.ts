import { Ajv2020 } from 'ajv/dist/2020.js'
import type { RejectEntry, SignatureRecord } from '../../log/record.ts'
import { states, type State } from '../../log/review/states.ts'
import { ProxyError } from '../proxy-error.ts'

type Common = {
  /** Under which the payload is held. */
  readonly decision: string
  /** `os:` and the operating system's name for whoever asks. */
  readonly actor: string
  /** The state in which they saw it: when it is in another, nothing is done. */
  readonly seen?: State
  /** Why, in their own words. */
  readonly because?: string
}

type Because = { readonly because: string }

/** What somebody wants with a held payload. `payload` is what `encodeHeld` wrote, in base64: only reviewers can open it. */
export type ReviewRequest = Common &
  (
    | { readonly action: 'show' }
    | ({ readonly action: 'reveal' | 'note' | 'purge' } & Because)
    | ({ readonly action: 'reject'; readonly finding: RejectEntry['finding'] } & Because)
    /** `expires`: RFC 3339, UTC, milliseconds; as late as the settings admit when absent. A signature is over it too. */
    | ({ readonly action: 'approve'; readonly expires?: string; readonly signature?: SignatureRecord } & Because)
    | ({ readonly action: 'release'; readonly payload: string; readonly signature?: SignatureRecord } & Because)
    | ({ readonly action: 'replay'; readonly payload: string } & Because)
  )

export type ReviewAction = ReviewRequest['action']

const text = { type: 'string', maxLength: 10_000 }
const time = { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$' }
const signature = {
  type: 'object',
  additionalProperties: false,
  required: ['reviewer', 'fingerprint', 'value'],
  properties: { reviewer: text, fingerprint: text, value: text },
}
const payload = { type: 'string' }

const furtherMembers: Record<ReviewAction, Readonly<Record<string, object>>> = {
  show: {},
  reveal: {},
  note: {},
  purge: {},
  reject: { finding: { enum: ['leak', 'false-positive'] } },
  approve: { expires: time, signature },
  release: { payload, signature },
  replay: { payload },
}

const required: Partial<Record<ReviewAction, readonly string[]>> = {
  reject: ['finding'],
  release: ['payload'],
  replay: ['payload'],
}

const ajv = new Ajv2020({ strict: true })

const actor = { type: 'string', pattern: '^os:[A-Za-z0-9._@-]{1,120}$' }

const validators = Object.fromEntries(
  Object.entries(furtherMembers).map(([action, members]) => [
    action,
    ajv.compile<ReviewRequest>({
      type: 'object',
      additionalProperties: false,
      required: ['action', 'decision', 'actor', ...(required[action as ReviewAction] ?? [])],
      properties: {
        action: { const: action },
        decision: text,
        actor,
        seen: { enum: Object.keys(states) },
        because: text,
        ...members,
      },
    }),
  ]),
)

/**
 * Checks the form of what came over the socket. That a reason is there is a rail's to say.
 * @throws ProxyError `ERR_REVIEW_REQUEST`
 */
export const readReviewRequest = (value: unknown): ReviewRequest => {
  const { action } = (value ?? {}) as { readonly action?: unknown }
  if (typeof action === 'string' && Object.hasOwn(validators, action) && validators[action]!(value)) return value
  throw new ProxyError('ERR_REVIEW_REQUEST', 'what is asked about a held payload is not of its form')
}

/** Releases are to go on. */
export type ResumeRequest = { readonly actor: string; readonly because: string }

const isResumeRequest = ajv.compile<ResumeRequest>({
  type: 'object',
  additionalProperties: false,
  required: ['actor', 'because'],
  properties: { actor, because: text },
})

/** @throws ProxyError `ERR_REVIEW_REQUEST` */
export const readResumeRequest = (value: unknown): ResumeRequest => {
  if (isResumeRequest(value)) return value
  throw new ProxyError('ERR_REVIEW_REQUEST', 'what is asked about releases is not of its form')
}

/** A command is about to read payloads; at most a thousand at a time. */
export type ReadRequest = { readonly actor: string; readonly decisions: readonly string[] }

const isReadRequest = ajv.compile<ReadRequest>({
  type: 'object',
  additionalProperties: false,
  required: ['actor', 'decisions'],
  properties: { actor, decisions: { type: 'array', maxItems: 1_000, items: text } },
})

/** @throws ProxyError `ERR_REVIEW_REQUEST` */
export const readReadRequest = (value: unknown): ReadRequest => {
  if (isReadRequest(value)) return value
  throw new ProxyError('ERR_REVIEW_REQUEST', 'what is asked about held payloads is not of its form')
}
