import type { HeldTotal } from '../held/held-table.ts'
import type { LogErrorCode } from '../log-error.ts'
import type { Salted } from '../record.ts'
import type { StoreGroup } from './store.ts'

/** What the journal and its worker thread tell each other. A ticket names one append; trees go encoded (`encodeFrontier`). */

export type AppendMessage = {
  readonly kind: 'append'
  readonly ticket: number
  /** All of them, or none. */
  readonly group: StoreGroup
}

export type ToWriter =
  | AppendMessage
  /** Open the log anew, check that it still begins with `known`, and prove with `gap` that it can be written. */
  | { readonly kind: 'recover'; readonly known: Uint8Array; readonly gap: Salted }
  /** Drop the records before one: `Store.drop`. */
  | { readonly kind: 'drop'; readonly ticket: number; readonly before: number }
  | { readonly kind: 'limit'; readonly bytes: number | null }
  | { readonly kind: 'close' }

export type FromWriter =
  | { readonly kind: 'ready'; readonly frontier: Uint8Array; readonly held: HeldTotal }
  /** The log could not be opened; the thread ends. */
  | { readonly kind: 'refused'; readonly code: LogErrorCode; readonly message: string }
  | {
      readonly kind: 'committed'
      readonly tickets: readonly number[]
      /** Sequence of the first record of each ticket; null where the state of a payload does not allow it. */
      readonly firsts: readonly (number | null)[]
      readonly frontier: Uint8Array
      readonly held: HeldTotal
    }
  | { readonly kind: 'dropped'; readonly ticket: number }
  | { readonly kind: 'failed'; readonly tickets: readonly number[] }
  | { readonly kind: 'recovered'; readonly frontier: Uint8Array; readonly held: HeldTotal }
  | { readonly kind: 'unrecovered'; readonly code: LogErrorCode }
