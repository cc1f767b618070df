import { ValidationErrorsIBAN, validateIBAN } from 'ibantools'
import type { TextDetector } from '../detector.ts'

/** Country, check digits, then groups of four or one run; at most 34 characters without separators (ISO 13616-1). */
const candidate = /(?<![\p{L}\p{N}])[A-Z]{2}\d{2}(?:[ -]?[A-Z\d]{4}){2,7}(?:[ -]?[A-Z\d]{1,3})?(?![\p{L}\p{N}])/giu

/** How the word looks that begins with the country: one or more groups of four. */
const FIRST_GROUPS = /^AA00(?:(?:.{4})*|.*~)$/

/** Country, length, form and MOD 97-10 decide; a country's own check digits inside may be wrong, as in test accounts. */
const isIban = (compact: string): boolean =>
  validateIBAN(compact).errorCodes.every(code => code === ValidationErrorsIBAN.WrongAccountBankBranchChecksum)

/** The words after an IBAN look like its next groups: the longest beginning that is one decides. */
const validLength = (written: string): number => {
  for (let end = written.length; end >= 15; end = Math.max(written.lastIndexOf(' ', end - 1), 0))
    if (isIban(written.slice(0, end).replace(/[ -]/g, '').toUpperCase())) return end
  return 0
}

export const iban = {
  kind: 'text',
  id: 'iban',
  title: 'International bank account number',
  category: 'identity',
  source: 'ISO 13616-1; check digits: ISO/IEC 7064 MOD 97-10',
  needs: [
    { digits: 8, longestWord: 15, looks: [/^AA00/] },
    { digits: 8, blanks: 1, length: 15, looks: [FIRST_GROUPS] },
    { digits: 8, dashes: 1, length: 15, looks: [FIRST_GROUPS] },
  ],
  *find({ text }) {
    for (const { 0: written, index } of text.matchAll(candidate)) {
      const length = validLength(written)
      if (length > 0) yield { start: index, end: index + length }
    }
  },
  examples: {
    match: ['DE89 3704 0044 0532 0130 00', 'GB29NWBK60161331926819', 'IBAN fr76 3000 6000 0112 3456 7890 189 please'],
    noMatch: ['DE89 3704 0044 0532 0130 01', 'NV48 3518 5000 RGSB', 'XX89370400440532013000'],
  },
} as const satisfies TextDetector
