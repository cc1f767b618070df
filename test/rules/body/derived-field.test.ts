import * as fc from 'fast-check'
import t from 'tap'
import { deriveFields, orderProblems, readDerivedField, type DeriveSource } from '../../../rules/body/derived-field.ts'
import type { JsonValue } from '../../../rules/canonical.ts'

/** The value that leaves, or the rule and place at fault. */
const derive = (value: JsonValue, ...rules: readonly DeriveSource[]): unknown => {
  const copy = structuredClone(value)
  const { isChanged, fault } = deriveFields(copy, rules.map(readDerivedField))
  if (fault) return `${fault.rule} /${fault.path.join('/')}`
  t.equal(isChanged, JSON.stringify(copy) !== JSON.stringify(value), 'isChanged tells whether it is another value')
  return copy
}

const lanes = {
  total: 1,
  lanes: [
    { pf: 1, all: 2, percent: 9 },
    { pf: 3, all: 4, percent: 9 },
  ],
}

t.test('derive: a star in a shared beginning is the same element, any other star all elements', async t => {
  const percent = { ratioOf: { at: '/lanes/*/percent', of: '/lanes/*/pf', over: '/lanes/*/all', times: 100 } }
  t.strictSame(derive(lanes, percent), {
    total: 1,
    lanes: [
      { pf: 1, all: 2, percent: 50 },
      { pf: 3, all: 4, percent: 75 },
    ],
  })
  t.match(derive(lanes, { sumOf: { at: '/total', of: '/lanes/*/all' } }), { total: 6 })
  t.match(derive(lanes, { sumOf: { at: '/total', of: ['/lanes/*/all', '/lanes/0/pf'] } }), { total: 7 })
  t.match(derive(lanes, { sumOf: { at: '/lanes/*/percent', of: '/lanes/*/all' } }), {
    lanes: [{ percent: 2 }, { percent: 4 }],
  })
  t.match(derive(lanes, { productOf: { at: '/lanes/1/percent', of: ['/lanes/1/pf', '/lanes/0/all'], times: 0.1 } }), {
    lanes: [{ percent: 9 }, { percent: 0.6 }],
  })
  const list = { sums: [0, 0], cells: [1, 2, 3] }
  t.strictSame(derive(list, { sumOf: { at: '/sums/*', of: '/cells/*' } }), { sums: [6, 6], cells: [1, 2, 3] })
  const nested = {
    a: [
      { s: 0, b: [{ n: 1 }, { n: 2 }] },
      { s: 0, b: [] },
    ],
  }
  t.match(derive(nested, { sumOf: { at: '/a/*/s', of: '/a/*/b/*/n' } }), { a: [{ s: 3 }, { s: 0 }] })
})

t.test('derive: rules follow each other in their order', async t => {
  const rules: DeriveSource[] = [
    { roundedTo: { at: '/lanes/*/pf', step: 2 } },
    { sumOf: { at: '/total', of: '/lanes/*/pf' } },
    { ratioOf: { at: '/lanes/*/percent', of: '/lanes/*/pf', over: '/total' } },
    { roundedTo: { at: '/lanes/*/percent', significant: 1 } },
  ]
  t.strictSame(derive(lanes, ...rules), {
    total: 4,
    lanes: [
      { pf: 0, all: 2, percent: 0 },
      { pf: 4, all: 4, percent: 1 },
    ],
  })
})

t.test('derive: timestamps are cut down to the minute', async t => {
  const minute = (at: JsonValue): unknown => derive({ at }, { roundedTo: { at: '/at', unit: 'minute' } })
  const cut = {
    '2023-11-08T16:06:31Z': '2023-11-08T16:06:00Z',
    '2023-11-08T16:06:31.123456+01:00': '2023-11-08T16:06:00+01:00',
    '2023-11-08T16:06': '2023-11-08T16:06',
    '2023-11-08 23:59:60': '2023-11-08 23:59:00',
    '06/05/2024 00:00:59': '06/05/2024 00:00:00',
  }
  for (const [text, expected] of Object.entries(cut)) t.strictSame(minute(text), { at: expected }, text)
  t.strictSame(minute(null), { at: null }, 'nothing measured')
  for (const text of ['2023-11-08', '2023-13-08T16:06:00Z', '2023-11-08T16:06:31Z GATTACA', '', 5, ['x']])
    t.equal(minute(text), 'not-roundable /at', JSON.stringify(text))
})

