import type { JsonValue } from '../canonical.ts'
import {
  dimensionsOf,
  densityField,
  isBin,
  noDimensions,
  QUIET_NAN,
  recordSizeOf,
  type Bin,
  type JsonObject,
} from './interop.ts'
import {
  interopMetrics,
  layoutOf,
  lengthOf,
  QUALITY_SCORES,
  type Dimensions,
  type Field,
  type HeaderPart,
  type Layout,
  type Variant,
} from './interop-layout.ts'
import { writeTicks } from './net-ticks.ts'

/** A value that no InterOp file has was to be written: a fault of whoever made it. */
export class InteropError extends Error {
  override readonly name = 'InteropError'
  readonly code = 'ERR_INTEROP_VALUE'
  constructor() {
    super('the value is not one that decodeInterop gives')
  }
}

/**
 * Writes the file that a value was read from.
 * @param value - as `decodeInterop` gives it. A number that is changed has to be one that the file can hold: `Math.fround`
 * @throws InteropError for a member too many, too few or of another type, and for a number that would be rounded
 */
export const encodeInterop = (value: JsonValue): Uint8Array => {
  const { kind, version, records, ...header } = objectOf(value)
  const metric = interopMetrics.find(name => name === kind)
  const layout = metric && typeof version === 'number' ? layoutOf(metric, version) : null
  if (!layout || !Array.isArray(records)) throw new InteropError()
  const dimensions = dimensionsOf(header)
  const recordSize = recordSizeOf(layout, dimensions)
  const writer = new Writer(2 + headerSize(layout.header, header) + recordSize * records.length)
  writer.u8(version)
  writer.u8(recordSize)
  writeHeader(writer, layout.header, header)
  const writeRecord = recordWriter(layout, dimensions)
  for (const record of records) writeRecord(writer, objectOf(record))
  return writer.bytes
}

const objectOf = (value: JsonValue | undefined): JsonObject => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new InteropError()
  return value
}

class Writer {
  readonly bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(size: number) {
    this.bytes = new Uint8Array(size)
    this.#view = new DataView(this.bytes.buffer)
  }

  u8(value: JsonValue | undefined): void {
    this.#view.setUint8(this.#at++, wholeNumber(value, 0xff))
  }

  field(field: Field, value: JsonValue | undefined, dimensions: Dimensions): void {
    if (field.members) this.#members(field, objectOf(value), field.members)
    else if (field.count === undefined) this.#value(field, value)
    else this.#list(field, value, lengthOf(field, dimensions))
  }

  #members(field: Field, value: JsonObject, names: readonly string[]): void {
    if (Object.keys(value).length !== names.length) throw new InteropError()
    for (const name of names) this.#value(field, own(value, name))
  }

  #list(field: Field, value: JsonValue | undefined, length: number): void {
    if (!Array.isArray(value) || value.length !== length) throw new InteropError()
    for (const item of value) this.#value(field, item)
  }

  #value({ spelling }: Field, value: JsonValue | undefined): void {
    switch (spelling) {
      case 'u8':
        return this.u8(value)
      case 'u16':
        return this.#view.setUint16((this.#at += 2) - 2, wholeNumber(value, 0xffff), true)
      case 'u32':
        return this.#view.setUint32((this.#at += 4) - 4, wholeNumber(value, 0xffffffff), true)
      case 'f32':
        return this.#float(value)
      case 'ticks':
        return this.#ticks(value)
    }
  }

  #float(value: JsonValue | undefined): void {
    const at = (this.#at += 4) - 4
    if (value === null) return this.#view.setUint32(at, QUIET_NAN, true)
    const isHeld = typeof value === 'number' && Number.isFinite(value) && Object.is(Math.fround(value), value)
    if (!isHeld || Object.is(value, -0)) throw new InteropError()
    this.#view.setFloat32(at, value, true)
  }

  #ticks(value: JsonValue | undefined): void {
    const bits = writeTicks(value)
    if (bits === null) throw new InteropError()
    this.#view.setBigUint64((this.#at += 8) - 8, bits, true)
  }
}

