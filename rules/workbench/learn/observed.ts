import type { JsonValue } from '../../canonical.ts'
import { Tally, tallyIn, type Source, type Tallies } from './support.ts'

export type JsonType = 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object'

export const typeOf = (value: JsonValue): JsonType => {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return typeof value as JsonType
}

/**
 * Everything that was seen at one place of the payloads. The elements of an array share one place, whatever their index.
 */
export class Observed {
  readonly tally = new Tally()
  readonly types: Tallies<JsonType> = new Map()
  readonly strings: Tallies<string> = new Map()
  readonly numbers: Tallies<number> = new Map()
  readonly lengths: Tallies<number> = new Map()
  readonly members = new Map<string, Observed>()
  readonly items: () => Observed
  #items: Observed | null = null
  /** Detectors that found something here, in any payload. */
  readonly detectors = new Set<string>()
  /** Whether one found something in the property name itself, or the scan could not be finished. */
  isNameFlagged = false

  constructor() {
    this.items = () => (this.#items ??= new Observed())
  }

  get hasItems(): boolean {
    return this.#items !== null
  }

  add(value: JsonValue, source: Source): void {
    this.tally.add(source)
    tallyIn(this.types, typeOf(value)).add(source)
    if (typeof value === 'string') tallyIn(this.strings, value).add(source)
    else if (typeof value === 'number') tallyIn(this.numbers, value).add(source)
    else if (Array.isArray(value)) this.#addItems(value, source)
    else if (value !== null && typeof value === 'object')
      for (const [name, member] of Object.entries(value)) this.member(name).add(member, source)
  }

  member(name: string): Observed {
    const known = this.members.get(name)
    if (known) return known
    const fresh = new Observed()
    this.members.set(name, fresh)
    return fresh
  }

  #addItems(values: readonly JsonValue[], source: Source): void {
    tallyIn(this.lengths, values.length).add(source)
    for (const item of values) this.items().add(item, source)
  }
}
