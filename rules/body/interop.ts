import type { JsonValue } from '../canonical.ts'
import type { JsonLimits } from '../json.ts'
import {
  interopMetrics,
  layoutOf,
  lengthOf,
  QUALITY_SCORES,
  sizeOf,
  variantsOf,
  type Dimensions,
  type Field,
  type HeaderPart,
  type InteropMetric,
  type Layout,
} from './interop-layout.ts'
import { readTicks } from './net-ticks.ts'

export type JsonObject = { [name: string]: JsonValue }

/**
 * An InterOp file as a value: what the header adds (`density`, `channelCount` or `bins`) and the records in their order.
 * float32 numbers are kept exactly; one that is not a number is null. Units are those of the file: densities in clusters
 * per mm², rates and alignment in percent, `phasing` and `prephasing` as a fraction by cycle, intensities in the
 * instrument's own unit.
 */
export type InteropValue = JsonObject & { kind: InteropMetric; version: number; records: JsonObject[] }

/** `maxMembers`: members and elements of all records together, counted as in a JSON text. */
export type InteropLimits = Pick<JsonLimits, 'maxMembers'>

/** Why a file is not read. Codes are stable. */
export const interopFaults = {
  'index-metrics': 'index metrics hold sample names and index sequences',
  'adapter-sequences': 'error metrics of version 6 hold adapter sequences in the header',
  'unknown-metric': 'no such set of metrics is known',
  'unknown-version': 'the layout of this version is not known',
  'record-size': 'the size of a record is not that of the version',
  'bad-header': 'the header says what no header of the version can',
  'partial-file': 'the file does not end where a record ends',
  'too-many-records': 'the file has more records than the limit',
  'unknown-record': 'a record has a code that the version does not have',
  'not-finite': 'a number is infinite, or no number in a spelling other than the usual one',
  'negative-zero': 'a zero has a sign',
  'bad-time': 'a time stamp is none',
} as const

export type InteropFault = keyof typeof interopFaults

export type InteropReading =
  | { readonly ok: true; readonly value: InteropValue }
  /** `record` counts from 0; null where the header, or the size of the file, is at fault. */
  | { readonly ok: false; readonly fault: InteropFault; readonly record: number | null }

/** What a policy may name: a known set of metrics, or why it is none. */
export const interopMetric = (name: string): InteropMetric | 'index-metrics' | 'unknown-metric' =>
  name.startsWith('IndexMetrics')
    ? 'index-metrics'
    : (interopMetrics.find(metric => metric === name) ?? 'unknown-metric')

const refused = (fault: InteropFault, record: number | null = null): InteropReading => ({ ok: false, fault, record })

/**
 * Reads an InterOp metric file. The file does not say which metrics it holds, so the caller does. Whatever is read,
 * `encodeInterop` writes again octet for octet: nothing is in the octets that is not in the value.
 * @param metric - name of the file without `Out.bin`, for example `TileMetrics`
 */
export const decodeInterop = (bytes: Uint8Array, metric: string, { maxMembers }: InteropLimits): InteropReading => {
  const kind = interopMetric(metric)
  if (kind === 'index-metrics' || kind === 'unknown-metric') return refused(kind)
  const reader = new Reader(bytes)
  if (reader.remaining < 2) return refused('partial-file')
  const version = reader.u8()
  const layout = layoutOf(kind, version)
  if (!layout) return refused(kind === 'ErrorMetrics' && version === 6 ? 'adapter-sequences' : 'unknown-version')
  const recordSize = reader.u8()
  const header = readHeader(reader, layout.header)
  if (reader.fault) return refused(reader.fault)
  const dimensions = dimensionsOf(header)
  if (recordSize !== recordSizeOf(layout, dimensions)) return refused('record-size')
  if (reader.remaining % recordSize > 0) return refused('partial-file')
  if ((reader.remaining / recordSize) * membersOf(layout, dimensions) > maxMembers) return refused('too-many-records')
  const records: JsonObject[] = []
  for (const readRecord = recordReader(layout, dimensions); reader.remaining > 0;) {
    records.push(readRecord(reader))
    if (reader.fault) return refused(reader.fault, records.length - 1)
  }
  return { ok: true, value: { kind, version, ...header, records } }
}

/** Every variant of a record takes as many octets as the others. */
export const recordSizeOf = (layout: Layout, dimensions: Dimensions): number =>
  sizeOf(layout.place, dimensions) +
  ('fields' in layout.record ? 0 : sizeOf([{ name: 'code', spelling: layout.record.selector }], dimensions)) +
  sizeOf(variantsOf(layout)[0]!.fields, dimensions)

/** Members and elements of one record, and the record itself. */
const membersOf = (layout: Layout, dimensions: Dimensions): number => {
  const fields = [...layout.place, ...variantsOf(layout)[0]!.fields]
  const elements = fields.filter(({ count, members }) => count !== undefined || members)
  return elements.reduce((sum, field) => sum + lengthOf(field, dimensions), 1 + fields.length)
}

