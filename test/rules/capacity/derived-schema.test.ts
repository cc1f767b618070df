import t from 'tap'
import { deriveFields, readDerivedField, type DeriveSource } from '../../../rules/body/derived-field.ts'
import { canonicalize, type JsonValue } from '../../../rules/canonical.ts'
import { capacityOf } from '../../../rules/capacity/capacity.ts'
import { derivedSchema } from '../../../rules/capacity/derived-schema.ts'
import { compileSchema } from '../../../rules/schema.ts'

type Schema = { readonly [keyword: string]: JsonValue }

const object = (properties: Schema, required = Object.keys(properties)): Schema => ({
  type: 'object',
  additionalProperties: false,
  required,
  properties,
})
const integer = (minimum: number, maximum: number): Schema => ({ type: 'integer', minimum, maximum })
const number = (minimum: number, maximum: number): Schema => ({ type: 'number', minimum, maximum })
const list = (items: Schema, maxItems: number): Schema => ({ type: 'array', items, maxItems })

const bitsOf = (schema: Schema, ...derive: readonly DeriveSource[]): number =>
  capacityOf(derivedSchema(schema, derive)).bits

const isNear = (found: number, expected: number): boolean => Math.abs(found - expected) < 1e-9

t.test('capacity: what is recomputed chooses nothing, what is rounded its rounded values', async t => {
  const lane = object({ all: integer(1, 8), pf: integer(1, 8), percent: number(0, 100) })
  const percent = { ratioOf: { at: '/percent', of: '/pf', over: '/all' } }
  t.equal(bitsOf(lane, percent), 6)
  t.equal(
    bitsOf(object({ lanes: { ...list(lane, 2), minItems: 2 } }), {
      ratioOf: { at: '/lanes/*/percent', of: '/lanes/*/pf', over: '/lanes/*/all' },
    }),
    12,
  )
  t.ok(isNear(bitsOf(object({ n: number(0, 100) }), { roundedTo: { at: '/n', step: 0.1 } }), Math.log2(1001)))
  const stepped = { ...number(0, 100), multipleOf: 0.5 }
  t.ok(
    isNear(bitsOf(object({ n: stepped }), { roundedTo: { at: '/n', step: 0.1 } }), Math.log2(201)),
    'the coarser step',
  )
  const finer = { ...number(0, 100), multipleOf: 0.1 }
  t.ok(isNear(bitsOf(object({ n: finer }), { roundedTo: { at: '/n', step: 0.5 } }), Math.log2(201)))
  t.equal(bitsOf(object({ n: { enum: [1, 2] } }), { roundedTo: { at: '/n', step: 0.1 } }), 1)
  t.ok(isNear(bitsOf(object({ n: integer(0, 99_999) }), { roundedTo: { at: '/n', significant: 2 } }), Math.log2(370)))
  t.ok(isNear(bitsOf(object({ n: integer(-50, 120) }), { roundedTo: { at: '/n', significant: 1 } }), Math.log2(34)))
  t.ok(bitsOf(object({ n: number(1, 10) }), { roundedTo: { at: '/n', significant: 3 } }) < Math.log2(903))
  const stamp = { type: 'string', pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$', maxLength: 20 }
  const saved =
    bitsOf(object({ at: stamp })) - bitsOf(object({ at: stamp }), { roundedTo: { at: '/at', unit: 'minute' } })
  t.ok(saved > 0, 'timestamps')
})

t.test('capacity: only the place that the rule names is counted less', async t => {
  const shared = {
    ...object({ a: { $ref: '#/$defs/n' }, b: { $ref: '#/$defs/n' } }),
    $defs: { n: integer(0, 15) },
  }
  t.equal(bitsOf(shared), 8)
  t.equal(bitsOf(shared, { sumOf: { at: '/a', of: '/b' } }), 4, 'b shares the definition, not the rule')
  const star = object({ '*': integer(0, 15), b: integer(0, 15) })
  t.equal(bitsOf(star, { sumOf: { at: '/*', of: '/b' } }), 8, 'a star is no name')
  const prefix = object({ x: { ...list(integer(0, 3), 3), minItems: 3 }, y: integer(0, 1) })
  t.equal(bitsOf(prefix, { sumOf: { at: '/x/0', of: '/y' } }), 7, 'the elements share a schema')
  const optional = object({ a: integer(0, 15), b: integer(0, 15) }, ['b'])
  t.equal(bitsOf(optional, { sumOf: { at: '/a', of: '/b' } }), 5, 'whether it is there is still a choice')
  const either = object({ a: { anyOf: [integer(0, 15), { type: 'null' }] }, b: integer(0, 15) })
  t.ok(bitsOf(either, { sumOf: { at: '/a', of: '/b' } }) <= 5)
})

/** Every value of a small schema. */
const valuesOf = (schema: Schema): readonly JsonValue[] => {
  const { type, minimum, maximum, properties, items, maxItems } = schema
  if (type === 'integer' || type === 'number')
    return Array.from({ length: (Number(maximum) - Number(minimum)) * 4 + 1 }, (_, at) => Number(minimum) + at / 4)
  if (type === 'array') {
    const sequences: JsonValue[][][] = [[[]]]
    for (let length = 1; length <= Number(maxItems); length++)
      sequences.push(sequences.at(-1)!.flatMap(head => valuesOf(items as Schema).map(last => [...head, last])))
    return sequences.flat()
  }
  return Object.entries(properties as Record<string, Schema>).reduce<{ [name: string]: JsonValue }[]>(
    (objects, [name, inner]) => objects.flatMap(one => valuesOf(inner).map(value => ({ ...one, [name]: value }))),
    [{}],
  )
}

t.test('capacity: never below the number of different values that really leave', async t => {
  const row = object({ a: integer(0, 1), b: number(0, 1) })
  const schema = object({ sum: number(0, 4), rows: list(row, 2) })
  const steps: DeriveSource = { roundedTo: { at: '/rows/*/b', step: 0.5 } }
  const cases: readonly (readonly DeriveSource[])[] = [
    [steps, { sumOf: { at: '/sum', of: '/rows/*/b' } }],
    [{ roundedTo: { at: '/sum', significant: 1 } }, steps],
    [{ productOf: { at: '/rows/*/b', of: ['/rows/*/a', '/sum'] } }],
    [{ roundedTo: { at: '/rows/1/b', step: 1 } }, { sumOf: { at: '/sum', of: ['/rows/*/a', '/rows/*/b'] } }],
    [{ sumOf: { at: '/rows/0/b', of: '/rows/*/a' } }, { roundedTo: { at: '/rows/0/b', step: 2 } }],
  ]
  const validate = compileSchema(schema)
  const values = valuesOf(schema)
  t.ok(values.length > 10_000)
  for (const rules of cases) {
    const fields = rules.map(readDerivedField)
    const leaving = new Set<string>()
    for (const value of values) {
      const copy = structuredClone(value)
      if (deriveFields(copy, fields).fault === null && validate(copy).ok) leaving.add(canonicalize(copy))
    }
    const bits = bitsOf(schema, ...rules)
    t.ok(bits >= Math.log2(leaving.size) - 1e-9, `${JSON.stringify(rules)}: ${bits} for ${leaving.size}`)
    t.ok(leaving.size > 10, 'something leaves')
  }
})
