import * as fc from 'fast-check'
import t from 'tap'
import { readJson, type JsonFault } from '../../rules/json.ts'

const limits = { maxDepth: 32, maxMembers: 1_000, maxStringLength: 200 }
const outcomeOf = (text: string): JsonFault | 'accepted' => {
  const reading = readJson(text, limits)
  return reading.ok ? 'accepted' : reading.fault
}

type Cases = Readonly<Record<string, string>>

const expectAll = (title: string, outcome: JsonFault | 'accepted', cases: Cases): void => {
  t.test(`json: ${title}, ${outcome}`, async t => {
    for (const [name, text] of Object.entries(cases)) t.equal(outcomeOf(text), outcome, name)
  })
}

expectAll('every shape that RFC 8259 names', 'accepted', {
  null: 'null',
  true: 'true',
  false: 'false',
  'a lonely string': '"asd"',
  'the empty string': '""',
  'a lonely number': '42',
  'white space of all four kinds around everything': ' \t\r\n[ \t1 ,\r\n{ "a"\t:\n2 } ]\r\n ',
  'empty array': '[]',
  'empty object': '{}',
  'empty name': '{"":0}',
  'array of all kinds': '[null, 1, "1", {}, [], true, false]',
  'nested empty arrays': '[[]   ]',
  'the same name in two objects': '[{"a":1},{"a":1}]',
  'the same name at two levels': '{"a":{"a":{"a":1}}}',
  'names that differ in case': '{"a":1,"A":2}',
  'colons, commas and brackets inside strings': '{"a:b,{[":"]}:,","c":":\\":"}',
  'a string that ends with a backslash': '{"a":"\\\\","b":"\\\\\\\\"}',
  'a quote behind backslashes': '["\\\\\\"", "\\""]',
  'every escape': '"\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041"',
  'an escaped pair of surrogates': '["\\uD834\\udd1e"]',
  'escaped NUL and non-characters': '["\\u0000","\\uFFFF","\\uFDD0"]',
  'characters beyond ASCII, as they are': '["é","日本","𝄞","\u2028","\u2029","\u007f"]',
  zero: '0',
  'negative zero': '-0',
  'zero with a fraction': '-0.0',
  'zero with an exponent': '[0e1, 0E+1, 0e-400, 0.000e999]',
  'exponents in every spelling': '[1e1, 1E1, 1e+1, 1E-1, 1.5e+007]',
  'a double close to zero': `-0.${'0'.repeat(77)}1`,
  'the largest double': '1.7976931348623157e308',
  'the smallest double': '5e-324',
  'safe integers': '[9007199254740991, -9007199254740991]',
  'a large integer that a double holds exactly': '[9007199254740994, 9007199254740996]',
  'an integer of many digits that a double holds': `1${'0'.repeat(22)}`,
  'a fraction of more digits than a double keeps': '0.10000000000000000555',
  'four characters that are large': '9e99',
})

expectAll('what is not JSON', 'json-malformed', {
  'nothing at all': '',
  'white space only': ' \n',
  'a byte order mark': '\uFEFF{}',
  'a form feed as white space': '[\f1]',
  'no-break space as white space': '[\u00a01]',
  'a trailing comma in an array': '[1,]',
  'a trailing comma in an object': '{"a":1,}',
  'a leading comma': '[,1]',
  'two commas': '[1,,2]',
  'a missing comma': '[1 2]',
  'a missing colon': '{"a" 1}',
  'two colons': '{"a"::1}',
  'a colon in an array': '["a":1]',
  'a missing value': '{"a":}',
  'a missing name': '{:1}',
  'a bare name': '{a:1}',
  'a number as name': '{1:1}',
  'single quotes': "{'a':1}",
  'an open array': '[1',
  'an open object': '{"a":1',
  'an open string': '["a',
  'a string that ends in its escape': '["a\\',
  'closed twice': '[1]]',
  'closed before it is open': ']',
  'closed by the wrong bracket': '[1}',
  'a second value': '{} {}',
  'a comment': '{/* */}',
  'a comment behind': '{}//',
  'a comment of the shell': '{} #',
  capitals: '[TRUE]',
  'half a word': '[nul]',
  undefined: 'undefined',
  NaN: '[NaN]',
  Infinity: '[Infinity]',
  'minus Infinity': '[-Infinity]',
  'a plus sign': '[+1]',
  'a leading zero': '[01]',
  'a leading zero behind minus': '[-01]',
  'no digit before the point': '[.5]',
  'no digit behind the point': '[1.]',
  'no digit before the exponent': '[1.e1]',
  'no digit in the exponent': '[1e]',
  'a sign for an exponent': '[1e+]',
  'two exponents': '[1e1e1]',
  'a minus alone': '[-]',
  'two minus signs': '[--1]',
  hexadecimal: '[0x1F]',
  'digits with underscores': '[1_000]',
  'digits of another script': '[１]',
  'a raw line feed in a string': '["a\nb"]',
  'a raw tab in a string': '["a\tb"]',
  'a raw NUL in a string': '["a\u0000b"]',
  'an unknown escape': '["\\x41"]',
  'an escaped quote that is none': "['\\'']",
  'a short unicode escape': '["\\u00A"]',
  'a unicode escape that is no number': '["\\u00GG"]',
  'a capital unicode escape': '["\\U0041"]',
  'an escaped line feed': '["\\\n"]',
})

