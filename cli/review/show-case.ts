import { factsOf, type HeldCase, type Structure } from './held-case.ts'
import { MAX_ROWS } from './outline.ts'
import { fields, line, table } from '../terminal/print.ts'

/** Prints the case of a blocked payload, and what it is made of. */
export const showCase = (found: HeldCase, { head, outline, isCut }: Structure): void => {
  fields(factsOf(found))
  line()
  table(
    ['place', 'type', 'size', 'shape'],
    [...head, ...outline].map(({ pointer, type, size, shape }) => [pointer || '/', type, size, shape]),
  )
  if (isCut) line(`these are the first ${MAX_ROWS} places; "sluice blocked reveal" shows all`)
}
