import { isBoundary, readMultipart, type Part } from '../../rules/body/multipart.ts'
import { canonicalize, type JsonValue } from '../../rules/canonical.ts'
import { decodeContent, decodeText } from '../../rules/decode.ts'
import { scanPayload } from '../../rules/inspect.ts'
import { readJson } from '../../rules/json.ts'
import { parseMediaType } from '../../rules/media-type.ts'
import { fieldValues, type Head } from '../../rules/message.ts'
import { defaultLimits } from '../../rules/policy.ts'

/** One place of a payload: enough to tell a leak from a false alarm without reading it. */
export type OutlineRow = {
  readonly pointer: string
  readonly type: string
  /** Characters of a string, members of an object or array, digits of a number, octets of what is not JSON. */
  readonly size: number
  /** The value with each letter shown as a or A and each digit as 0, cut short. */
  readonly shape: string
}

/** Rows of an outline, at the most. */
export const MAX_ROWS = 200
const MAX_SHAPE = 40

/** The structure of a body, with no value in it. */
export const outlineOf = (content: Uint8Array, head: Head): readonly OutlineRow[] => {
  const decoded = decodeContent(content, fieldValues(head, 'content-encoding')[0] ?? null, defaultLimits)
  const parts = decoded.ok ? partsOf(decoded.bytes, head) : null
  const rows = parts ? rowsOfParts(parts) : decoded.ok ? rowsOf(decoded.bytes, '') : [opaque(content, '')]
  return Iterator.from(rows).take(MAX_ROWS).toArray()
}

/** The header section that is held, which has no credential in it: names, and values masked as in a body. */
export const outlineOfHead = ({ target, fields }: Head): readonly OutlineRow[] => [
  { pointer: 'target', type: 'text', size: target.length, shape: shapeOf(target) },
  ...fields.map(([name, value]) => ({
    pointer: `field ${name.toLowerCase()}`,
    type: 'text',
    size: value.length,
    shape: shapeOf(value),
  })),
]

/** The parts of a form; null where it is none, or cannot be read as one. */
const partsOf = (bytes: Uint8Array, head: Head): readonly Part[] | null => {
  const media = parseMediaType(fieldValues(head, 'content-type')[0] ?? '')
  const boundary = media?.type === 'multipart/form-data' ? (media.parameters.get('boundary') ?? '') : ''
  const reading = isBoundary(boundary) ? readMultipart(bytes, boundary, MAX_ROWS) : null
  return reading?.ok ? reading.parts : null
}

const rowsOfParts = function* (parts: readonly Part[]): Generator<OutlineRow> {
  yield { pointer: '', type: 'parts', size: parts.length, shape: '' }
  for (const { name, fileName, content } of parts) {
    const pointer = `/${nameOf(name)}`
    if (fileName !== null) yield* walk(fileName, `${pointer}/fileName`)
    yield* rowsOf(content, `${pointer}/content`)
  }
}

const rowsOf = (bytes: Uint8Array, pointer: string): Iterable<OutlineRow> => {
  const text = decodeText(bytes)
  const json = text === null ? null : readJson(text, defaultLimits)
  if (json?.ok) return walk(json.value, pointer)
  return [text === null ? opaque(bytes, pointer) : { pointer, type: 'text', size: bytes.length, shape: shapeOf(text) }]
}

const opaque = ({ length }: Uint8Array, pointer: string): OutlineRow => ({
  pointer,
  type: 'octets',
  size: length,
  shape: '',
})

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
