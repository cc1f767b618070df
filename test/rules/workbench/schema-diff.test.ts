import t from 'tap'
import type { JsonValue } from '../../../rules/canonical.ts'
import { diffSchemas } from '../../../rules/workbench/schema-diff.ts'

const object = (field: JsonValue, more: { [key: string]: JsonValue } = {}): JsonValue => ({
  type: 'object',
  additionalProperties: false,
  properties: { field },
  ...more,
})

const ranged = (minimum: number, maximum: number): JsonValue => ({ type: 'integer', minimum, maximum })

t.test('diffSchemas: a field that admits more is widened, one that admits less narrowed, else changed', async t => {
  const cases: readonly (readonly [JsonValue, JsonValue, string, readonly string[]])[] = [
    [ranged(0, 9), ranged(0, 10), 'widened', ['maximum']],
    [ranged(0, 9), ranged(1, 9), 'narrowed', ['minimum']],
    [ranged(0, 9), ranged(1, 10), 'changed', ['maximum', 'minimum']],
    [{ enum: ['a'] }, { enum: ['b', 'a'] }, 'widened', ['enum']],
    [{ const: 'a' }, { enum: ['b'] }, 'changed', ['enum']],
    [{ type: 'integer' }, { type: 'number' }, 'widened', ['type']],
    [{ type: ['string', 'null'] }, { type: 'string' }, 'narrowed', ['type']],
    [{ type: 'string', pattern: '^a$' }, { type: 'string', pattern: '^b$' }, 'changed', ['pattern']],
    [{ type: 'number', multipleOf: 0.1 }, { type: 'number', multipleOf: 0.01 }, 'widened', ['multipleOf']],
    [{ type: 'number', multipleOf: 0.02 }, { type: 'number', multipleOf: 0.03 }, 'changed', ['multipleOf']],
  ]
  for (const [before, after, change, keywords] of cases)
    t.same(diffSchemas(object(before), object(after)), [{ pointer: '/field', change, keywords }], JSON.stringify(after))
})

t.test('diffSchemas: what is required, added and removed, arrays, and references instead of repetition', async t => {
  const required = diffSchemas(object(ranged(0, 1)), object(ranged(0, 1), { required: ['field'] }))
  t.same(required, [{ pointer: '/field', change: 'narrowed', keywords: ['required'] }])
  const list = (items: JsonValue, maxItems: number): JsonValue => object({ type: 'array', maxItems, items })
  t.same(diffSchemas(list(ranged(0, 1), 2), list(object(ranged(0, 1)), 3)), [
    { pointer: '/field', change: 'widened', keywords: ['maxItems'] },
    { pointer: '/field/*', change: 'changed', keywords: ['maximum', 'minimum', 'type'] },
    { pointer: '/field/*/field', change: 'added', keywords: [] },
  ])
  const removed = diffSchemas(object(object(ranged(0, 1))), { type: 'object', additionalProperties: false })
  t.same(removed, [{ pointer: '/field', change: 'removed', keywords: [] }], 'what was inside goes without saying')
  const referring = object({ $ref: '#/$defs/one' }, { $defs: { one: ranged(0, 1) } })
  t.same(diffSchemas(object(ranged(0, 1)), referring), [])
})
