import t from 'tap'
import type { JsonValue } from '../../rules/canonical.ts'
import { pathOf, referenceToken } from '../../rules/json-pointer.ts'
import { compileSchema } from '../../rules/schema.ts'

const object = (properties: object, more: object = {}): object => ({
  type: 'object',
  additionalProperties: false,
  properties,
  ...more,
})

const codeOf = (character: string): string => `U+${character.codePointAt(0)!.toString(16).padStart(4, '0')}`

const outcomeOf = (schema: object, value: JsonValue): string => {
  const result = compileSchema(schema)(value)
  return result.ok ? 'ok' : `${result.keyword} ${result.path.map(referenceToken).join('')}`
}

t.test('schema: what is broken and where', async t => {
  const lanes = { type: 'array', maxItems: 2, items: object({ lane: { type: 'integer', minimum: 1, maximum: 8 } }) }
  const schema = object({ lanes, 'a/b~c': { const: 1 } }, { required: ['lanes'] })
  t.equal(outcomeOf(schema, { lanes: [{ lane: 1 }] }), 'ok')
  t.equal(outcomeOf(schema, {}), 'required /lanes')
  t.equal(outcomeOf(schema, { lanes: [], x: 1 }), 'additionalProperties /x')
  t.equal(outcomeOf(schema, { lanes: [{}, { lane: 9 }] }), 'maximum /lanes/1/lane')
  t.equal(outcomeOf(schema, { lanes: [{}, { note: 9 }] }), 'additionalProperties /lanes/1/note')
  t.equal(outcomeOf(schema, { lanes: [], 'a/b~c': 2 }), 'const /a~1b~0c')
  t.equal(outcomeOf(schema, []), 'type ')
})

t.test('schema: names of Object.prototype, neither admitted nor required through it', async t => {
  const schema = object({ a: { const: 1 } })
  for (const name of ['__proto__', 'constructor', 'toString', 'stop'])
    t.equal(outcomeOf(schema, JSON.parse(`{"${name}":1}`) as JsonValue), `additionalProperties /${name}`)
  t.equal(outcomeOf(object({ toString: { const: 1 } }, { required: ['toString'] }), {}), 'required /toString')
})

t.test('schema: patterns, each for itself, linear, and to the very end', async t => {
  const pattern = (text: string) => ({ type: 'string', pattern: text, maxLength: 100 })
  const schema = object({ digits: pattern('^[0-9]{1,4}$'), letters: pattern('^[A-Z]{1,4}$') })
  t.equal(outcomeOf(schema, { digits: '12', letters: 'AB' }), 'ok')
  t.equal(outcomeOf(schema, { digits: 'AB' }), 'pattern /digits')
  t.equal(outcomeOf(schema, { letters: '12' }), 'pattern /letters')
  t.equal(outcomeOf(schema, { digits: '12\n' }), 'pattern /digits', 'a line feed is not the end')
  t.equal(outcomeOf(schema, { digits: '１２' }), 'pattern /digits', 'digits of other scripts')
  t.equal(outcomeOf({ type: 'string', pattern: '^(?:a|a)*$', maxLength: 1_000 }, `${'a'.repeat(900)}!`), 'pattern ')
})

t.test('schema: multipleOf, with no room for digits beyond the step', async t => {
  const schema = { type: 'number', minimum: 0, maximum: 100, multipleOf: 0.01 }
  for (const value of [0, 0.07, 12.34, 99.99]) t.equal(outcomeOf(schema, value), 'ok')
  for (const value of [12.345, 12.3400000001, 12.340000000000002]) t.equal(outcomeOf(schema, value), 'multipleOf ')
})

