import { Buffer } from 'node:buffer'
import { decodeText } from '../decode.ts'

/** One part of a form as it came. */
export type Part = {
  readonly name: string
  readonly fileName: string | null
  readonly contentType: string | null
  readonly content: Uint8Array
}

/**
 * - `boundary`: the parts are not told apart as they have to be, or something stands before or behind them
 * - `part-header`: a header section that is not just one Content-Disposition and perhaps one Content-Type, or is too long
 * - `transfer-encoding`: content that is not as it is
 */
export type MultipartFault = 'boundary' | 'part-header' | 'transfer-encoding' | 'maxMembers'

export type MultipartReading =
  | { readonly ok: true; readonly parts: readonly Part[] }
  /** `part`: which one, counted from 0; null when it is none of them. */
  | { readonly ok: false; readonly rule: MultipartFault; readonly part: number | null }

/** RFC 2046 section 5.1.1: 1 to 70 characters, a space not at the end. */
const boundaryForm = /^[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]$/

export const isBoundary = (text: string): boolean => boundaryForm.test(text)

/** Octets of the header section of one part. */
const MAX_HEADER_BYTES = 1024

const LINE_BREAK = Buffer.from('\r\n')
const BLANK_LINE = Buffer.from('\r\n\r\n')

/**
 * Reads the parts of multipart/form-data, as strictly as no two readers differ on it: lines end in CR LF; the boundary stands nowhere but between
 * the parts; nothing stands before the first or behind the last one but one line break; a part says its name, perhaps a file name and a media
 * type, and nothing else. `filename*`, escapes in quotes and folded lines are refused.
 * @see RFC 7578, and RFC 2046 section 5.1
 */
export const readMultipart = (bytes: Uint8Array, boundary: string, maxParts: number): MultipartReading => {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const sections = sectionsOf(body, Buffer.from(`--${boundary}`), maxParts)
  if (typeof sections === 'string') return { ok: false, rule: sections, part: null }
  const parts: Part[] = []
  for (const [index, section] of sections.entries()) {
    const part = readPart(section)
    if (typeof part === 'string') return { ok: false, rule: part, part: index }
    parts.push(part)
  }
  return { ok: true, parts }
}

/** What stands between the delimiters, header sections included. */
const sectionsOf = (
  body: Buffer,
  delimiter: Buffer,
  maxParts: number,
): readonly Buffer[] | 'boundary' | 'maxMembers' => {
  const sections: Buffer[] = []
  if (body.indexOf(delimiter) !== 0) return 'boundary'
  for (let at = 0; ;) {
    const start = at + delimiter.length
    const next = body.indexOf(delimiter, start)
    if (next < 0) return isEnd(body.subarray(start)) && sections.length > 0 ? sections : 'boundary'
    if (!startsWith(body, LINE_BREAK, start) || !startsWith(body, LINE_BREAK, next - 2) || next < start + 4)
      return 'boundary'
    if (sections.push(body.subarray(start + 2, next - 2)) > maxParts) return 'maxMembers'
    at = next
  }
}

const startsWith = (body: Buffer, text: Buffer, at: number): boolean => body.subarray(at, at + text.length).equals(text)

const isEnd = (rest: Buffer): boolean => rest.length <= 4 && ['--', '--\r\n'].includes(rest.toString('latin1'))

const readPart = (section: Buffer): Part | MultipartFault => {
  const end = section.indexOf(BLANK_LINE)
  if (end < 0 || end > MAX_HEADER_BYTES) return 'part-header'
  const text = decodeText(section.subarray(0, end))
  const fields = text === null ? null : readFields(text)
  const disposition = readDisposition(fields?.get('content-disposition') ?? '')
  if (!fields || !disposition) return 'part-header'
  const coding = fields.get('content-transfer-encoding')
  if (coding !== undefined && !/^(?:binary|8bit|7bit)$/i.test(coding)) return 'transfer-encoding'
  const contentType = fields.get('content-type') ?? null
  return { ...disposition, contentType, content: section.subarray(end + BLANK_LINE.length) }
}

const known: ReadonlySet<string> = new Set(['content-disposition', 'content-type', 'content-transfer-encoding'])

const fieldForm = /^([A-Za-z-]+):[ \t]*([^\x00-\x1f\x7f]*)$/

const readFields = (text: string): ReadonlyMap<string, string> | null => {
  const fields = new Map<string, string>()
  for (const line of text.split('\r\n')) {
    const [, name = '', value = ''] = fieldForm.exec(line) ?? []
    const key = name.toLowerCase()
    if (!known.has(key) || fields.has(key)) return null
    fields.set(key, value.replace(/ +$/, ''))
  }
  return fields
}

const parameterForm = /[ \t]*;[ \t]*(name|filename)=(?:"([^"\\]*)"|([\w!#$%&'+.^`{|}~-]+))/iy

const readDisposition = (field: string): Pick<Part, 'name' | 'fileName'> | null => {
  const type = /^form-data/i.exec(field)
  if (!type) return null
  const parameters = new Map<string, string>()
  for (let at = type[0].length; at < field.length; at = parameterForm.lastIndex) {
    parameterForm.lastIndex = at
    const [, name, quoted, plain] = parameterForm.exec(field) ?? []
    if (name === undefined || parameters.has(name.toLowerCase())) return null
    parameters.set(name.toLowerCase(), quoted ?? plain!)
  }
  const name = parameters.get('name')
  return name === undefined ? null : { name, fileName: parameters.get('filename') ?? null }
}

/** A form as it leaves, and the boundary between its parts. */
export type WrittenMultipart = { readonly boundary: string; readonly content: Uint8Array }

/**
 * Writes parts anew. The boundary is the first of a fixed row that stands nowhere in them: it says nothing that they do not.
 * @param parts - with names, file names and media types that hold no quote, backslash or control character
 */
export const writeMultipart = (parts: readonly Part[]): WrittenMultipart => {
  const sections = parts.map(({ content, ...part }) => Buffer.concat([Buffer.from(headerOf(part)), content]))
  const boundary = freeBoundary(sections)
  const delimiter = Buffer.from(`--${boundary}`)
  const between = sections.flatMap(section => [delimiter, LINE_BREAK, section, LINE_BREAK])
  return { boundary, content: Buffer.concat([...between, delimiter, Buffer.from('--\r\n')]) }
}

const headerOf = ({ name, fileName, contentType }: Omit<Part, 'content'>): string => {
  for (const text of [name, fileName ?? '', contentType ?? ''])
    if (/["\\\x00-\x1f\x7f]/.test(text)) throw new TypeError('a part has a name that cannot be written')
  const file = fileName === null ? '' : `; filename="${fileName}"`
  const type = contentType === null ? '' : `Content-Type: ${contentType}\r\n`
  return `Content-Disposition: form-data; name="${name}"${file}\r\n${type}\r\n`
}

const STEM = 'sluice-'
const DIGITS = 8

/** The stem and a number of fixed length: no two of them overlap, so each place of the content rules out one at the most. */
const freeBoundary = (sections: readonly Buffer[]): string => {
  const taken = new Set<string>()
  const stem = Buffer.from(`--${STEM}`)
  for (const section of sections)
    for (let at = section.indexOf(stem); at >= 0; at = section.indexOf(stem, at + 1))
      taken.add(section.toString('latin1', at + stem.length, at + stem.length + DIGITS))
  for (let number = 0; ; number++) {
    const digits = String(number).padStart(DIGITS, '0')
    if (!taken.has(digits)) return STEM + digits
  }
}
