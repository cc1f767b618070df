import t from 'tap'
import { normalize } from '../../rules/normalize.ts'
import { OverBudget, textCodings, unwrapBytes } from '../../rules/unwrap.ts'
import { growth, MOST_GROWTH } from '../kit/growth.ts'
import { hostileCodings } from './detectors/hostile-texts.ts'

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

for (const piece of hostileCodings)
  t.test(`unwrap and normalize: time is linear on ${JSON.stringify(piece)} repeated`, async t => {
    t.ok(growth(piece, HALF_A_MEGABYTE, undo) <= MOST_GROWTH)
    t.ok(growth(piece, HALF_A_MEGABYTE, normalize) <= MOST_GROWTH)
  })