expectAll('a name that comes twice', 'json-duplicate-name', {
  plainly: '{"a":1,"a":1}',
  'the same value': '{"a":null,"a":null}',
  'through an escape': '{"a":1,"\\u0061":2}',
  'through another escape': '{"/":1,"\\/":2}',
  'the empty name': '{"":1,"":2}',
  'the name __proto__': '{"__proto__":1,"__proto__":2}',
  'the name __proto__, with objects': '{"__proto__":{"a":1},"__proto__":{"b":1}}',
  'the name constructor': '{"constructor":1,"constructor":2}',
  'deep inside': '[[{"x":[{"b":1,"c":2,"b":3}]}]]',
  'beside others': '{"a":1,"b":{"c":1,"d":2},"e":3,"b":4}',
  'where the first holds many members': '{"a":{"b":1,"c":2},"a":1}',
  'a name like an array index': '{"0":1,"0":2}',
})

expectAll('a number that no double holds', 'json-number-not-representable', {
  'a double whose canonical spelling is another integer': '1152921504606846976',
  'the same, spelled with a fraction': '1152921504606846976.0',
  'the same, spelled with an exponent': '1152921504606846976e0',
  'a fraction that is rounded to an integer of many digits': '123456789012345678902.50',
  'an integer that is rounded': '12345678901234567890',
  'the first integer that is rounded': '9007199254740993',
  'its negative': '[-9007199254740993]',
  'an integer under a name': '{"a":[{"b":9007199254740993}]}',
  'an integer of a thousand digits': '1'.repeat(1_000),
  'a huge exponent': '1e400',
  'the negative of a huge exponent': '-1e400',
  'a huge exponent behind zeros': '0.00001e500',
  'an exponent of many digits': '1E1000000000000',
  'a tiny number that would be zero': '1e-400',
  'a tiny number with digits': '-123.456e-789',
  'a tiny number written out': `0.${'0'.repeat(400)}1`,
})

expectAll('half a surrogate pair', 'json-lone-surrogate', {
  'the first half, escaped': '["\\uD800"]',
  'the second half, escaped': '["\\uDc00"]',
  'two first halves': '["\\uD800\\uD800"]',
  'in the wrong order': '["\\uDd1e\\uD834"]',
  'in front of a letter': '["\\ud800a"]',
  'in a name': '{"\\ud800":1}',
  'deep inside': '[{"a":[{"b":"\\ud800"}]}]',
  'as it is, in a text that was never UTF-8': '["\ud800"]',
  'as it is, in a name': '{"\udc00":1}',
})

t.test('json: limits, at the border accepted and beyond it refused', async t => {
  const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
  const objects = (levels: number) => '{"a":'.repeat(levels) + '1' + '}'.repeat(levels)
  t.equal(outcomeOf(nested(32)), 'accepted')
  t.equal(outcomeOf(nested(33)), 'json-too-deep')
  t.equal(outcomeOf(objects(32)), 'accepted')
  t.equal(outcomeOf(objects(33)), 'json-too-deep')
  t.equal(outcomeOf('['.repeat(100_000)), 'json-too-deep', 'not closed')
  t.equal(outcomeOf('[]'.repeat(100)), 'json-malformed', 'closed in between')
  const items = (count: number) => `[${Array.from({ length: count }, () => 0).join()}]`
  t.equal(outcomeOf(items(1_000)), 'accepted')
  t.equal(outcomeOf(items(1_001)), 'json-too-large')
  t.equal(outcomeOf(`[${Array.from({ length: 600 }, () => '[]').join()}]`), 'json-too-large', 'empty ones count')
  t.equal(outcomeOf(`"${'x'.repeat(200)}"`), 'accepted')
  t.equal(outcomeOf(`"${'x'.repeat(201)}"`), 'json-string-too-long')
  t.equal(outcomeOf(`{"${'x'.repeat(201)}":1}`), 'json-string-too-long', 'a name')
  t.equal(outcomeOf(`"${'\\u0041'.repeat(40)}"`), 'json-string-too-long', 'as it is spelled')
})

t.test('json: names of Object.prototype, members like any other', async t => {
  const reading = readJson('{"__proto__":{"x":1},"constructor":2,"toString":3,"stop":4}', limits)
  if (!reading.ok) throw new Error(reading.fault)
  t.same(Object.keys(reading.value as object), ['__proto__', 'constructor', 'toString', 'stop'])
  t.equal(Object.getPrototypeOf(reading.value), Object.prototype, 'the prototype is as it was')
})

t.test('json: a long number or string of backslashes, read in linear time', async t => {
  const wide = { maxDepth: 32, maxMembers: 1_000, maxStringLength: 10_000_000 }
  t.equal(readJson('0'.repeat(2_000_000), wide).ok, false)
  t.equal(readJson('7'.repeat(2_000_000), wide).ok, false)
  t.equal(readJson(`"${'\\\\'.repeat(1_000_000)}"`, wide).ok, true)
})

const wide = { maxDepth: 1_000, maxMembers: 1_000_000, maxStringLength: 1_000_000 }

t.test('json: whatever JSON.stringify writes of a well-formed value, read as that value', async t => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), value => {
      const text = JSON.stringify(value)
      const reading = readJson(text, wide)
      if (reading.ok) t.equal(JSON.stringify(reading.value), text)
      // A double from 2^53 to 1e21 is written as an integer, and not with the digits that it stands for.
      else t.ok(reading.fault === 'json-number-not-representable' && /\d{16}/.test(text), text)
    }),
    { numRuns: 1_000 },
  )
})

t.test('json: any text, a reading and no throw; accepted only what JSON.parse accepts', async t => {
  const pieces = [...Array.from('{}[],:"\\0123456789.eE+- \n\ttrufalsn'), '"a"', '"b"', '\\u', 'd800', '1e', '{"a":']
  let accepted = 0
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 30 }), parts => {
      const text = parts.join('')
      if (!readJson(text, wide).ok) return
      accepted++
      JSON.parse(text)
    }),
    { numRuns: 5_000 },
  )
  t.ok(accepted > 50, `${accepted} accepted`)
})
