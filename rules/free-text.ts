import { scanPayload } from './inspect.ts'

/** Why a text that a person typed is not taken. Codes are stable. */
export const freeTextFaults = {
  empty: 'it says nothing',
  'too-long': 'it is longer than 200 characters',
  characters: 'it holds control, formatting or line-breaking characters',
  sensitive: 'a detector finds something in it: nothing of a payload, and no name, may get into the log by hand',
} as const

export type FreeTextFault = keyof typeof freeTextFaults

/** In UTF-16 code units. */
const MAX_LENGTH = 200

/**
 * Looks through a text that is going to stand in the log: the reason of a review, a note. All detectors that are on by default are shown it
 * as they would be shown a string of a payload.
 */
export const freeTextFault = (text: string): FreeTextFault | null => {
  if (text.trim() === '') return 'empty'
  if (text.length > MAX_LENGTH) return 'too-long'
  if (!text.isWellFormed() || /[\p{C}\p{Zl}\p{Zp}]/u.test(text)) return 'characters'
  return scanPayload(new TextEncoder().encode(JSON.stringify(text))).verdict === 'allow' ? null : 'sensitive'
}
