import type { JsonValue } from '../../rules/canonical.ts'

export const pick = <T>(items: readonly T[], random: () => number): T => items[Math.floor(random() * items.length)]!

export const shuffled = <T>(items: readonly T[], random: () => number): readonly T[] =>
  items
    .map(item => ({ item, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item)

type Holder = Record<string, JsonValue>

const holdersIn = (value: JsonValue): readonly Holder[] =>
  value === null || typeof value !== 'object'
    ? []
    : [value as Holder, ...Object.values(value as Holder).flatMap(holdersIn)]

const readOf = (random: () => number): string =>
  Array.from({ length: 20 + Math.floor(random() * 131) }, () => pick(['A', 'C', 'G', 'T'], random)).join('')

const names = ['Jane Doe', 'Max Mustermann', 'Dr. Erika Beispiel', 'DOE^JANE', 'jane.doe', 'Hans-Peter Muster']

/** A copy with one thing planted: a field that is not known, or a read or a person's name in place of, or within, a string. */
export const planted = (value: JsonValue, random: () => number): JsonValue => {
  const copy = structuredClone(value)
  const holders = holdersIn(copy)
  const strings = holders.flatMap(holder =>
    Object.keys(holder)
      .filter(key => typeof holder[key] === 'string')
      .map(key => ({ holder, key })),
  )
  if (strings.length === 0 || random() < 1 / 3) {
    const objects = holders.filter(holder => !Array.isArray(holder))
    pick(objects, random)[pick(['operator', 'note', 'sampleId', 'gasket', 'lane2'], random)] = 1
    return copy
  }
  const { holder, key } = pick(strings, random)
  const plant = random() < 0.5 ? readOf(random) : pick(names, random)
  holder[key] = random() < 0.5 ? plant : `${holder[key] as string}${plant}`
  return copy
}
