import type { JsonValue } from '../canonical.ts'
import type { Need } from '../sieve.ts'

/** Characters and octets that may still be produced by undoing codings; shared by everything in one request. */
export type Budget = { remaining: number }

/** There is more inside than may be unfolded. Whoever catches it must block: nobody has looked at the rest. */
export class OverBudget extends Error {
  override readonly name = 'OverBudget'
}

/** Takes `amount` characters or octets off the budget. @throws OverBudget when there are fewer left */
export const spend = (budget: Budget, amount: number): void => {
  if (amount > budget.remaining) throw new OverBudget('the payload unfolds to more than the budget')
  budget.remaining -= amount
}

/** What one layer of coding held. */
export type Inner =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'json'; readonly value: JsonValue }

/**
 * A way to write something as text. `undo` gives one layer of whatever parts of the text are written so, and nothing for
 * an ordinary value: nothing worth finding fits in fewer than eight characters once it is coded. It takes what it gives off the budget before it gives it, in time linear in the text.
 */
export type TextCoding = {
  readonly id: string
  /** True: undone twice, it gives the text itself again, so it is undone once on the way to any text. */
  readonly once?: true
  /** What a text must have to be worth a try; it may be tried on any. */
  readonly needs: readonly Need[]
  readonly undo: (text: string, budget: Budget) => Iterable<Inner>
}

/** A way to write something as octets. Undone like a `TextCoding`. */
export type BytesCoding = {
  readonly id: string
  /** Whether octets are worth a try. @param isText - whether they are text as they stand */
  readonly gate: (bytes: Uint8Array, isText: boolean) => boolean
  readonly undo: (bytes: Uint8Array, budget: Budget) => Iterable<Inner>
}
