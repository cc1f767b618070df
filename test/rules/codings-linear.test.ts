import t from 'tap'
import { normalize } from '../../rules/normalize.ts'
import { OverBudget, textCodings, unwrapBytes } from '../../rules/unwrap.ts'
import { growth, MOST_GROWTH } from '../kit/growth.ts'

const HALF_A_MEGABYTE = 2 ** 19
const AMPLE = 2 ** 25

const undo = (text: string): void => {
  try {
    for (const { undo } of textCodings)
      for (const layer of undo(text, { remaining: AMPLE }))
        if (layer.kind === 'bytes') Array.from(unwrapBytes(layer.bytes, { remaining: AMPLE }))
  } catch (error) {
    if (!(error instanceof OverBudget)) throw error
  }
}

for (const piece of [
  'A-',
  'QUJD',
  '4',
  '41 ',
  '%41',
  '{"',
  '["a",',
  '\\u0041',
  '&#6',
  '=41',
  'H4sI',
  'QUJDREVGR0hJSktM\n',
  'éＡ',
  'GEZDGNBV ',
  '2aB',
  '<~!!',
  '87cUR/',
  'ef12 ',
  'eoD enaJ ',
  '\u202e',
  '65,',
  '65 66 67 68 69 70 71 72 x',
])
  t.test(`unwrap and normalize: time is linear on ${JSON.stringify(piece)} repeated`, async t => {
    t.ok(growth(piece, HALF_A_MEGABYTE, undo) <= MOST_GROWTH)
    t.ok(growth(piece, HALF_A_MEGABYTE, normalize) <= MOST_GROWTH)
  })
