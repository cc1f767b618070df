import type { TextDetector } from '../detector.ts'
import { isCount, rowsWhere } from './parts/rows.ts'

const LEAST_SAMPLES = 8
const NUMBER = /^-?\d{1,12}(?:\.\d{1,15})?$/

/** Whether a field is a list of exactly `count` whole numbers; other text may follow, as the end of an element that a row stands in. */
const isSignal = (field: string, count: number): boolean => {
  let numbers = 0
  let digits = 0
  for (let index = 0; index <= field.length; index++) {
    const code = index < field.length ? field.charCodeAt(index) : 44
    if (code === 44) {
      if (digits === 0) return false
      numbers++
      digits = 0
    } else if (code >= 48 && code <= 57) digits++
    else if (code !== 45 || digits > 0) return digits > 0 && numbers + 1 === count
  }
  return numbers === count
}

/** A read, its group, digitisation, offset, range and sampling rate, the length of its signal, and the signal. */
const isRead = (fields: readonly string[]): boolean => {
  const [read, group, digitisation, offset, range, rate, length, signal] = fields
  return (
    signal !== undefined &&
    read !== '' &&
    isCount(group) &&
    [digitisation, offset, range, rate].every(field => NUMBER.test(field!)) &&
    isCount(length) &&
    Number(length) >= LEAST_SAMPLES &&
    isSignal(signal, Number(length))
  )
}

/**
 * The current of a nanopore, read by read, as SLOW5 writes it: bases are called from it. Six numbers, then how many numbers follow, then
 * exactly so many. No table of telemetry known to us tells the length of a list in the column before it.
 */
export const rawSignal = {
  kind: 'text',
  id: 'raw-signal',
  title: 'Raw signal of a nanopore read',
  category: 'sequence',
  mandatory: true,
  source: 'https://hasindu2008.github.io/slow5specs/ (SLOW5 0.2.0, data section)',
  needs: [{ has: '\t,', digits: 22 }],
  find: ({ text }) => rowsWhere(text, 1, isRead),
  examples: {
    match: ['r1\t0\t8192\t23\t1467.61\t4000\t8\t430,472,463,467,454,465,463,450'],
    noMatch: [
      'r1\t0\t8192\t23\t1467.61\t4000\t9\t430,472,463,467,454,465,463,450',
      'r1\t0\t8192\t23\t1467.61\t4000\t8\t430,472,463,467,454,465,4.5,450',
    ],
  },
} as const satisfies TextDetector