const wholeNumber = (value: JsonValue | undefined, largest: number): number => {
  const isHeld = Number.isInteger(value) && (value as number) >= 0 && (value as number) <= largest
  if (!isHeld || Object.is(value, -0)) throw new InteropError()
  return value as number
}

const own = (object: JsonObject, name: string): JsonValue | undefined =>
  Object.hasOwn(object, name) ? object[name] : undefined

const headerSize = (part: HeaderPart | null, { bins }: JsonObject): number => {
  if (part === null) return 0
  if (part === 'density') return 4
  return part !== 'channelCount' && Array.isArray(bins) ? 2 + 3 * bins.length : 1
}

const writeHeader = (writer: Writer, part: HeaderPart | null, header: JsonObject): void => {
  const members = Object.keys(header).length
  if (part === 'density') writer.field(densityField, own(header, 'density'), noDimensions)
  else if (part === 'channelCount') writer.u8(own(header, 'channelCount'))
  else if (part !== null && members === 0) writer.u8(0)
  else if (part !== null) writeBins(writer, part, own(header, 'bins'))
  if (members > 1 || (part === null && members > 0)) throw new InteropError()
}

const writeBins = (writer: Writer, order: 'bins-in-columns' | 'bins-in-rows', value: JsonValue | undefined): void => {
  if (!Array.isArray(value) || value.length === 0 || value.length > QUALITY_SCORES) throw new InteropError()
  const bins = value.map(objectOf)
  if (!bins.every(bin => Object.keys(bin).length === 3 && isBin(bin as Bin))) throw new InteropError()
  writer.u8(1)
  writer.u8(bins.length)
  const names = ['lower', 'upper', 'value']
  if (order === 'bins-in-rows') for (const bin of bins) for (const name of names) writer.u8(own(bin, name))
  else for (const name of names) for (const bin of bins) writer.u8(own(bin, name))
}

type WriteRecord = (writer: Writer, record: JsonObject) => void

const recordWriter = (layout: Layout, dimensions: Dimensions): WriteRecord => {
  const { place, record } = layout
  if ('fields' in record) return exactWriter([...place, ...record.fields], dimensions)
  const selector: Field = { name: 'code', spelling: record.selector }
  const find = variantFinder(record.variants)
  return (writer, values) => {
    const { code, read, fields } = find(values)
    expectMembers(values, place.length + fields.length + (read === undefined ? 0 : 1))
    for (const field of place) writer.field(field, own(values, field.name), dimensions)
    writer.field(selector, code, dimensions)
    for (const field of fields) writer.field(field, own(values, field.name), dimensions)
  }
}

const exactWriter =
  (fields: readonly Field[], dimensions: Dimensions): WriteRecord =>
  (writer, values) => {
    expectMembers(values, fields.length)
    for (const field of fields) writer.field(field, own(values, field.name), dimensions)
  }

/** With each expected member written, none too many is left when the number is right. */
const expectMembers = (values: JsonObject, count: number): void => {
  if (Object.keys(values).length !== count) throw new InteropError()
}

/** Variants are told apart by the name of their last field, and those of reads by the read. */
const variantFinder = (variants: readonly Variant[]): ((values: JsonObject) => Variant) => {
  const nameOf = ({ fields }: Variant): string => fields.at(-1)!.name
  const names = [...new Set(variants.map(nameOf))]
  const known = new Map(variants.map(variant => [`${nameOf(variant)} ${variant.read ?? ''}`, variant]))
  return values => {
    const name = names.find(one => Object.hasOwn(values, one))
    const read = own(values, 'read')
    const variant = known.get(`${name} ${typeof read === 'number' ? read : ''}`) ?? known.get(`${name} `)
    if (!variant) throw new InteropError()
    return variant
  }
}
