import { assert, dictionary, jsonValue, property, string } from 'fast-check'
import t from 'tap'
import { isCanonical } from '../../../log/verify/is-canonical.ts'
import { canonicalize } from '../../../rules/canonical.ts'
import type { JsonValue } from '../../../rules/canonical.ts'

t.test('canonical: what sluice writes is, and other spellings of the same value are not', async t => {
  assert(
    property(dictionary(string(), jsonValue({ maxDepth: 4 })), value => {
      const text = canonicalize(value as JsonValue)
      const parsed = JSON.parse(text) as object
      return isCanonical(parsed, text) && !isCanonical(parsed, ` ${text}`) && !isCanonical(parsed, `${text} `)
    }),
  )
  const spellings = {
    'members out of order': '{"b":1,"a":2}',
    'a member twice': '{"a":1,"a":1}',
    'a space': '{"a": 1}',
    'a needless escape': '{"a":"\\u0041"}',
    'an escaped solidus': '{"a":"\\/"}',
    'an exponent': '{"a":1e1}',
    'a fraction of nothing': '{"a":1.0}',
    'minus nothing': '{"a":-0}',
    'out of order within': '{"a":[{"c":1,"b":2}]}',
  }
  for (const [what, text] of Object.entries(spellings)) t.notOk(isCanonical(JSON.parse(text) as object, text), what)
  const deep = `{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`
  t.notOk(isCanonical({}, deep), 'deeper than the stack')
})
