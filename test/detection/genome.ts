import type { Random } from '../kit/random.ts'

const bases = ['A', 'C', 'G', 'T'] as const

/** How often a base follows another in the human genome (build 37, chromosome 1, rounded): CpG is rare. */
const following: Readonly<Record<string, readonly number[]>> = {
  A: [0.326, 0.172, 0.244, 0.258],
  C: [0.348, 0.26, 0.049, 0.343],
  G: [0.287, 0.21, 0.26, 0.243],
  T: [0.217, 0.204, 0.247, 0.332],
}

/** A stretch of made-up genome that looks like a person's: no letters of it come from anybody. */
export const genome = (random: Random, length: number): string => {
  let text = random.pick(bases) as string
  while (text.length < length) {
    const weights = following[text.at(-1)!]!
    let left = random.next()
    text += bases[weights.findIndex(weight => (left -= weight) < 0)] ?? 'T'
  }
  return text.slice(0, length)
}

const partners: Readonly<Record<string, string>> = { A: 'T', C: 'G', G: 'C', T: 'A' }

export const complement = (text: string): string =>
  Array.from(text)
    .map(base => partners[base] ?? base)
    .join('')

/** Phred scores as text: binned as RTA3 writes them, or one value for each step as older instruments do. */
export const qualities = (random: Random, length: number, binned = random.chance(0.7)): string => {
  if (binned) return Array.from({ length }, () => (random.chance(0.9) ? 'F' : random.pick([':', ',', '#']))).join('')
  let score = 38
  return Array.from({ length }, () => {
    score = Math.max(2, Math.min(40, score + random.below(5) - 2))
    return String.fromCharCode(33 + score)
  }).join('')
}

/** Residues as often as they are in UniProt (release 2024_01, rounded to per mille). */
const residues = 'A83 R55 N41 D55 C14 Q39 E67 G71 H23 I59 L97 K58 M24 F39 P47 S66 T54 W11 Y29 V69'
  .split(' ')
  .flatMap(entry => Array.from({ length: Number(entry.slice(1)) }, () => entry[0]!))

export const protein = (random: Random, length: number): string =>
  Array.from({ length }, () => random.pick(residues)).join('')

export const digits = (random: Random, length: number): string =>
  Array.from({ length }, (_, index) => (index === 0 ? 1 + random.below(9) : random.below(10))).join('')

export const letters = (random: Random, length: number, alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'): string =>
  Array.from({ length }, () => alphabet[random.below(alphabet.length)]).join('')

export const chromosome = (random: Random): string => random.pick(['1', '2', '7', '11', '17', '19', '22', 'X'])

/** A base and another one. */
export const substitution = (random: Random): readonly [string, string] => {
  const from = random.pick(bases)
  return [from, random.pick(bases.filter(base => base !== from))]
}
