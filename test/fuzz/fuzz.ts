import type { Random } from '../kit/random.ts'
import { seeded } from '../kit/random.ts'
import type { Coverage, Place } from './coverage.ts'
import type { Target } from './targets.ts'

/** What a stretch of fuzzing came to. */
export type Fuzzed = {
  readonly executions: number
  /** Inputs that were gone on from: the first ones, and those that ran code that none before had run. */
  readonly corpus: number
  /** Characters of our own code that ran. */
  readonly characters: number
  /** Inputs for which the parser did not keep its word, with what it said; one for each place where it broke. */
  readonly findings: readonly { readonly bytes: Buffer; readonly error: Error }[]
}

/** Inputs between two looks at the coverage, which costs as much as some hundred of them. */
const BATCH = 256
/** Of one batch that are kept. */
const MAX_KEPT = 8
const MAX_BYTES = 16_384

/**
 * Mutates inputs, keeps those that run new code, and goes on from them, until the time is up.
 * @param milliseconds - at least one batch is run
 * @param enough - ends when there are so many findings
 */
export const fuzz = (
  target: Target,
  coverage: Coverage,
  milliseconds: number,
  seed: number,
  enough = Infinity,
): Fuzzed => {
  const random = seeded(seed)
  const corpus: Buffer[] = target.seeds.map(text => Buffer.from(text as string, 'latin1'))
  const findings = new Map<string, { bytes: Buffer; error: Error }>()
  let executions = 0
  const run = (bytes: Buffer): void => {
    executions++
    try {
      target.run(bytes)
    } catch (error) {
      const place = /^ +at .*$/m.exec((error as Error).stack ?? '')?.[0] ?? ''
      if (!findings.has(place)) findings.set(place, { bytes, error: error as Error })
    }
  }
  for (const bytes of corpus) run(bytes)
  coverage.news()
  const end = performance.now() + milliseconds
  do {
    const batch = Array.from({ length: BATCH }, () => mutated(corpus, target, random))
    for (const bytes of batch) run(bytes)
    const places = coverage.news()
    if (places.length > 0) corpus.push(...reaching(batch, places, run, coverage).slice(0, MAX_KEPT))
  } while (performance.now() < end && findings.size < enough)
  return { executions, corpus: corpus.length, characters: coverage.size(), findings: [...findings.values()] }
}

/** The inputs of a batch that run code at one of the places: V8 does not say which ones they are, so halves are run again. */
const reaching = (
  batch: readonly Buffer[],
  places: readonly Place[],
  run: (bytes: Buffer) => void,
  coverage: Coverage,
): readonly Buffer[] => {
  if (batch.length === 1) return batch
  const middle = batch.length >> 1
  return [batch.slice(0, middle), batch.slice(middle)].flatMap(half => {
    for (const bytes of half) run(bytes)
    return coverage.hits(places) ? reaching(half, places, run, coverage) : []
  })
}

const mutated = (corpus: readonly Buffer[], { words }: Target, random: Random): Buffer => {
  // later inputs reached further: every second one is of the last tenth
  const from = random.chance(0.5) ? Math.floor(corpus.length * 0.9) : 0
  let bytes = corpus[from + random.below(corpus.length - from)]!
  for (let count = 1 + random.below(4); count > 0; count--) bytes = change(bytes, corpus, words, random)
  return bytes.subarray(0, MAX_BYTES)
}

const change = (bytes: Buffer, corpus: readonly Buffer[], words: readonly string[], random: Random): Buffer => {
  const at = random.below(bytes.length + 1)
  const to = Math.min(bytes.length, at + 1 + random.below(random.chance(0.8) ? 8 : 64))
  const put = (middle: Uint8Array, end: number): Buffer =>
    Buffer.concat([bytes.subarray(0, at), middle, bytes.subarray(end)])
  switch (random.below(7)) {
    case 0:
      return put(Buffer.from([random.below(256)]), Math.min(bytes.length, at + 1))
    case 1:
      return put(Buffer.from([(bytes[at] ?? 0) ^ (1 << random.below(8))]), Math.min(bytes.length, at + 1))
    case 2:
      return put(Buffer.alloc(0), to)
    case 3:
      return put(Buffer.concat([bytes.subarray(at, to), bytes.subarray(at, to)]), to)
    case 4:
      return put(Buffer.from(random.pick(words), 'latin1'), random.chance(0.5) ? at : to)
    case 5: {
      const other = random.pick(corpus)
      return put(other.subarray(random.below(other.length + 1)), bytes.length)
    }
    default:
      return put(Buffer.from([random.pick([0, 1, 0x7f, 0x80, 0xff, 0x0a, 0x0d, 0x20, 0x22])]), at)
  }
}