t.test('P8: derive: what cannot be reckoned is a fault with its place, and what is not there stays so', async t => {
  const percent = { ratioOf: { at: '/lanes/*/percent', of: '/lanes/*/pf', over: '/lanes/*/all' } }
  const lane = (one: JsonValue): JsonValue => ({ lanes: [{ pf: 1, all: 2, percent: 0.5 }, one] })
  t.equal(derive(lane({ pf: 1, percent: 1 }), percent), 'operand-missing /lanes/1/percent')
  t.equal(derive(lane({ pf: 1, all: '2', percent: 1 }), percent), 'operand-not-a-number /lanes/1/percent')
  t.equal(derive(lane({ pf: 1, all: 2, percent: 'ACGT' }), percent), 'operand-not-a-number /lanes/1/percent')
  t.equal(derive(lane({ pf: 1, all: 2, percent: null }), percent), 'operand-not-a-number /lanes/1/percent')
  t.equal(derive(lane({ pf: 1, all: 0, percent: 1 }), percent), 'zero-divisor /lanes/1/percent')
  t.equal(derive(lane({ pf: 1e308, all: 1e-308, percent: 1 }), percent), 'not-representable /lanes/1/percent')
  t.strictSame(derive(lane({ pf: 1 }), percent), lane({ pf: 1 }))
  t.strictSame(derive('nothing', percent), 'nothing')
  const sum = { sumOf: { at: '/total', of: '/lanes/*/pf' } }
  t.equal(derive({ total: 1 }, sum), 'operand-missing /total')
  t.equal(derive({ total: 1, lanes: { pf: 1 } }, sum), 'operand-missing /total', 'no array')
  t.equal(derive({ total: 1, lanes: [{ pf: 1 }, {}] }, sum), 'operand-missing /total', 'not in every element')
  t.strictSame(derive({ total: 1, lanes: [] }, sum), { total: 0, lanes: [] })
  const rounded = { roundedTo: { at: '/n', step: 0.1 } }
  t.equal(derive({ n: '0.12345' }, rounded), 'not-roundable /n')
  t.strictSame(derive({ n: null }, rounded), { n: null })
  t.equal(derive({ n: 1234567890123.4568 }, { roundedTo: { at: '/n', step: 0.0000007 } }), 'not-roundable /n')
  const proto = JSON.parse('{"__proto__":{"n":0.123}}') as JsonValue
  t.equal(JSON.stringify(derive(proto, { roundedTo: { at: '/__proto__/n', step: 0.1 } })), '{"__proto__":{"n":0.1}}')
  t.equal(({} as { n?: number }).n, undefined)
})

t.test('P8: derive: rules that would be applied in the wrong order, or twice, are problems', async t => {
  const problems = (...rules: readonly DeriveSource[]) =>
    orderProblems(rules.map(readDerivedField)).map(({ path }) => path.join('.'))
  const sum = (at: string, of: string | string[]): DeriveSource => ({ sumOf: { at, of } })
  const round = (at: string): DeriveSource => ({ roundedTo: { at, step: 1 } })
  t.strictSame(problems(round('/a'), sum('/b', '/a'), round('/b')), [])
  t.strictSame(problems(sum('/b', '/a'), round('/a')), ['0.sumOf.of'])
  t.strictSame(problems(sum('/b', ['/c', '/x/*']), round('/x/0')), ['0.sumOf.of.1'], 'an element of it')
  t.strictSame(problems(sum('/a', ['/a', '/b'])), ['0.sumOf.of.0'], 'of itself')
  t.strictSame(problems(sum('/x/*/n', '/x/*/n')), ['0.sumOf.of'])
  t.strictSame(problems(round('/a'), sum('/a', '/b')), ['1.sumOf.at'])
  t.strictSame(problems(round('/x/*'), round('/x/1')), ['1.roundedTo.at'])
  t.strictSame(problems({ ratioOf: { at: '/p', of: '/x/*/n', over: '/m' } }), ['0.ratioOf.of'], 'several values')
  t.strictSame(problems({ productOf: { at: '/x/*/p', of: ['/x/*/n', '/y/*/n'] } }), ['0.productOf.of.1'])
})

t.test('derive: applied again, nothing changes, whatever the numbers are', async () => {
  const rules = (
    [
      { roundedTo: { at: '/rows/*/a', significant: 3 } },
      { productOf: { at: '/rows/*/c', of: ['/rows/*/a', '/rows/*/b'], times: 1e-3 } },
      { roundedTo: { at: '/rows/*/c', step: 0.1 } },
      { sumOf: { at: '/sum', of: '/rows/*/c' } },
    ] satisfies DeriveSource[]
  ).map(readDerivedField)
  const number = fc.double({ noNaN: true, min: -1e6, max: 1e6 })
  const value = fc.record({ sum: number, rows: fc.array(fc.record({ a: number, b: number, c: number })) })
  fc.assert(
    fc.property(value, value => {
      const first = deriveFields(value, rules)
      const again = deriveFields(value, rules)
      return first.fault === null && again.fault === null && !again.isChanged
    }),
  )
})

t.test('derive: the sum of a long list in each element of another takes no square of its time', async t => {
  const value = { sums: Array.from({ length: 20_000 }, () => 0), cells: Array.from({ length: 20_000 }, () => 1) }
  t.match(derive(value, { sumOf: { at: '/sums/*', of: '/cells/*' } }), { sums: { 19_999: 20_000 } })
})
