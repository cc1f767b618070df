import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadPolicy } from '../../proxy/policy/policy-file.ts'
import type { Arrival, Caller, Content, Field, Message } from '../../rules/message.ts'
import { parsePolicy } from '../../rules/policy/parse-policy.ts'
import type { Policy } from '../../rules/policy.ts'

export const packFolder = join(import.meta.dirname, '../../rules/packs/illumina-proactive')

/** The policy that a new appliance starts with. */
export const shippedPolicy = (): Policy => loadPolicy(join(packFolder, 'policy.yaml'))

/** The policy that a text spells. @throws Error with the problems, when there are any */
export const policyOf = (text: string, references: Readonly<Record<string, string>> = {}): Policy => {
  const reading = parsePolicy(text, reference => references[reference] ?? null)
  if (reading.ok) return reading.policy
  throw new Error(reading.problems.map(({ line, key, message }) => `${line} ${key}: ${message}`).join('\n'))
}

/** A closed policy that is too generous by far: what stops a leak here is the detectors. */
export const generousPolicy = (): Policy => policyOf(readFileSync(join(import.meta.dirname, 'generous.yaml'), 'utf8'))

/** When the requests of the tests come, unless they say otherwise. */
export const arrivalTime = Date.parse('2026-11-23T12:00:00Z')

export const gateway: Caller = {
  client: '10.77.1.20',
  ingress: { kind: 'gateway', names: ['sluice.lab'], port: 8443 },
}

type Request = {
  readonly arrival?: Caller & Partial<Arrival>
  readonly method?: string
  readonly target?: string
  readonly version?: string
  readonly fields?: readonly Field[]
  readonly body?: string | Uint8Array
  readonly content?: Content
}

/** A request of a gateway client, complete and with a JSON body, except for what is said. */
export const messageOf = ({ arrival = gateway, body = '{}', ...rest }: Request = {}): Message => ({
  arrival: { time: arrivalTime, ...arrival },
  head: {
    method: rest.method ?? 'POST',
    target: rest.target ?? '/telemetry',
    version: rest.version ?? '1.1',
    fields: rest.fields ?? [
      ['Host', 'sluice.lab'],
      ['Content-Type', 'application/json'],
    ],
  },
  content: rest.content ?? { kind: 'complete', bytes: Buffer.from(body), trailers: 0 },
})
