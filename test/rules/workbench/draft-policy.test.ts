import t from 'tap'
import type { JsonValue } from '../../../rules/canonical.ts'
import { routeCapacity } from '../../../rules/capacity/route-capacity.ts'
import { readDraftPolicy } from '../../../rules/workbench/draft-policy.ts'

const bitsOf = (body: JsonValue, limits: JsonValue = {}): number => {
  const route = { id: 'r', destination: 'vendor', method: 'POST', path: '/v1', body }
  const document = { instruments: [{ id: 'i' }], destinations: [{ id: 'vendor' }], routes: [route], limits }
  return routeCapacity(readDraftPolicy(document, () => null).routes[0]!).bits
}

t.test('draft policy: a log without a schema is measured by its templates, never as nothing', async t => {
  const templates = { step: 'step {number:integer(0..3)} {result:enum(OK,FAILED)}' }
  // Each line is one of 4 x 2; with at most two of them, that is 1 + 8 + 64 logs.
  const bits = bitsOf({ kind: 'log', templates }, { maxMembers: 2 })
  t.ok(Math.abs(bits - Math.log2(1 + 8 + 64)) < 1e-9, String(bits))
  t.ok(bitsOf({ kind: 'log', templates }) > 100_000, 'by default a log may be long')
})

t.test('draft policy: an InterOp file without a schema is measured by the built-in one', async t => {
  const all = bitsOf({ kind: 'interop', metric: 'TileMetrics' })
  const one = bitsOf({ kind: 'interop', metric: 'TileMetrics', version: 3 })
  t.ok(Number.isFinite(all) && one > 0 && all >= one, `${all} and ${one}`)
})

t.test('draft policy: a body of kind none says nothing', async t => {
  t.equal(bitsOf({ kind: 'none' }), 0)
})
