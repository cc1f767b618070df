import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packsFolder } from '../../proxy/policy/policy-file.ts'
import type { JsonValue } from '../../rules/canonical.ts'
import type { Random } from '../kit/random.ts'

/** A message of the shipped packs: real field names and shapes of values. */
export type Sample = { readonly pack: string; readonly value: JsonValue }

const filesIn = (pack: string): readonly string[] =>
  readdirSync(join(packsFolder, pack, 'samples'), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.json') && !file.startsWith('blocked'))
    .toSorted()

/** The samples that pass, of all packs. */
export const samples = (): readonly Sample[] =>
  readdirSync(packsFolder)
    .toSorted()
    .flatMap(pack =>
      filesIn(pack).map(file => ({
        pack,
        value: JSON.parse(readFileSync(join(packsFolder, pack, 'samples', file), 'utf8')) as JsonValue,
      })),
    )

/** Those of one kind of a pack. */
export const samplesOf = (pack: string, kind: string): readonly JsonValue[] =>
  filesIn(pack)
    .filter(file => file.startsWith(`${kind}/`))
    .map(file => JSON.parse(readFileSync(join(packsFolder, pack, 'samples', file), 'utf8')) as JsonValue)

/** Serial numbers leave out the letters that would spell bases by chance. */
const LETTERS = 'BDEFHJKLMPRSVWXYZ'
const LOWER = LETTERS.toLowerCase()
const HEX = '0123456789abcdef'
const text = (length: number, alphabet: string, random: Random): string =>
  Array.from({ length }, () => alphabet[random.below(alphabet.length)]).join('')

const two = (value: number): string => String(value).padStart(2, '0')
const day = (random: Random): string =>
  `202${random.below(7)}-${two(1 + random.below(12))}-${two(1 + random.below(28))}`
const clock = (random: Random): string => `${two(random.below(24))}:${two(random.below(60))}`

const isHex = (value: string): boolean =>
  value.length >= 16 && /^[\da-f]+(?:-[\da-f]+)*$/i.test(value) && /\d/.test(value) && /[a-f]/i.test(value)
const isStamp = (value: string): boolean => /^\d{4}-\d\d-\d\d(?:T|$)/.test(value)
/** Words of capitals and digits: run, flow cell and instrument identifiers, serial numbers, lots. */
const isSerial = (value: string): boolean => /^[\dA-Z]+(?:[_-][\dA-Z]+)*$/.test(value) && /\d{3}|\d[A-Z]+\d/.test(value)

const varied = (value: string, random: Random): string => {
  if (isStamp(value)) return value.length < 16 ? day(random) : `${day(random)}T${clock(random)}${value.slice(16)}`
  if (isHex(value)) return value.replaceAll(/[\da-f]/g, () => text(1, HEX, random))
  if (isSerial(value))
    return value.replaceAll(/\d/g, () => String(random.below(10))).replaceAll(/[B-Z]/g, () => text(1, LETTERS, random))
  if (/^-?\d+(?:\.\d+)?$/.test(value))
    return value.replaceAll(/\d/g, (digit, at) => (at === 0 ? digit : String(random.below(10))))
  if (/^seq_[\da-f]+$/.test(value)) return `seq_${text(24, HEX, random)}`
  if (/^m\d{5}e?_\d{6}_\d{6}/.test(value)) return value.replaceAll(/(?<=_)\d{6}/g, () => text(6, '123456789', random))
  if (/^[a-z]+\d+$/.test(value)) return value.replaceAll(/[a-z](?=.*\d)/g, () => text(1, LOWER, random))
  return value
}

/** A measurement with as many digits and decimals; what counts lanes, reads and cycles stays small. */
const variedNumber = (value: number, random: Random): number => {
  const written = String(value)
  if (written.includes('e') || (Math.abs(value) < 10 && Number.isInteger(value))) return value
  const decimals = (written.split('.')[1] ?? '').length
  return Number((value * (0.8 + 0.4 * random.next())).toFixed(decimals))
}

/** The same message an hour later, from another run: other numbers, times, serial numbers and identifiers; the words stay. */
export const vary = (value: JsonValue, random: Random): JsonValue => {
  if (typeof value === 'string') return varied(value, random)
  if (typeof value === 'number') return variedNumber(value, random)
  if (Array.isArray(value)) return value.map(item => vary(item, random))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, vary(item, random)]))
}

/** Multiplies the elements of the arrays in a message: more lanes, tiles, data points, attributes. */
const multiplied = (value: JsonValue, times: number): JsonValue => {
  if (Array.isArray(value)) {
    const items = value.map(item => multiplied(item, 1))
    return items.length > 0 ? Array.from({ length: times }, () => items).flat() : items
  }
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, multiplied(item, times)]))
}

const sizeOf = (value: JsonValue): number => JSON.stringify(value).length

/** A sample with as many elements in its arrays as make it about `size` octets; undefined when it has none, or is longer. */
export const grown = (value: JsonValue, size: number): JsonValue | undefined => {
  const now = sizeOf(value)
  if (now > size * 1.5) return undefined
  if (now > size / 1.5) return value
  const doubled = sizeOf(multiplied(value, 2)) - now
  return doubled < now / 4 ? undefined : multiplied(value, Math.round(1 + (size - now) / doubled))
}
