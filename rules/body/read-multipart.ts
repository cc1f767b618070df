import { Buffer } from 'node:buffer'
import type { JsonValue } from '../canonical.ts'
import { decodeText } from '../decode.ts'
import { referenceToken, type Path } from '../json-pointer.ts'
import { plainMediaType } from '../media-type.ts'
import type { BodyRule, Limits, PartRule } from '../policy.ts'
import { Stop, stop } from '../stop.ts'
import { readMultipart, writeMultipart, type Part, type WrittenMultipart } from './multipart.ts'
import { placeInBody } from './place-in-body.ts'
import { readBodyValue, type BodyValue } from './read-body-value.ts'
import type { Violation } from './value-rules.ts'

/**
 * A form of parts as one value: an object with a member for each name, which is `{ fileName, content }`, or a list of these where the policy
 * says `maxItems`.
 */
export type MultipartValue = Pick<BodyValue, 'value' | 'shown' | 'invalid' | 'linesDropped'> & {
  readonly write: () => WrittenMultipart
}

type MultipartRule = Extract<BodyRule, { kind: 'multipart' }>

/** @returns a stop where the parts, or the content of one, cannot be read; what the policy does not let pass is said in `invalid` */
export const readMultipartValue = (
  bytes: Uint8Array,
  boundary: string,
  rule: MultipartRule,
  limits: Limits,
): MultipartValue | Stop => {
  const reading = readMultipart(bytes, boundary, limits.maxMembers)
  if (!reading.ok) {
    const place = reading.part === null ? {} : { place: { surface: 'body', pointer: `/#${reading.part}` } as const }
    return stop('body-undecodable', { rule: reading.rule, ...place })
  }
  const form = new FormReader(rule, limits, bytes.length)
  for (const part of reading.parts) {
    const fault = form.add(part)
    if (fault) return fault
  }
  return form.finish()
}

/** One part that was read. */
type Entry = {
  readonly part: Omit<Part, 'content'>
  readonly content: JsonValue
  readonly shown: JsonValue
  readonly write: () => Uint8Array
}

class FormReader {
  readonly #rule: MultipartRule
  readonly #limits: Limits
  readonly #entries = new Map<string, Entry[]>()
  #membersLeft: number
  /** Octets that may still be read out of strings. */
  #bytesLeft: number
  #linesDropped = 0
  #violation: Violation | null = null
  /** Why the content of a part may not leave; it stands before what is wrong with the parts as such. */
  #invalid: Stop | null = null

  constructor(rule: MultipartRule, limits: Limits, bytes: number) {
    this.#rule = rule
    this.#limits = limits
    this.#membersLeft = limits.maxMembers
    this.#bytesLeft = limits.maxDecodedBytes - bytes
  }

  /** @returns a stop where the content of the part cannot be read */
  add(part: Part): Stop | null {
    const rule = this.#rule.parts.get(part.name)
    const before = this.#entries.get(part.name) ?? []
    this.#entries.set(part.name, before)
    if (!rule) {
      this.#note([part.name], 'additionalProperties')
      return this.#keep(before, unknownEntry(part))
    }
    if (before.length >= (rule.maxItems ?? 1)) this.#note([part.name], 'maxItems')
    const path = rule.maxItems === null ? [part.name] : [part.name, before.length]
    this.#checkFileName(part, rule, path)
    const entry = this.#read(part, rule, path)
    return entry instanceof Stop ? entry : this.#keep(before, entry)
  }

