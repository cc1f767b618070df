import * as fc from 'fast-check'
import t from 'tap'
import { shortFloats } from '../../../rules/body/short-floats.ts'
import { defaultLimits } from '../../../rules/policy.ts'
import { scan } from '../../../rules/scan.ts'

t.test('short floats: the decimal that a person would write, in the same place', async t => {
  const value = {
    records: [{ focusScore: [Math.fround(1.61), Math.fround(-0.0014)], lane: 1, missing: null, name: 'x' }],
  }
  t.strictSame(shortFloats(value), { records: [{ focusScore: [1.61, -0.0014], lane: 1, missing: null, name: 'x' }] })
})

t.test('short floats: another float32 has another decimal', async () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), number => {
      const short = shortFloats(number)
      return typeof short === 'number' && Math.fround(short) === number
    }),
    { numRuns: 2_000 },
  )
})

t.test('short floats: no detector takes the digits of a measurement for a number of a person', async t => {
  // As doubles, the first two of these spell a valid French social security number.
  const values = [
    4.04460334777832,
    2.80416202545166,
    ...Array.from({ length: 5_000 }, (_, at) => Math.fround(at / 1_237)),
  ]
  const { findings } = scan([{ surface: 'body', value: shortFloats(values), names: new Set() }], defaultLimits)
  t.strictSame(findings, [])
})
