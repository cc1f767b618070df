import { keywords } from './parts/context.ts'
import { luhn } from './parts/luhn.ts'
import { numberedId, whole } from './parts/numbered-id.ts'

/** Issuer ranges with the lengths they use: Visa, Mastercard, American Express, Discover, Diners, JCB, Maestro, UnionPay. */
const issuer =
  /^(?:4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}|6(?:011|4[4-9]\d|5\d\d)\d{12}|3(?:0[0-5]|[689]\d)\d{11}|35(?:2[89]|[3-8]\d)\d{12}|(?:50|5[6-9]|67)\d{14}|62\d{14})$/

export const paymentCard = numberedId({
  id: 'payment-card',
  title: 'Payment card number',
  source: 'ISO/IEC 7812-1 (issuer identification number, Luhn)',
  candidate: whole('\\d{4}([ -]?)(?:\\d{4}\\1\\d{4}\\1\\d{1,4}(?:\\1\\d{3})?|\\d{6}\\1\\d{4,5})'),
  form: { digitChain: 13 },
  sure: [{ digitGroups: 13 }],
  valid: compact => issuer.test(compact) && luhn(compact),
  alone: written => /\D/.test(written),
  keyword: keywords(
    '(?:credit|debit|payment|bank)? ?card(?: ?(?:no|num|number))?',
    'visa',
    'mastercard',
    'amex',
    'american express',
    'cc ?(?:no|num|number)?',
    'pan',
    'carte(?: (?:bancaire|bleue|de credit))?',
    'cb',
    'kreditkarte\\p{L}*',
    'karte\\p{L}*',
    'tarjeta',
    'carta di credito',
  ),
  examples: {
    match: [
      '4556 7375 8689 9855',
      '4556-7375-8689-9855',
      'Visa 4556737586899855',
      { text: '4556737586899855', keys: ['cardNumber'] },
    ],
    noMatch: ['4556 7375 8689 9856', '4556737586899855', '1234 5678 9012 3452'],
  },
})
