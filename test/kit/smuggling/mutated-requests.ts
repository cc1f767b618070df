import { seeded } from '../random.ts'
import { families, type Draft, type Family } from './families.ts'

/** A request that readers of HTTP may read in different ways, as octets, and what it is about. */
export type MutatedRequest = {
  readonly family: Family
  readonly bytes: Buffer
  /** What its JSON says if it is understood. */
  readonly serial: number
}

/** Where the words of contraband arrive, something was smuggled. */
export const smuggled = /smuggled/i

export type Aim = {
  /** As the Host field has it. */
  readonly host: string
  /** What stands in the request line where nothing is mutated. */
  readonly target: string
}

/**
 * Makes mutated requests, the same ones for the same seed: a failing one can be sent again.
 * @param firstSerial - of the numbers by which their answers are told apart
 */
export const mutatedRequests = (seed: number, count: number, aim: Aim, firstSerial: number): MutatedRequest[] => {
  const random = seeded(seed)
  const names = Object.keys(families) as Family[]
  return Array.from({ length: count }, (_, index) => {
    const family = names[index % names.length]!
    const serial = firstSerial + index
    const json = JSON.stringify({ serial })
    const draft = plainDraft(aim, json)
    families[family](draft, { random, host: aim.host, json, contraband: contraband(aim.host) })
    return { family, serial, bytes: spell(draft) }
  })
}

const plainDraft = ({ host, target }: Aim, json: string): Draft => ({
  method: 'POST',
  target,
  version: 'HTTP/1.1',
  fields: [`Host: ${host}`, 'Content-Type: application/json', `Content-Length: ${json.length}`],
  lineEnd: '\r\n',
  headEnd: '\r\n',
  body: json,
})

const contraband = (host: string): string =>
  `POST /smuggled HTTP/1.1\r\nHost: ${host}\r\nX-Note: SMUGGLED\r\nContent-Length: 12\r\n\r\n{"SMUGGLED":1}`

const spell = ({ method, target, version, fields, lineEnd, headEnd, body }: Draft): Buffer => {
  const lines = [`${method} ${target}${version === '' ? '' : ` ${version}`}`, ...fields]
  return Buffer.from(`${lines.map(line => line + lineEnd).join('')}${headEnd}${body}`, 'latin1')
}
