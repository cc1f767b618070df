import { messagesPerDay, type Rate } from '../budget/rate.ts'
import type { CapacityBudget } from '../policy/raw-policy.ts'

/** A bound that is above its budget. `bits` is `Infinity` where there is no bound. */
export type Excess = { readonly key: keyof CapacityBudget; readonly bits: number; readonly budget: number }

/** Bits that an instrument can say through a route in a day; `Infinity` where no rate bounds how many messages it sends. */
export const bitsPerDay = (bits: number, rate: Rate | null): number =>
  rate === null ? Infinity : Math.max(0, bits) * messagesPerDay(rate)

/** The budgets of a route that are not kept. @param bits - what one message can say, from `routeCapacity` */
export const overBudget = (budget: CapacityBudget, bits: number, rate: Rate | null): readonly Excess[] => {
  const bounds = { perMessage: bits, perDay: bitsPerDay(bits, rate) }
  return (['perMessage', 'perDay'] as const).flatMap(key => {
    const most = budget[key]
    return most !== undefined && bounds[key] > most ? [{ key, bits: bounds[key], budget: most }] : []
  })
}
