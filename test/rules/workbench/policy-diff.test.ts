import t from 'tap'
import type { JsonValue } from '../../../rules/canonical.ts'
import { readDraftPolicy } from '../../../rules/workbench/draft-policy.ts'
import { diffPolicies, type WrittenPolicy } from '../../../rules/workbench/policy-diff.ts'

const splice = {
  instruments: ['a'],
  bytesPerHour: 20_000,
  bytesPerDay: 90_000,
  connectionsPerHour: 2,
  maxBytesPerConnection: 20_000,
  owner: 'lab-it@lab.test',
  expires: '2027-01-31T00:00:00Z',
  reason: 'it pins a certificate',
}

/** A policy whose one destination passes unopened on these terms; null: it does not. */
const written = (terms: object | null): WrittenPolicy => {
  const document = {
    version: 1,
    instruments: [{ id: 'a' }, { id: 'b' }],
    destinations: [{ id: 'pinned', host: 'pinned.test', ...(terms && { splice: terms }) }],
    routes: [],
  } as unknown as JsonValue
  return { document, draft: readDraftPolicy(document, () => null) }
}

const change = (before: object | null, after: object | null) =>
  diffPolicies(written(before), written(after)).items.filter(({ what }) => what === 'splice')

t.test('diff: what passes unopened is opened, widened, changed or closed, with what differs', t => {
  const said = (change: string, ...keys: string[]) => [{ what: 'splice', id: 'pinned', change, keys }]
  t.same(change(null, splice), said('opened'))
  t.same(change(splice, null), said('closed'))
  t.same(change(splice, splice), [])
  const { maxBytesPerConnection: _, ...unbounded } = splice
  for (const [key, wider] of Object.entries({
    bytesPerHour: { ...splice, bytesPerHour: 20_001 },
    bytesPerDay: { ...splice, bytesPerDay: 90_001 },
    connectionsPerHour: { ...splice, connectionsPerHour: 3 },
    maxBytesPerConnection: unbounded,
    instruments: { ...splice, instruments: ['a', 'b'] },
    expires: { ...splice, expires: '2027-01-31T00:00:01Z' },
  })) {
    t.same(change(splice, wider), said('widened', key), key)
    t.same(change(wider, splice), said('changed', key), `${key}, back`)
  }
  t.same(change(splice, { ...splice, owner: 'x@lab.test' }), said('changed', 'owner'))
  t.end()
})
