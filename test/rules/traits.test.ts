import * as fc from 'fast-check'
import t from 'tap'
import {
  bitsOfMarks,
  countTraits,
  emptyCounts,
  LOOKS,
  MARKS,
  marks,
  type Trait,
  traitNames,
} from '../../rules/traits.ts'
import { WordLooks } from '../../rules/word-looks.ts'

const longest = (text: string, run: RegExp): number =>
  Math.max(0, ...[...text.matchAll(run)].map(([hit]) => hit.length))
const count = (text: string, character: RegExp): number => [...text.matchAll(character)].length
const digitsIn = (text: string): number => count(text, /[0-9]/g)
/** Rows of words of digits alone, with nothing but the separators of numbers between them. */
const chains = (text: string): string[] =>
  [...text.matchAll(/(?<![A-Za-z0-9])[0-9]+(?:[ .\-/|()+]+[0-9]+)*(?![A-Za-z0-9])/g)].flatMap(([hit]) => hit)
const most = (counts: readonly number[]): number => Math.max(0, ...counts)

/** The same, written with regular expressions: slow, and easy to see through. For ASCII. */
const reference = (text: string): Record<Trait, number> => ({
  length: text.length,
  blanks: count(text, /\s/g),
  words: count(text, /[A-Za-z0-9]+/g),
  colons: count(text, /:/g),
  dashes: count(text, /-/g),
  brackets: count(text, /[([{<]/g),
  letters: count(text, /[A-Za-z]/g),
  lower: count(text, /[a-z]/g),
  upper: count(text, /[A-Z]/g),
  nonHex: count(text, /[G-Zg-z]/g),
  letterRun: longest(text, /[A-Za-z]+/g),
  letterWord: longest(text, /(?<![A-Za-z0-9])[A-Za-z]+(?![A-Za-z0-9])/g),
  longestWord: longest(text, /[A-Za-z0-9]+/g),
  digits: digitsIn(text),
  digitRun: longest(text, /[0-9]+/g),
  digitChain: most(chains(text).map(digitsIn)),
  digitGroups: most(
    chains(text)
      .filter(chain => /[^0-9]/.test(chain))
      .map(digitsIn),
  ),
  digitLed: count(text, /(?<![A-Za-z0-9])[0-9]/g),
  noDigits: digitsIn(text) === 0 ? 1 : 0,
  nonDigits: count(text, /[^0-9]/g),
  nonLetters: count(text, /[^A-Za-z]/g),
  nonLower: count(text, /[^a-z]/g),
  signs: count(text, /[^A-Za-z0-9]/g),
  bases: count(text, /[ACGTUNacgtun]/g),
  baseRun: longest(text, /[ACGTUNacgtun]+/g),
  baseWord: longest(text, /(?<![A-Za-z0-9])[ACGTUNacgtun]+(?![A-Za-z0-9])/g),
  base64Run: longest(text, /[A-Za-z0-9+/_=-]+/g),
  hexRun: longest(text, /[0-9A-Fa-f]+/g),
  beyond: 0,
})

const patterns = [/^AA0{6}A$/, /^0{3}A$/, /^A0A0~$/, /^0{15}$/, /^A$/] as const
const looks = new WordLooks(patterns)

const counted = (text: string) => {
  const counts = emptyCounts()
  countTraits(text, looks, counts)
  return {
    traits: Object.fromEntries(traitNames.map((name, at) => [name, counts[at]!])),
    marks: counts[MARKS]!,
    looks: counts[LOOKS]!,
  }
}

/** What a look says of a word, spelled out. */
const lookOf = (word: string): string => {
  const runs =
    word
      .replace(/[A-Za-z]/g, 'A')
      .replace(/[0-9]/g, '0')
      .match(/A+|0+/g) ?? []
  return (
    runs
      .slice(0, 4)
      .map(run => run.slice(0, 15))
      .join('') + (runs.length > 4 ? '~' : '')
  )
}

t.test('traits: of ASCII texts, as the reference says', async t => {
  const unit = fc.constantFrom(...Array.from('ACGTNacgtu0199XYZxyz+/-_=@%.: \t\n\r"\u0000\u007f()[|'))
  fc.assert(
    fc.property(fc.array(unit, { maxLength: 60 }), units => {
      const text = units.join('')
      const seen = counted(text)
      t.same(seen.traits, reference(text))
      t.equal(
        seen.marks,
        bitsOfMarks(
          Array.from(marks)
            .filter(mark => text.includes(mark) || (mark === '\n' && text.includes('\r')))
            .join(''),
        ),
      )
      const words = (text.match(/[A-Za-z0-9]+/g) ?? []).map(lookOf)
      t.equal(
        seen.looks,
        patterns.reduce((bits, pattern, bit) => bits | (words.some(word => pattern.test(word)) ? 1 << bit : 0), 0),
      )
    }),
    { numRuns: 1_000 },
  )
})

t.test('traits: looks of words that are known', async t => {
  const has = (text: string, bit: number): boolean => (counted(text).looks & (1 << bit)) !== 0
  t.ok(has('NI AB123456C', 0))
  t.notOk(has('NI XAB123456C', 0))
  t.ok(has('040380-123L', 1))
  t.ok(has('a1b2c3', 2))
  t.ok(has('1'.repeat(40), 3), 'a long run is written as 15')
})

t.test('traits: beyond ASCII, nothing that depends on words is estimated too low', async t => {
  const { traits } = counted('née 12\u201334')
  t.match(traits, { beyond: 2, digits: 4, digitChain: 4, digitGroups: 4, letterWord: 4 })
})

t.test('traits: a mark that is not noted, refused', async t => {
  t.throws(() => bitsOfMarks('~'), /is not noted/)
})
