import { RE2JS } from 're2js'
import t from 'tap'
import { patternLanguage, type PatternLanguage, type RunOf } from '../../../rules/capacity/pattern-language.ts'
import { seeded, type Random } from '../../kit/random.ts'

/** The letters that generated patterns are made of: two of a word, two bases, one that ends a word. */
const letters = ['A', 'C', 'G', 'x', '-']
const LONGEST = 5

const strings: readonly string[] = Array.from({ length: LONGEST }).reduce<string[]>(
  all => [...new Set([...all, ...all.flatMap(text => letters.map(letter => text + letter))])],
  [''],
)

const quantifiers = ['', '', '', '?', '*', '+', '{2}', '{1,2}', '{0,3}', '*?', '??']
const characterClasses = ['[AC]', '[ACG]', '[Gx-]', '[A-]']

const atom = (random: Random, depth: number): string => {
  if (depth > 0 && random.chance(0.35)) return `(?:${alternatives(random, depth - 1)})`
  if (random.chance(0.3)) return random.pick(characterClasses)
  return random.pick(letters)
}

const sequence = (random: Random, depth: number): string =>
  Array.from({ length: 1 + random.below(3) }, () =>
    random.chance(0.06) ? random.pick(['\\b', '$', '^', '\\B']) : atom(random, depth) + random.pick(quantifiers),
  ).join('')

const alternatives = (random: Random, depth: number): string =>
  Array.from({ length: 1 + random.below(3) }, () => sequence(random, depth)).join('|')

const generated = (seed: number, count: number): readonly string[] => {
  const random = seeded(seed)
  return Array.from({ length: count }, () => `^(?:${alternatives(random, 1)})$`)
}

const matches = (pattern: string): readonly string[] => {
  const compiled = RE2JS.compile(pattern)
  return strings.filter(text => compiled.matcher(text).find())
}

const languageOf = (pattern: string): PatternLanguage => {
  const language = patternLanguage(pattern)
  if (!language) throw new Error(`${pattern} was given up`)
  return language
}

const within = (texts: readonly string[], minLength: number, maxLength: number): readonly string[] =>
  texts.filter(({ length }) => length >= minLength && length <= maxLength)

const patterns = generated(1, 400).map(pattern => ({
  pattern,
  language: languageOf(pattern),
  matched: matches(pattern),
}))

t.test('pattern language: the count of 400 generated patterns is that of all strings tried one by one', async t => {
  for (const { pattern, language, matched } of patterns) {
    for (const [minLength, maxLength] of [
      [0, LONGEST],
      [2, 4],
      [0, 0],
    ] as const) {
      const truth = within(matched, minLength, maxLength).length
      const counted = language.count({ minLength, maxLength })
      if (counted !== BigInt(truth)) t.equal(counted, BigInt(truth), `${pattern} ${minLength}..${maxLength}`)
      const bits = language.bits({ minLength, maxLength })
      if (Math.abs(bits - Math.log2(truth)) > 1e-9) t.equal(bits, Math.log2(truth), `bits of ${pattern}`)
    }
  }
  t.ok(patterns.filter(({ matched }) => matched.length > 5).length > 150, 'most languages are not trivial')
})

t.test('pattern language: the shortest and the longest string of generated patterns', async t => {
  for (const { pattern, language, matched } of patterns) {
    const { shortest, longest } = language
    const lengths = matched.map(({ length }) => length)
    if (lengths.length > 0) t.equal(shortest, Math.min(...lengths), pattern)
    else t.ok(shortest > LONGEST, pattern)
    if (longest <= LONGEST) t.equal(longest, Math.max(-Infinity, ...lengths), pattern)
  }
})

/** The longest run by looking at every window of every string. */
const longestByTrying = (texts: readonly string[], { letters, kinds = [], distinct = 0 }: RunOf): number => {
  let longest = 0
  for (const text of texts)
    for (let start = 0; start < text.length; start++)
      for (let end = start + 1; end <= text.length && letters.includes(text[end - 1]!); end++) {
        const run = text.slice(start, end)
        const seen = kinds.filter(kind => Array.from(run).some(letter => kind.includes(letter))).length
        if (seen >= distinct) longest = Math.max(longest, end - start)
      }
  return longest
}

const runs: readonly RunOf[] = [
  { letters: 'ACG' },
  { letters: 'ACG', kinds: ['A', 'C', 'G'], distinct: 3 },
  { letters: 'ACGx', kinds: ['AC', 'G'], distinct: 2 },
]

t.test(
  'P1: pattern language: the longest run that fits is found on the automaton, as by trying all strings',
  async t => {
    let long = 0
    for (const { pattern, language, matched } of patterns)
      for (const run of runs)
        for (const [minLength, maxLength] of [
          [0, LONGEST],
          [3, 4],
        ] as const) {
          const truth = longestByTrying(within(matched, minLength, maxLength), run)
          const found = language.longestRun(run, { minLength, maxLength })
          if (found !== truth) t.equal(found, truth, `${pattern} ${JSON.stringify(run)} ${minLength}..${maxLength}`)
          if (truth >= 4) long++
        }
    t.ok(long > 200, `${long} long runs`)
  },
)

const bases: RunOf = { letters: 'ACGTUNacgtun' }

