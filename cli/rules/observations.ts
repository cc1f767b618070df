import { readFileSync } from 'node:fs'
import type { ReviewerKey } from '../../log/review/reviewer-key.ts'
import type { DataFolder } from '../../proxy/data-folder.ts'
import type { HeldPayload } from '../../proxy/review/held-payload.ts'
import type { JsonValue } from '../../rules/canonical.ts'
import { decodeContent, decodeText } from '../../rules/decode.ts'
import { readJson } from '../../rules/json.ts'
import type { Observation } from '../../rules/workbench/learn.ts'
import { fieldValues } from '../../rules/message.ts'
import { defaultLimits } from '../../rules/policy.ts'
import { Failure } from '../failure.ts'
import { heldRows, openHeld } from '../review/held.ts'
import { recordLooks } from '../review/review-client.ts'
import { payloadFiles } from './payload-files.ts'

/** What nobody says who sent it, or when, counts as from one source. */
const unknown = 'unknown'

/**
 * Payloads from files. In `…/<instrument>/<YYYY-MM-DD>/<file>` the folders say who sent them and when.
 * @param byLine - every file holds one payload a line, as files that end in `.ndjson` do in any case. A line that is an object
 *   of `instrument`, `day` and `value`, and nothing else, says itself where its value comes from.
 * @throws Failure when a file is missing or not JSON; it names the place and no content
 */
export const observationsInFiles = (paths: readonly string[], byLine: boolean): readonly Observation[] =>
  payloadFiles(paths).flatMap(file => observationsIn(file, readFileSync(file), byLine || file.endsWith('.ndjson')))

const observationsIn = (file: string, bytes: Uint8Array, byLine: boolean): readonly Observation[] => {
  const folders = /(?<instrument>[^/\\]+)[/\\](?<day>\d{4}-\d\d-\d\d)[/\\][^/\\]+$/.exec(file)?.groups
  const source = { instrument: folders?.instrument ?? unknown, day: folders?.day ?? unknown }
  if (!byLine) return [{ ...source, value: readValue(bytes, file) }]
  return Buffer.from(bytes)
    .toString()
    .split(/\r?\n/)
    .flatMap((line, index) => {
      if (line === '') return []
      const value = readValue(Buffer.from(line), `${file}:${index + 1}`)
      return [labelled(value) ?? { ...source, value }]
    })
}

const readValue = (bytes: Uint8Array, place: string): JsonValue => {
  const text = decodeText(bytes)
  const json = text === null ? null : readJson(text, defaultLimits)
  if (json?.ok) return json.value
  throw new Failure(`${place} is not a payload (${json?.fault ?? 'body-undecodable'})`, 'leave it out, or correct it')
}

const labelled = (value: JsonValue): Observation | null => {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return null
  const { instrument, day, value: payload, ...rest } = value
  if (typeof instrument !== 'string' || typeof day !== 'string' || payload === undefined) return null
  return Object.keys(rest).length === 0 ? { instrument, day, value: payload } : null
}

/** What is held of a route; `unread`: payloads that are not JSON. */
export type HeldObservations = { readonly observations: readonly Observation[]; readonly unread: number }

/** The blocked payloads of a route that are held for review. That they were read is recorded before anything is made of them. */
export const observationsHeld = async (
  folder: DataFolder,
  route: string,
  keys: readonly ReviewerKey[],
): Promise<HeldObservations> => {
  const rows = heldRows(folder, route)
  const payloads: { readonly day: string; readonly payload: HeldPayload }[] = []
  for (const { decision, time } of rows)
    payloads.push({ day: time.slice(0, 10), payload: await openHeld(folder, decision, keys) })
  await recordLooks(
    folder,
    rows.map(({ decision }) => decision),
    { because: 'a schema was learnt from it, which repeats some of its values' },
  )
  const observations = payloads.flatMap(({ day, payload }) => {
    const value = jsonIn(payload)
    return value === undefined ? [] : [{ instrument: payload.instrument, day, value }]
  })
  return { observations, unread: payloads.length - observations.length }
}

const jsonIn = ({ head, content }: Pick<HeldPayload, 'head' | 'content'>): JsonValue | undefined => {
  const decoded = decodeContent(content, fieldValues(head, 'content-encoding')[0] ?? null, defaultLimits)
  const text = decoded.ok ? decodeText(decoded.bytes) : null
  const json = text === null ? null : readJson(text, defaultLimits)
  return json?.ok ? json.value : undefined
}