t.test('schema: a point and white space, as ECMA-262 has them and RE2 does not', async t => {
  const lengths = { minLength: 1, maxLength: 1 }
  const spaces = ['\v', '\u00a0', '\u2003', '\u2028', '\ufeff', ' ', '\n']
  for (const space of spaces) {
    t.equal(outcomeOf({ type: 'string', pattern: '^\\s$', ...lengths }, space), 'ok', codeOf(space))
    t.equal(outcomeOf({ type: 'string', pattern: '^[a\\s]$', ...lengths }, space), 'ok', codeOf(space))
    t.equal(outcomeOf({ type: 'string', pattern: '^\\S$', ...lengths }, space), 'pattern ', codeOf(space))
  }
  for (const end of ['\n', '\r', '\u2028', '\u2029'])
    t.equal(outcomeOf({ type: 'string', pattern: '^.$', ...lengths }, end), 'pattern ', codeOf(end))
  t.equal(outcomeOf({ type: 'string', pattern: '^[.]\\.$', maxLength: 2 }, '..'), 'ok', 'a point that is a point')
  t.equal(outcomeOf({ type: 'string', pattern: '^[.]\\.$', maxLength: 2 }, 'a.'), 'pattern ')
  t.throws(() => compileSchema({ type: 'string', pattern: '^[\\S]$' }))
})

t.test('schema: values that are listed or have to differ, compared whatever their members are called', async t => {
  const odd = JSON.parse('{"toString":1,"valueOf":null,"constructor":[2],"__proto__":"x"}') as JsonValue
  const same = JSON.parse('{"__proto__":"x","constructor":[2],"valueOf":null,"toString":1}') as JsonValue
  const other = JSON.parse('{"toString":1,"valueOf":null,"constructor":[2],"__proto__":"y"}') as JsonValue
  for (const schema of [{ const: odd }, { enum: [1, odd] }]) {
    t.equal(outcomeOf(schema, same), 'ok')
    t.not(outcomeOf(schema, other), 'ok')
    t.not(outcomeOf(schema, { toString: 1 }), 'ok')
  }
  const distinct = {
    type: 'array',
    maxItems: 9,
    uniqueItems: true,
    items: { enum: [odd, other, 0, 1, true, '1', [1]] },
  }
  t.equal(outcomeOf(distinct, [odd, other, 0, 1, true, '1', [1]]), 'ok')
  t.equal(outcomeOf(distinct, [odd, 1, same]), 'uniqueItems ')
  t.equal(outcomeOf(distinct, [0, -0]), 'uniqueItems ', 'zero has one value')
  t.equal(outcomeOf({ ...distinct, uniqueItems: false }, [1, 1]), 'ok')
  t.equal(outcomeOf({ enum: [0] }, -0), 'ok')
  t.equal(outcomeOf({ const: '[1]' }, [1]), 'const ')
})

t.test('schema: lengths, counted in characters', async t => {
  const schema = { type: 'string', pattern: '^.*$', maxLength: 2 }
  t.equal(outcomeOf(schema, '😀😀'), 'ok')
  t.equal(outcomeOf(schema, '😀😀😀'), 'maxLength ')
})

t.test('schema: what ajv would let slip, thrown at compilation', async t => {
  const broken: readonly object[] = [
    { type: 'object', addtionalProperties: false },
    { type: 'sting' },
    { type: 'number', multipleOf: 0 },
    { type: 'string', pattern: '(?=a)' },
    { type: 'string', pattern: '(a' },
    { $ref: '#/$defs/none' },
    { $ref: 'https://vendor.example/schema.json' },
    { type: 'number', minimum: { $data: '1/a' } },
    { properties: { a: { type: 'string' } } },
    { type: 'object', properties: [] },
  ]
  for (const schema of broken) t.throws(() => compileSchema(schema), JSON.stringify(schema))
})

t.test('schema: one $id in two policies, no conflict', async t => {
  const schema = { $id: 'urn:sluice:test', const: 1 }
  t.equal(outcomeOf(schema, 1), 'ok')
  t.equal(outcomeOf({ ...schema, const: 2 }, 2), 'ok')
})

t.test('JSON pointer: tokens there and back (RFC 6901)', async t => {
  t.equal(referenceToken('a/b~1'), '/a~1b~01')
  t.equal(referenceToken(3), '/3')
  const root = { 'a/b': [{ '~': 1 }], 0: { 1: 2 } }
  t.same(pathOf('/a~1b/0/~0', root), ['a/b', 0, '~'])
  t.same(pathOf('/0/1', root), ['0', '1'], 'an index only where there is an array')
  t.same(pathOf('/none/at/all', root), ['none', 'at', 'all'])
  t.same(pathOf('', root), [])
})
