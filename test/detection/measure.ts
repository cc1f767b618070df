import type { JsonValue } from '../../rules/canonical.ts'
import { scanPayload } from '../../rules/inspect.ts'
import { seeded } from '../kit/random.ts'
import { isDecidable } from './decidable.ts'
import { disguisesFor } from './disguises.ts'
import { binaryFamilies } from './sequence-binary.ts'
import { textFamilies, valueFamilies, type TextFamily, type ValueFamily } from './sequence-text.ts'
import { telemetry } from './telemetry.ts'

/** `a`: the half that detectors may be tuned on; `b`: the half that only ever says how good they are. */
export type Half = 'a' | 'b'

export type Case = {
  readonly family: string
  readonly disguise: string
  /** Of the words in it, where that makes a difference. */
  readonly language?: string
  readonly payload: JsonValue
}

export type Tally = { blocked: number; of: number }

const seeds = { a: 20_231_108, b: 77_003_141 } as const

/** Sequencing data as text or octets, in every disguise that can carry it and in which content can tell it; `rounds` examples of each. */
export const carriedCases = function* (half: Half, rounds: number): Iterable<Case> {
  const random = seeded(seeds[half])
  for (let round = 0; round < rounds; round++) {
    for (const [family, make] of Object.entries(textFamilies) as readonly (readonly [string, TextFamily])[])
      for (const { name, wear } of disguisesFor('text').filter(({ name }) => isDecidable(family, name)))
        yield { family, disguise: name, payload: { message: wear(make(random, half)) } }
    for (const [family, make] of Object.entries(binaryFamilies))
      for (const { name, wear } of disguisesFor('binary'))
        yield { family, disguise: name, payload: { data: wear(make(random)) } }
  }
}

/** Sequencing data that is spread over the values or names of a document; `rounds` examples of each family. */
const spreadCases = function* (half: Half, rounds: number): Iterable<Case> {
  const random = seeded(seeds[half] + 1)
  for (let round = 0; round < rounds; round++)
    for (const [family, make] of Object.entries(valueFamilies) as readonly (readonly [string, ValueFamily])[]) {
      const value = make(random, half)
      yield { family, disguise: 'none', payload: value }
      yield {
        family,
        disguise: 'inside more telemetry',
        payload: { runId: '230912_A00187_1009_AHK33MDRX3', metrics: value },
      }
      yield { family, disguise: 'json-in-string', payload: { message: JSON.stringify(value) } }
    }
}

/** Sequencing data of every kind that content can tell. */
export const sequenceCases = function* (half: Half, rounds: number): Iterable<Case> {
  yield* carriedCases(half, rounds)
  yield* spreadCases(half, rounds)
}

/** Telemetry in which there is nothing to find. */
export const cleanCases = function* (half: Half, rounds: number): Iterable<Case> {
  for (const { family, payload } of telemetry(seeded(seeds[half] + 1), rounds))
    yield { family, disguise: 'none', payload }
}

export type Measured = {
  readonly total: Tally
  readonly families: ReadonlyMap<string, Tally>
  readonly disguises: ReadonlyMap<string, Tally>
  readonly languages: ReadonlyMap<string, Tally>
}

/** What the detectors alone, with no schema, say of the cases. */
export const measure = (cases: Iterable<Case>, onMiss: (missed: Case) => void = () => undefined): Measured => {
  const total: Tally = { blocked: 0, of: 0 }
  const families = new Map<string, Tally>()
  const disguises = new Map<string, Tally>()
  const languages = new Map<string, Tally>()
  for (const one of cases) {
    const { verdict } = scanPayload(Buffer.from(JSON.stringify(one.payload)))
    const isBlocked = verdict === 'block'
    const tallies = [total, tallyOf(families, one.family), tallyOf(disguises, one.disguise)]
    if (one.language !== undefined) tallies.push(tallyOf(languages, one.language))
    for (const tally of tallies) {
      tally.of++
      if (isBlocked) tally.blocked++
    }
    if (!isBlocked) onMiss(one)
  }
  return { total, families, disguises, languages }
}

const tallyOf = (tallies: Map<string, Tally>, name: string): Tally => {
  const tally = tallies.get(name) ?? { blocked: 0, of: 0 }
  tallies.set(name, tally)
  return tally
}