  finish(): MultipartValue {
    for (const { name, required } of this.#rule.parts.values())
      if (required && !this.#entries.has(name)) this.#note([name], 'required')
    const value = this.#value(({ content }) => content)
    const violation = this.#violation
    const place = violation && placeInBody(violation.path, value, this.#rule.names)
    return {
      value,
      shown: this.#value(({ shown }) => shown),
      linesDropped: this.#linesDropped,
      invalid: this.#invalid ?? (violation && stop(violation.reason, { rule: violation.rule, place })),
      write: () => writeMultipart(this.#inOrder().map(({ part, write }) => ({ ...part, content: write() }))),
    }
  }

  #keep(entries: Entry[], entry: Entry): Stop | null {
    entries.push(entry)
    this.#membersLeft -= membersIn(entry.content) + 1
    return this.#membersLeft < 0 ? stop('body-undecodable', { rule: 'maxMembers' }) : null
  }

  #note(path: Path, rule: string): void {
    this.#violation ??= { reason: 'schema-violation', rule, path }
  }

  #checkFileName({ fileName }: Part, { fileName: rule }: PartRule, path: Path): void {
    if (rule === 'drop') return
    const at = [...path, 'fileName']
    if (rule === 'refuse') {
      if (fileName !== null) this.#note(at, 'fileName')
    } else if (fileName === null) {
      if (rule.required) this.#note(at, 'required')
    } else {
      const valid = rule.validate(fileName)
      if (!valid.ok) this.#note(at, valid.keyword)
    }
  }

  #read(part: Part, { name, body, fileName }: PartRule, path: Path): Entry | Stop {
    const contentType = plainMediaType(part.contentType ?? 'text/plain')
    const pointer = path.map(referenceToken).join('')
    if (contentType === null || !body.contentTypes.includes(contentType))
      return stop('content-type-not-allowed', { place: { surface: 'body', pointer } })
    const read = this.#content(part.content, body, path.length + 1)
    if (read instanceof Stop) return below(`${pointer}/content`, read)
    if (read.invalid) this.#invalid ??= below(`${pointer}/content`, read.invalid)
    return {
      part: {
        name,
        fileName: fileName === 'drop' ? null : part.fileName,
        contentType: body.kind === 'text' ? null : contentType,
      },
      content: read.value,
      shown: read.shown,
      write: read.write,
    }
  }

  /** @param levels - around the content */
  #content(content: Uint8Array, body: PartRule['body'], levels: number): BodyValue | Stop {
    const { maxDepth } = this.#limits
    const limits = {
      ...this.#limits,
      maxDepth: maxDepth - levels,
      maxMembers: Math.max(0, this.#membersLeft),
      // A part of the body has been counted with it.
      maxDecodedBytes: this.#bytesLeft + content.length,
    }
    const read = body.kind === 'text' ? readText(content, body, limits) : readBodyValue(content, body, limits)
    if (read instanceof Stop) return read
    this.#bytesLeft -= read.unfolded
    this.#linesDropped += read.linesDropped
    return read
  }

  #value(contentOf: (entry: Entry) => JsonValue): JsonValue {
    const value: Record<string, JsonValue> = Object.create(null)
    for (const [name, entries] of this.#entries) {
      const items = entries.map(entry => {
        const { fileName } = entry.part
        return { ...(fileName !== null && { fileName }), content: contentOf(entry) }
      })
      const isOne = items.length === 1 && (this.#rule.parts.get(name)?.maxItems ?? null) === null
      value[name] = isOne ? items[0]! : items
    }
    return value
  }

  /** Parts leave in the order of the policy: theirs would be a choice that says something. */
  #inOrder(): readonly Entry[] {
    return [...this.#rule.parts.keys()].flatMap(name => this.#entries.get(name) ?? [])
  }
}

/** What no part of the policy is may be anything; it is only looked through. */
const unknownEntry = ({ content, ...part }: Part): Entry => {
  const shown = decodeText(content) ?? Buffer.from(content).toString('base64')
  return { part, content: shown, shown, write: () => content }
}

const readText = (
  content: Uint8Array,
  { validate }: Extract<PartRule['body'], { kind: 'text' }>,
  { maxStringLength }: Limits,
): BodyValue | Stop => {
  const text = decodeText(content)
  if (text === null) return stop('body-undecodable', { rule: 'utf-8' })
  if (text.length > maxStringLength) return stop('body-undecodable', { rule: 'maxStringLength' })
  const valid = validate(text)
  const place = { surface: 'body', pointer: '' } as const
  return {
    value: text,
    shown: text,
    invalid: valid.ok ? null : stop('schema-violation', { rule: valid.keyword, place }),
    unfolded: 0,
    linesDropped: 0,
    write: () => content,
    differs: () => null,
  }
}

/** A stop with its place below another. */
const below = (pointer: string, { reason, detail }: Stop): Stop =>
  stop(reason, { ...detail, place: { surface: 'body', pointer: pointer + (detail.place?.pointer ?? '') } })

const membersIn = (value: JsonValue): number => {
  if (value === null || typeof value !== 'object') return 0
  const members = Array.isArray(value) ? value : Object.values(value)
  return members.reduce<number>((sum, member) => sum + 1 + membersIn(member), 0)
}
