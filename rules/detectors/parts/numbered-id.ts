import { anyKey, inContext } from './context.ts'
import type { Category, Example, Subject, TextDetector } from '../../detector.ts'
import type { Need } from '../../sieve.ts'

/** Not glued to a letter or a digit, nor a later group of a longer number such as a version or an object identifier. */
const LEFT = '(?<![\\p{L}\\p{N}]|\\d[._-])'
const RIGHT = '(?![\\p{L}\\p{N}]|[._-]\\d)'

/** Turns the shape of one identifier into a global pattern with whole-identifier boundaries on both sides. */
export const whole = (shape: string, flags = ''): RegExp => new RegExp(`${LEFT}(?:${shape})${RIGHT}`, `gu${flags}`)

type Rule<Id extends string> = {
  readonly id: Id
  readonly title: string
  readonly source: string
  readonly category?: Category
  /** What may be one, made with `whole`; bounded, so that it stays linear. */
  readonly candidate: RegExp
  /** What every candidate has; a keyword beside it, or in the names that lead to it, comes on top. */
  readonly form: Need
  /** What candidates have that speak for themselves; nothing when none does. */
  readonly sure: readonly Need[]
  /** Check digits and components. `compact` has no separators and is in upper case. */
  readonly valid: (compact: string, written: string) => boolean
  /** Whether the form speaks for itself. Bare digits never do. */
  readonly alone: (written: string, compact: string) => boolean
  /** The words that make a bare form mean this identifier. */
  readonly keyword: RegExp
  readonly examples: { readonly match: readonly Example[]; readonly noMatch: readonly Example[] }
}

const separators = /[^\p{L}\p{N}]+/gu

/**
 * A detector for an identifier with a fixed shape and check digits: found when its form speaks for itself, or
 * when a keyword stands within 30 characters or in the names that lead to the text.
 */
export const numberedId = <const Id extends string>(rule: Rule<Id>) =>
  ({
    kind: 'text',
    id: rule.id,
    title: rule.title,
    category: rule.category ?? 'identity',
    source: rule.source,
    needs: [...rule.sure, { ...rule.form, letterWord: 1 }, { ...rule.form, under: anyKey(rule.keyword) }],
    *find(subject: Subject) {
      // A measurement, whatever its digits: no identifier is written with a decimal point in the middle of a JSON number.
      if (subject.role === 'number' && !/^\d+$/.test(subject.text)) return
      for (const { 0: written, index } of subject.text.matchAll(rule.candidate)) {
        const compact = written.replace(separators, '').toUpperCase()
        if (!rule.valid(compact, written)) continue
        const span = { start: index, end: index + written.length }
        if (rule.alone(written, compact) || inContext(subject, span, rule.keyword)) yield span
      }
    },
    examples: rule.examples,
  }) as const satisfies TextDetector