t.test('pattern language: runs of nucleotides in patterns whose answer is known', async t => {
  const known: readonly [string, number, number?][] = [
    ['^[A-Z0-9]{9}$', 9],
    ['^(?:AC-?GT|\\d{5}[ACGT]{7})$', 7],
    ['^AC-?GT$', 4],
    ['^A-C*$', Infinity],
    ['^A-C*$', 18, 20],
    ['^(?:x[A-Z]+)+$', 7, 8],
    ['^[0-9]{1,40}$', 0],
    ['^[^A-Za-z]*$', 0],
    ['^(?:run|lane)$', 2],
    ['^[ACGT]{20}(?:-[ACGT]{20})?$', 20],
    ['^[ACGT]{20}(?:-[ACGT]{20})?$', 0, 19],
  ]
  for (const [pattern, expected, maxLength] of known)
    t.equal(languageOf(pattern).longestRun(bases, maxLength === undefined ? {} : { maxLength }), expected, pattern)
})

t.test('pattern language: three kinds of bases never fit into hexadecimal digits', async t => {
  const three: RunOf = { letters: 'ACGTUNacgtun', kinds: ['Aa', 'Cc', 'Gg', 'TtUu'], distinct: 3 }
  t.equal(languageOf('^[0-9a-f]{40}$').longestRun(bases), 40)
  t.equal(languageOf('^[0-9a-f]{40}$').longestRun(three), 0)
  t.equal(languageOf('^[0-9A-Z]{40}$').longestRun(three), 40)
  t.equal(languageOf('^[0-9A-Z]*$').longestRun(three), Infinity)
  t.equal(languageOf('^[AC]*[GT]$').longestRun(three), Infinity)
  t.equal(languageOf('^(?:[AC]*|[GT]{2})$').longestRun(three), 0)
})

const CHARACTERS = 0x11_00_00n - 0x8_00n

t.test(
  'pattern language: lengths and characters are Unicode code points, without halves of surrogate pairs',
  async t => {
    const one = { minLength: 0, maxLength: 1 }
    t.equal(languageOf('^[^a]$').count(one), CHARACTERS - 1n)
    t.equal(languageOf('^.$').count(one), CHARACTERS - 4n, 'all but the ends of lines')
    t.equal(languageOf('^\\W$').count(one), CHARACTERS - 63n)
    t.equal(languageOf('^[é𝔸]{2}$').count({ minLength: 2, maxLength: 2 }), 4n)
    t.equal(languageOf('^.\\b.$').count({ minLength: 0, maxLength: 2 }), 2n * 63n * (CHARACTERS - 67n))
  },
)

t.test('pattern language: a pattern without anchors admits whatever stands around', async t => {
  const language = languageOf('b')
  t.equal(language.longest, Infinity)
  t.equal(language.count({ minLength: 0, maxLength: 2 }), 1n + 2n * CHARACTERS - 1n)
})

t.test('pattern language: counts of thousands of digits, never rounded down', async t => {
  const free = languageOf('^[ACGT]*$').bits({ maxLength: 100_000 })
  t.ok(free >= 200_000 + Math.log2(4 / 3) - 1e-9, String(free))
  t.ok(free < 200_000 + Math.log2(4 / 3) + 1e-3, String(free))
  const pattern = '^(?:[ab]|cd{2,5}|e(?:f|gh)*)*$'
  const exact = languageOf(pattern).count({ minLength: 0, maxLength: 3000 })
  const digits = exact.toString(2).length
  const bits = languageOf(pattern).bits({ maxLength: 30_000 })
  t.ok(languageOf(pattern).bits({ maxLength: 3000 }) > digits - 1)
  t.ok(Math.abs(bits / 10 - digits) < 3)
})

t.test(
  'pattern language: a length beyond reason costs no time, and is bounded by the characters that occur',
  async t => {
    const language = languageOf('^(?:[a-g]{1,20}-)*$')
    const maxLength = 1_000_000_000
    t.equal(language.bits({ maxLength }), maxLength * 3 + Math.log2(8 / 7))
    t.equal(language.longestRun(bases, { maxLength }), maxLength, 'an upper bound too')
  },
)

t.test('pattern language: empty and endless languages', async t => {
  t.equal(languageOf('^a{3}$').bits({ maxLength: 2 }), -Infinity)
  t.equal(languageOf('^a{3}$').bits({ minLength: 4 }), -Infinity)
  t.equal(languageOf('^[a-z]+$').bits(), Infinity)
  t.equal(languageOf('^a$b$').shortest, Infinity)
  t.equal(languageOf('^a$b$').longestRun(bases), 0)
  t.equal(languageOf('^$').bits(), 0)
  t.throws(() => languageOf('^[a-z]+$').count({ minLength: 0, maxLength: Infinity }), RangeError)
})

t.test('pattern language: a letter in both cases, which the engine compiles as one that folds', async t => {
  const lengths = { minLength: 0, maxLength: 9 }
  t.equal(languageOf('^[Nn][Kk][Ss]x$').count(lengths), 8n)
  t.equal(languageOf('^(?:[Tt][Uu]|tu)$').count(lengths), 4n)
  t.equal(languageOf('^[Aa]{12}$').longestRun(bases), 12)
})

t.test('pattern language: what is not understood is given up, not guessed', async t => {
  const random = '^(?:[ab]*a[ab]{13})$'
  for (const pattern of ['(?i)^ask$', '^(?i:k)$', '(?m)^a$', '(', '^(?<=a)b$', random])
    t.equal(patternLanguage(pattern), null, pattern)
})
