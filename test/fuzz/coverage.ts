import { Session, type Profiler } from 'node:inspector'

/** A place in our own code: the script, and the character in it. */
export type Place = readonly [script: string, offset: number]

/** What of our own code ran, as V8 counts it (precise block coverage). Each question is about the time since the one before. */
export type Coverage = {
  /** Where code ran that had never run before: one place for each stretch of it. */
  readonly news: () => readonly Place[]
  /** Whether code ran at one of the places. */
  readonly hits: (places: readonly Place[]) => boolean
  /** Characters of code that have run so far. */
  readonly size: () => number
}

const ours = /\/(rules|proxy)\/[^?]*\.ts$/

export const startCoverage = (): Coverage => {
  const session = new Session()
  session.connect()
  session.post('Profiler.enable')
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  const seen = new Map<string, Uint8Array>()
  let size = 0

  const take = (): ReadonlyMap<string, Uint8Array> => {
    const ran = new Map<string, Uint8Array>()
    session.post('Profiler.takePreciseCoverage', (error, taken: Profiler.TakePreciseCoverageReturnType) => {
      if (error) throw error
      for (const { url, scriptId, functions } of taken.result)
        if (ours.test(url)) ran.set(scriptId, charactersOf(functions))
    })
    return ran
  }

  const newIn = (script: string, characters: Uint8Array): Place[] => {
    const before = seen.get(script) ?? new Uint8Array()
    const after = before.length >= characters.length ? before : new Uint8Array(characters.length)
    after.set(before)
    seen.set(script, after)
    const places: Place[] = []
    let last = -2
    for (const [offset, ran] of characters.entries()) {
      if (ran === 0 || after[offset] === 1) continue
      after[offset] = 1
      size++
      if (offset !== last + 1) places.push([script, offset])
      last = offset
    }
    return places
  }

  return {
    news: () => [...take()].flatMap(([script, characters]) => newIn(script, characters)),
    hits: places => {
      const ran = take()
      return places.some(([script, offset]) => ran.get(script)?.[offset] === 1)
    },
    size: () => size,
  }
}

/** 1 for each character that ran. Ranges come from the outside to the inside, and the inner one knows better. */
const charactersOf = (functions: readonly Profiler.FunctionCoverage[]): Uint8Array => {
  const ranges = functions.flatMap(one => one.ranges)
  const characters = new Uint8Array(Math.max(0, ...ranges.map(({ endOffset }) => endOffset)))
  for (const { startOffset, endOffset, count } of ranges) characters.fill(count > 0 ? 1 : 0, startOffset, endOffset)
  return characters
}
