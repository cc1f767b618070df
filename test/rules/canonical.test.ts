import * as fc from 'fast-check'
import t from 'tap'
import { canonicalize, type JsonValue } from '../../rules/canonical.ts'

const parsed = (text: string): JsonValue => JSON.parse(text) as JsonValue

t.test('canonical: numbers, as RFC 8785 appendix B spells them', async t => {
  const samples: Readonly<Record<string, string>> = {
    '0000000000000000': '0',
    '8000000000000000': '0',
    '0000000000000001': '5e-324',
    '8000000000000001': '-5e-324',
    '7fefffffffffffff': '1.7976931348623157e+308',
    ffefffffffffffff: '-1.7976931348623157e+308',
    '4340000000000000': '9007199254740992',
    c340000000000000: '-9007199254740992',
    '4430000000000000': '295147905179352830000',
    '44b52d02c7e14af5': '9.999999999999997e+22',
    '44b52d02c7e14af6': '1e+23',
    '44b52d02c7e14af7': '1.0000000000000001e+23',
    '444b1ae4d6e2ef4e': '999999999999999700000',
    '444b1ae4d6e2ef4f': '999999999999999900000',
    '444b1ae4d6e2ef50': '1e+21',
    '3eb0c6f7a0b5ed8c': '9.999999999999997e-7',
    '3eb0c6f7a0b5ed8d': '0.000001',
    '41b3de4355555553': '333333333.3333332',
    '41b3de4355555554': '333333333.33333325',
    '41b3de4355555555': '333333333.3333333',
    '41b3de4355555556': '333333333.3333334',
    '41b3de4355555557': '333333333.33333343',
    becbf647612f3696: '-0.0000033333333333333333',
    '43143ff3c1cb0959': '1424953923781206.2',
  }
  for (const [bits, text] of Object.entries(samples))
    t.equal(canonicalize(Buffer.from(bits, 'hex').readDoubleBE()), text, bits)
})

t.test('canonical: members, sorted by UTF-16 code units as in RFC 8785 section 3.2.3', async t => {
  const value = parsed(
    '{"\\u20ac":"Euro Sign","\\r":"Carriage Return","\\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One",' +
      '"\\ud83d\\ude00":"Emoji: Grinning Face","\\u0080":"Control","\\u00f6":"Latin Small Letter O With Diaeresis"}',
  )
  const names = Object.keys(parsed(canonicalize(value)) as object)
  t.same(names, ['1', '\r', '\u0080', 'ö', '€', '😀', '\ufb33'])
})

t.test('canonical: a value of every kind, as in RFC 8785 section 3.2.2 and 3.2.3', async t => {
  const value = parsed(
    '{ "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],' +
      '"string": "\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/", "literals": [null, true, false] }',
  )
  t.equal(
    canonicalize(value),
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  )
})

const cases: Readonly<Record<string, readonly [JsonValue, string]>> = {
  'empty object': [{}, '{}'],
  'empty array': [[], '[]'],
  'array order is kept': [[3, 1, 2], '[3,1,2]'],
  'members at every level': [{ b: [{ d: 1, c: 2 }], a: {} }, '{"a":{},"b":[{"c":2,"d":1}]}'],
  'a name that is a prefix of another': [{ ab: 1, a: 2, '': 3 }, '{"":3,"a":2,"ab":1}'],
  'names like array indexes, as text': [{ 10: 1, 9: 2 }, '{"10":1,"9":2}'],
  '__proto__ is a member': [parsed('{"b":1,"__proto__":2}'), '{"__proto__":2,"b":1}'],
  'control characters': ['\b\t\n\f\r\u0000\u001f', '"\\b\\t\\n\\f\\r\\u0000\\u001f"'],
  'delete, line and paragraph separator are no escapes': ['\u007f\u2028\u2029', '"\u007f\u2028\u2029"'],
  'quote, backslash, solidus': ['"\\/', '"\\"\\\\/"'],
  'printable ASCII': [' !#[]~', '" !#[]~"'],
}

t.test('canonical: values, one spelling each', async t => {
  for (const [name, [value, text]] of Object.entries(cases)) t.equal(canonicalize(value), text, name)
})

t.test('canonical: what has no canonical form, thrown without the value', async t => {
  for (const value of [Infinity, -Infinity, NaN, '\ud800secret', ['\udc00secret'], { '\ud800secret': 1 }])
    t.throws(() => canonicalize(value), /^(?!.*secret)/)
})

t.test('canonical: any value, read again it gives the same text and the same value', async t => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), generated => {
      const value = generated as JsonValue
      const text = canonicalize(value)
      t.equal(canonicalize(parsed(text)), text)
      t.same(parsed(text), parsed(JSON.stringify(value)))
    }),
    { numRuns: 500 },
  )
})

t.test('canonical: members in any order, one text', async t => {
  const members = fc.uniqueArray(fc.tuple(fc.string(), fc.integer()), { selector: ([name]) => name, maxLength: 8 })
  fc.assert(
    fc.property(members, list => {
      const text = (entries: readonly (readonly [string, number])[]) => canonicalize(Object.fromEntries(entries))
      t.equal(text(list), text(list.toReversed()))
    }),
    { numRuns: 500 },
  )
})
