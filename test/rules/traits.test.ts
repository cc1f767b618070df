import * as fc from 'fast-check'
import t from 'tap'
import { traitsOf } from '../../rules/traits.ts'

const longest = (text: string, run: RegExp): number =>
  Math.max(0, ...[...text.matchAll(run)].map(([hit]) => hit.length))
const count = (text: string, character: RegExp): number => [...text.matchAll(character)].length

/** The same, written with regular expressions: slow, and easy to see through. */
const reference = (text: string) => ({
  length: text.length,
  digits: count(text, /[0-9]/g),
  digitRun: longest(text, /[0-9]+/g),
  letters: count(text, /[A-Za-z]/g),
  upper: count(text, /[A-Z]/g),
  bases: count(text, /[ACGTUNacgtun]/g),
  baseRun: longest(text, /[ACGTUNacgtun]+/g),
  base64Run: longest(text, /[A-Za-z0-9+/_=-]+/g),
  hexRun: longest(text, /[0-9A-Fa-f]+/g),
  hasAt: text.includes('@'),
  hasTab: text.includes('\t'),
  hasNewline: /[\r\n]/.test(text),
  hasSpace: text.includes(' '),
  hasPercent: text.includes('%'),
  hasNonAscii: /[^\0-\x7f]/.test(text),
})

t.test('traits: of texts whose traits are known', async t => {
  t.same(traitsOf(''), reference(''))
  t.match(traitsOf('@A1\nGATTACA+é%'), { length: 14, baseRun: 7, hasAt: true, hasNewline: true, hasNonAscii: true })
  t.match(traitsOf('0xDEADbeef 12'), { hexRun: 8, digits: 3, digitRun: 2, hasSpace: true, hasNonAscii: false })
})

t.test('traits: of any text, as the reference says', async t => {
  const unit = fc.constantFrom(...Array.from('ACGTNacgtu019XYZxyz+/-_=@%.: \t\n\r"é\u0000\u007f\u0080😀'))
  fc.assert(
    fc.property(fc.array(unit, { maxLength: 60 }), units => {
      const text = units.join('')
      t.same(traitsOf(text), reference(text))
    }),
    { numRuns: 1_000 },
  )
})
