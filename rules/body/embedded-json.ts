import { Buffer } from 'node:buffer'
import { canonicalize, type JsonValue } from '../canonical.ts'
import { decodeText } from '../decode.ts'
import type { ContentEncoding, EmbeddedPlaces } from '../embedded-places.ts'
import { readJson, type JsonLimits } from '../json.ts'
import type { Path } from '../json-pointer.ts'
import type { Violation } from './value-rules.ts'

/** A JSON text that a string held, and what it says, with the strings in it as they were received. */
export type EmbeddedText = { readonly text: string; readonly value: JsonValue }

export type EmbeddedReading = {
  /** With the values in the places of the strings that held them; from the first that could not be read on, with the strings. */
  readonly value: JsonValue
  /** All that were read, outer ones first. */
  readonly texts: readonly EmbeddedText[]
  /** Why the value may not leave: a string that does not hold what it should. */
  readonly violation: Violation | null
  /** Octets of the body and of all that was read out of it. */
  readonly bytes: number
}

/** Levels, members and octets that were read before, and count. */
export type Spent = { readonly depth: number; readonly members: number; readonly bytes: number }

export type EmbeddedLimits = JsonLimits & {
  /** Octets of the body and of all that is embedded in it. */
  readonly maxDecodedBytes: number
}

/**
 * Reads the JSON that stands in strings of a value; the value itself stays as it is. The limits hold for all of it together, as if it stood
 * there openly. Base64 is taken only as it would be written again: padded, no white space, no stray bits.
 * @returns the rule `type` where there is no string, `contentEncoding` for what is no such base64, `contentMediaType` for what is no JSON
 */
export const readEmbedded = (
  value: JsonValue,
  places: EmbeddedPlaces | null,
  limits: EmbeddedLimits,
  spent: Spent,
): EmbeddedReading => {
  if (places === null) return { value, texts: [], violation: null, bytes: spent.bytes }
  const reader = new Reader(limits, spent)
  const read = reader.visit(value, places, [], spent.depth)
  return { value: read, texts: reader.texts, violation: reader.violation, bytes: reader.bytes }
}

class Reader {
  readonly texts: EmbeddedText[] = []
  violation: Violation | null = null
  bytes: number
  readonly #limits: EmbeddedLimits
  #members: number

  constructor(limits: EmbeddedLimits, { members, bytes }: Spent) {
    this.#limits = limits
    this.#members = members
    this.bytes = bytes
  }

  visit(value: JsonValue, places: EmbeddedPlaces, path: Path, depth: number): JsonValue {
    if (places.kind === 'embedded') {
      const read = this.#read(value, places.encoding, path, depth)
      if (read === undefined) return value
      return places.inner === null ? read : this.visit(read, places.inner, path, depth)
    }
    if (value === null || typeof value !== 'object') return value
    return eachMember(value, places, (member, inner, step) => this.visit(member, inner, [...path, step], depth + 1))
  }

  /** The value that a string holds; undefined when it holds none, which is noted. */
  #read(value: JsonValue, encoding: ContentEncoding, path: Path, depth: number): JsonValue | undefined {
    if (this.violation) return undefined
    if (typeof value !== 'string') return this.#refuse('schema-violation', 'type', path)
    const bytes = decode(value, encoding)
    if (bytes === null) return this.#refuse('schema-violation', 'contentEncoding', path)
    this.bytes += bytes.length
    if (this.bytes > this.#limits.maxDecodedBytes) return this.#refuse('decoded-too-large', 'maxDecodedBytes', path)
    const text = decodeText(bytes)
    if (text === null) return this.#refuse('body-undecodable', 'utf-8', path)
    const { maxDepth, maxMembers, maxStringLength } = this.#limits
    const left = { maxDepth: maxDepth - depth, maxMembers: maxMembers - this.#members, maxStringLength }
    const reading = readJson(text, left)
    if (!reading.ok) return this.#refuse(reading.fault, 'contentMediaType', path)
    this.#members += reading.members
    this.texts.push({ text, value: reading.value })
    return reading.value
  }

  #refuse(reason: Violation['reason'], rule: string, path: Path): undefined {
    this.violation = { reason, rule, path }
  }
}

/** Octets that a string stands for, only where it is spelled as they are written again. */
const decode = (text: string, encoding: ContentEncoding): Uint8Array | null => {
  if (encoding === 'none') return Buffer.from(text)
  const bytes = Buffer.from(text, 'base64')
  return encode(bytes, encoding) === text ? bytes : null
}

const encode = (bytes: Buffer, encoding: ContentEncoding): string => {
  if (encoding === 'none') return bytes.toString()
  const text = bytes.toString('base64')
  return encoding === 'base64' ? text : text.replaceAll('+', '-').replaceAll('/', '_')
}

/** Puts values back into strings: canonical JSON (RFC 8785), base64 with padding (RFC 4648). */
export const writeEmbedded = (value: JsonValue, places: EmbeddedPlaces | null): JsonValue => {
  if (places === null) return value
  if (places.kind === 'embedded')
    return encode(Buffer.from(canonicalize(writeEmbedded(value, places.inner))), places.encoding)
  return value === null || typeof value !== 'object' ? value : eachMember(value, places, writeEmbedded)
}

/** The places of a list whose elements are alike. */
export const inEachElement = (places: EmbeddedPlaces | null): EmbeddedPlaces | null =>
  places && { kind: 'members', properties: new Map(), prefix: [], items: places }

type Container = Extract<JsonValue, object>

/** A copy with others in place of the members in which something is embedded; their order stays. */
const eachMember = (
  value: Container,
  { properties, prefix, items }: Extract<EmbeddedPlaces, { kind: 'members' }>,
  change: (member: JsonValue, places: EmbeddedPlaces, step: string | number) => JsonValue,
): JsonValue => {
  if (Array.isArray(value))
    return value.map((item, index) => {
      const inner = index < prefix.length ? prefix[index]! : items
      return inner === null ? item : change(item, inner, index)
    })
  const copy = { ...value }
  for (const [name, inner] of properties) if (Object.hasOwn(copy, name)) copy[name] = change(copy[name]!, inner, name)
  return copy
}
