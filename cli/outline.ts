import { canonicalize, type JsonValue } from '../rules/canonical.ts'
import { decodeContent, decodeText } from '../rules/decode.ts'
import { scanPayload } from '../rules/inspect.ts'
import { readJson } from '../rules/json.ts'
import { fieldValues, type Head } from '../rules/message.ts'
import { defaultLimits } from '../rules/policy.ts'

/** One place of a payload: enough to tell a leak from a false alarm without reading it. */
export type OutlineRow = {
  readonly pointer: string
  readonly type: string
  /** Characters of a string, members of an object or array, digits of a number, octets of what is not JSON. */
  readonly size: number
  /** The value with each letter shown as a or A and each digit as 0, cut short. */
  readonly shape: string
}

const MAX_ROWS = 200
const MAX_SHAPE = 40

/** The structure of a body, with no value in it. */
export const outlineOf = (content: Uint8Array, head: Head): readonly OutlineRow[] => {
  const decoded = decodeContent(content, fieldValues(head, 'content-encoding')[0] ?? null, defaultLimits)
  const text = decoded.ok ? decodeText(decoded.bytes) : null
  const json = text === null ? null : readJson(text, defaultLimits)
  if (json?.ok) return [...walk(json.value, '')].slice(0, MAX_ROWS)
  return [{ pointer: '', type: text === null ? 'octets' : 'text', size: content.length, shape: shapeOf(text ?? '') }]
}

const walk = function* (value: JsonValue, pointer: string): Generator<OutlineRow> {
  if (value === null || typeof value !== 'object') {
    const text = typeof value === 'string' ? value : canonicalize(value)
    yield { pointer, type: value === null ? 'null' : typeof value, size: text.length, shape: shapeOf(text) }
    return
  }
  const isArray = Array.isArray(value)
  const entries = isArray ? value.map((item, index) => [String(index), item] as const) : Object.entries(value)
  yield { pointer, type: isArray ? 'array' : 'object', size: entries.length, shape: '' }
  for (const [name, item] of entries) yield* walk(item, `${pointer}/${isArray ? name : nameOf(name)}`)
}

/** A property name may be the leak itself: it is shown only when it looks like a field and no detector finds anything in it. */
const nameOf = (name: string): string => {
  const isPlain = /^[A-Za-z][A-Za-z0-9_]{0,31}$/.test(name)
  return isPlain && scanPayload(Buffer.from(JSON.stringify(name))).verdict === 'allow' ? name : shapeOf(name)
}

const shapeOf = (text: string): string => {
  const shape = text
    .slice(0, MAX_SHAPE)
    .replaceAll(/\p{Lu}/gu, 'A')
    .replaceAll(/[\p{L}\p{M}]/gu, letter => (letter === 'A' ? 'A' : 'a'))
    .replaceAll(/\p{N}/gu, '0')
    .replaceAll(/[\n\r]/g, '⏎')
  return text.length > MAX_SHAPE ? `${shape}…` : shape
}
