import { windows } from '../budget/rate.ts'
import type { History } from '../budget/history.ts'
import type { Category } from '../detector.ts'
import type { Finding } from '../verdict.ts'

/** Nucleotides in fragments that an instrument may send within any hour and any day. */
export type DripBudget = { readonly perHour: number; readonly perDay: number }

/** Nucleotides in fragments that block a message by themselves. */
const MOST_IN_A_MESSAGE = 23

type DripRule = {
  /** As of a detector: stable and never reused. */
  readonly id: string
  readonly title: string
  readonly category: Category
  readonly source: string
}

/**
 * What is found by counting fragments, where no single text is enough for a detector.
 *
 * Noise of the count, measured: 0.5 nucleotides in 1,000 random values of 32 octets in base64, 7 in 1,000 of 768 octets, 0.1 in
 * 1,000 numbers of eight digits; at most 4 in 300,000 UUIDs, trace ids, SHA-1 and SHA-256 digests each; 0 in every sample of the
 * shipped packs. 3,600 payloads an hour with eight random identifiers each come to 3 or 4. 48 is the smallest round number that
 * real telemetry never comes near, and no safe one: 33 bits name a person, and 48 nucleotides hold 96.
 */
export const dripRules = {
  sum: {
    id: 'nucleotide-sum',
    title: 'Nucleotide fragments, together in one request',
    category: 'sequence',
    source:
      'thresholds measured on random identifiers and on 1,561 real telemetry payloads (20 nucleotides in all of them)',
  },
  drip: {
    id: 'drip',
    title: 'Nucleotide fragments, request after request',
    category: 'sequence',
    source: 'budgets measured as for nucleotide-sum; Lin et al. 2004, Science 305:183 (30 to 80 SNPs name a person)',
  },
} as const satisfies Readonly<Record<string, DripRule>>

const finding = ({ id, category }: DripRule, nucleotides: number): Finding => ({
  detector: id,
  category,
  surface: 'body',
  pointer: '',
  chain: [],
  length: nucleotides,
})

/** The finding of a message that spells too many nucleotides by itself; null where it does not. */
export const overSum = (nucleotides: number): Finding | null =>
  nucleotides > MOST_IN_A_MESSAGE ? finding(dripRules.sum, nucleotides) : null

/** The finding of a message with which its instrument would have sent too many; one that spells none never has it. */
export const overDrip = (
  { time, nucleotides: of }: History,
  instrument: string,
  nucleotides: number,
  { perHour, perDay }: DripBudget,
): Finding | null => {
  if (nucleotides === 0) return null
  const sent = of(instrument)
  const isWithin =
    sent.within(windows.hour, time) + nucleotides <= perHour && sent.within(windows.day, time) + nucleotides <= perDay
  return isWithin ? null : finding(dripRules.drip, nucleotides)
}
