import * as fc from 'fast-check'
import t from 'tap'
import { multipleOf } from '../../rules/multiple-of.ts'

const cases: readonly (readonly [value: number, step: number, isMultiple: boolean])[] = [
  [0, 0.01, true],
  [-0, 0.01, true],
  [0.07, 0.01, true],
  [-0.07, 0.01, true],
  [1.1, 0.1, true],
  [0.35, 0.05, true],
  [0.36, 0.05, false],
  [19.99, 0.01, true],
  [4.35, 0.01, true],
  [12.34, 0.01, true],
  [12.345, 0.01, false],
  [12.3400000001, 0.01, false],
  [12.340000000000002, 0.01, false],
  [0.1 + 0.2, 0.1, false],
  [10, 2, true],
  [11, 2, false],
  [2.5, 2, false],
  [7.5, 2.5, true],
  [300, 100, true],
  [1e21, 1e20, true],
  [1.5e21, 1e21, false],
  [12391239123, 1e-8, true],
  [1e308, 0.5, true],
  [5e-324, 5e-324, true],
  [1e-7, 1e-7, true],
  [1.5e-7, 1e-7, false],
  [0.0075, 0.0001, true],
  [0.00751, 0.0001, false],
  [9007199254740991, 1, true],
]

t.test('multipleOf: exact in decimal', async t => {
  for (const [value, step, isMultiple] of cases) t.equal(multipleOf(step)(value), isMultiple, `${value} of ${step}`)
})

t.test('multipleOf: every decimal of so many places, and nothing between them', async t => {
  const places = fc.integer({ min: 0, max: 8 })
  fc.assert(
    fc.property(fc.integer({ min: -1e6, max: 1e6 }), places, (count, scale) => {
      const value = Number(`${count}e-${scale}`)
      const test = multipleOf(Number(`1e-${scale}`))
      t.ok(test(value))
      const beside = value * (1 + Number.EPSILON)
      if (beside !== value) t.notOk(test(beside), `${beside} of 1e-${scale}`)
    }),
    { numRuns: 1_000 },
  )
})