export const dimensionsOf = ({ channelCount, bins }: JsonObject): Dimensions => ({
  channelCount: typeof channelCount === 'number' ? channelCount : 0,
  binCount: Array.isArray(bins) ? bins.length : QUALITY_SCORES,
})

/** Reads values one after the other; once something is at fault, `fault` says what, and the values mean nothing. */
class Reader {
  fault: InteropFault | null = null
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get remaining(): number {
    return this.#view.byteLength - this.#at
  }

  u8(): number {
    return this.#has(1) ? this.#view.getUint8(this.#at++) : 0
  }

  field(field: Field, dimensions: Dimensions): JsonValue {
    if (field.members) return this.#members(field, field.members)
    if (field.count === undefined) return this.#value(field)
    const values: JsonValue[] = []
    for (let left = lengthOf(field, dimensions); left > 0; left--) values.push(this.#value(field))
    return values
  }

  #members(field: Field, names: readonly string[]): JsonObject {
    const values: JsonObject = {}
    for (const name of names) values[name] = this.#value(field)
    return values
  }

  #value({ spelling }: Field): JsonValue {
    switch (spelling) {
      case 'u8':
        return this.u8()
      case 'u16':
        return this.#has(2) ? this.#view.getUint16((this.#at += 2) - 2, true) : 0
      case 'u32':
        return this.#has(4) ? this.#view.getUint32((this.#at += 4) - 4, true) : 0
      case 'f32':
        return this.#has(4) ? this.#float() : 0
      case 'ticks':
        return this.#has(8) ? this.#ticks() : 0
    }
  }

  /** A second spelling of a value would say something that the value does not. */
  #float(): number | null {
    const at = (this.#at += 4) - 4
    const number = this.#view.getFloat32(at, true)
    if (number === 0 && Object.is(number, -0)) this.fault = 'negative-zero'
    if (Number.isFinite(number)) return number
    if (this.#view.getUint32(at, true) !== QUIET_NAN) this.fault = 'not-finite'
    return null
  }

  #ticks(): JsonValue {
    const value = readTicks(this.#view.getBigUint64((this.#at += 8) - 8, true))
    if (value === null) this.fault = 'bad-time'
    return value
  }

  #has(octets: number): boolean {
    if (this.remaining >= octets) return true
    this.fault = 'partial-file'
    return false
  }
}

/** The spelling of "no number" that IEEE 754 implementations make, without payload. */
export const QUIET_NAN = 0x7fc00000

export const densityField: Field = { name: 'density', spelling: 'f32' }
export const noDimensions: Dimensions = { channelCount: 0, binCount: 0 }

const readHeader = (reader: Reader, part: HeaderPart | null): JsonObject => {
  switch (part) {
    case null:
      return {}
    case 'density':
      return { density: reader.field(densityField, noDimensions) }
    case 'channelCount':
      return { channelCount: reader.u8() }
    case 'bins-in-columns':
    case 'bins-in-rows':
      return readBins(reader, part)
  }
}

/** One octet says whether there are bins; then their number and three octets for each. */
const readBins = (reader: Reader, order: 'bins-in-columns' | 'bins-in-rows'): JsonObject => {
  const flag = reader.u8()
  if (flag === 0) return {}
  const count = reader.u8()
  const octets = Array.from({ length: 3 * Math.min(count, QUALITY_SCORES) }, () => reader.u8())
  const [column, row] = order === 'bins-in-columns' ? [count, 1] : [1, 3]
  const bins = Array.from({ length: octets.length / 3 }, (_, index) => ({
    lower: octets[index * row]!,
    upper: octets[index * row + column]!,
    value: octets[index * row + 2 * column]!,
  }))
  // A bin holds the score that stands for it: with columns and rows mixed up it would not.
  const isSound = flag === 1 && count === bins.length && count > 0 && bins.every(isBin)
  if (!isSound) reader.fault ??= 'bad-header'
  return { bins }
}

export type Bin = { readonly lower: number; readonly upper: number; readonly value: number }

export const isBin = ({ lower, upper, value }: Bin): boolean => lower <= value && value <= upper

type ReadRecord = (reader: Reader) => JsonObject

const recordReader = (layout: Layout, dimensions: Dimensions): ReadRecord => {
  const { place, record } = layout
  if ('fields' in record) {
    const fields = [...place, ...record.fields]
    return reader => readFields(reader, fields, dimensions, {})
  }
  const variants = new Map(record.variants.map(variant => [variant.code, variant]))
  const selector: Field = { name: 'code', spelling: record.selector }
  return reader => {
    const values = readFields(reader, place, dimensions, {})
    const variant = variants.get(reader.field(selector, dimensions) as number)
    if (variant === undefined) {
      reader.fault ??= 'unknown-record'
      return values
    }
    if (variant.read !== undefined) values.read = variant.read
    return readFields(reader, variant.fields, dimensions, values)
  }
}

const readFields = (
  reader: Reader,
  fields: readonly Field[],
  dimensions: Dimensions,
  values: JsonObject,
): JsonObject => {
  for (const field of fields) values[field.name] = reader.field(field, dimensions)
  return values
}
