import * as fc from 'fast-check'
import t from 'tap'
import {
  productOf,
  ratioOf,
  roundToDigits,
  roundToStep,
  significantDigits,
  sumOf,
} from '../../../rules/body/exact-decimal.ts'
import { multipleOf } from '../../../rules/multiple-of.ts'

t.test('exact decimal: numbers are taken as they are written, without the error of binary fractions', async t => {
  t.equal(sumOf([0.1, 0.2]), 0.3)
  t.equal(sumOf([]), 0)
  t.equal(sumOf([1e21, 1, -1e21]), 1)
  t.equal(sumOf([Number.MAX_SAFE_INTEGER, 2]), 9007199254740992, 'as near as a double comes')
  t.equal(sumOf([1.7e308, 1.7e308]), null)
  t.equal(productOf([0.07, 100]), 7)
  t.equal(productOf([3_490_000, 151, 1e-9]), 0.52699)
  t.equal(productOf([1e200, 1e200]), null)
  t.equal(ratioOf(7, 100, 100), 7)
  t.equal(ratioOf(1, 3, 1), 1 / 3)
  t.equal(ratioOf(-2, 3, 100), -200 / 3)
  t.equal(ratioOf(0, -5, 100), 0)
  t.equal(ratioOf(1e308, 1e-308, 1), null)
})

t.test('exact decimal: rounding goes to the nearest, half way to the even one', async t => {
  const rounded: readonly [number, number, number][] = [
    [0.30000000000000004, 0.1, 0.3],
    [0.25, 0.1, 0.2],
    [0.35, 0.1, 0.4],
    [-0.25, 0.1, -0.2],
    [-0.35, 0.1, -0.4],
    [0.2500001, 0.1, 0.3],
    [7, 5, 5],
    [7.5, 5, 10],
    [12.5, 5, 10],
    [1e300, 0.1, 1e300],
    [1e-300, 0.1, 0],
    [1234.5678, 0.003, 1234.569],
  ]
  for (const [number, step, expected] of rounded) t.equal(roundToStep(number, step), expected, `${number} to ${step}`)
  const digits: readonly [number, number, number][] = [
    [4_091_900, 3, 4_090_000],
    [999.6, 3, 1000],
    [0.012345, 3, 0.0123],
    [1.25, 2, 1.2],
    [1.35, 2, 1.4],
    [-1.35, 2, -1.4],
    [0, 1, 0],
    [5e-324, 15, 5e-324],
  ]
  for (const [number, count, expected] of digits)
    t.equal(roundToDigits(number, count), expected, `${number} to ${count}`)
})

const number = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e12, max: 1e12 })

t.test('exact decimal: what is rounded is a multiple, within half a step, and rounds to itself', async () => {
  const step = fc.constantFrom(0.001, 0.01, 0.1, 0.5, 1, 60, 1000)
  fc.assert(
    fc.property(number, step, (number, step) => {
      const rounded = roundToStep(number, step)!
      return (
        multipleOf(step)(rounded) &&
        Math.abs(rounded - number) <= step / 2 + Math.abs(number) * 2 ** -50 &&
        roundToStep(rounded, step) === rounded
      )
    }),
  )
  fc.assert(
    fc.property(number, fc.integer({ min: 1, max: 15 }), (number, digits) => {
      const rounded = roundToDigits(number, digits)!
      const off = Math.abs(rounded - number) <= Math.abs(number) * 10 ** (1 - digits)
      return significantDigits(rounded) <= digits && off && roundToDigits(rounded, digits) === rounded
    }),
  )
})

t.test('exact decimal: a sum does not depend on its order, and a quotient is the nearest double', async () => {
  fc.assert(fc.property(fc.array(number), list => sumOf(list) === sumOf(list.toReversed())))
  const integer = fc.integer({ min: 1, max: 2 ** 30 })
  fc.assert(fc.property(integer, integer, (of, over) => ratioOf(of, over, 1) === of / over))
})
