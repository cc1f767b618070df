import { inKeys } from './context.ts'
import type { Span, Subject } from '../../detector.ts'
import type { Need } from '../../sieve.ts'

/** What a local record number looks like: 4 to 24 letters and digits; a group behind a space begins with a digit. */
const value = '[\\p{L}\\d](?:[./_-]?[\\p{L}\\d]| \\d| \\p{L}(?= ?\\d)){3,23}'
/** And at least three of them are digits. */
const hasDigits = (text: string): boolean => /(?:\D{0,24}\d){3}/.test(text)
const bare = new RegExp(`^\\s*#?${value}\\s*$`, 'u')

const inner = /^(?:value|id|number|text)$/i

type LabelledNumber = {
  readonly needs: readonly Need[]
  readonly find: (subject: Subject) => Iterable<Span>
}

/**
 * The needs and the search for numbers that mean something only through their label, `MRN: 00123456`: in running text where the label stands
 * before the number, and as whole values under a property of that name.
 * @param label - pieces of patterns in lower case; matched on whole words, in any case
 */
export const labelledNumber = (label: readonly string[]): LabelledNumber => {
  const names = label.join('|')
  const text = new RegExp(
    `(?<![\\p{L}\\p{N}])(?:${names})(?:[ .]{0,2}(?:no|nr|num|number|id|n°|nº|#|n(?=\\.)))?\\.?(?:\\s{0,2}[:=#]\\s{0,2}#?|\\s{1,2}(?:is |was |ist |est |es |è )?#?)(${value})(?![\\p{L}\\p{N}])`,
    'giu',
  )
  const key = new RegExp(`(?:^| )(?:${names})(?: (?:no|nr|num|number|id|code|value|text))?$`, 'u')
  /** The label may be one name further out: `{"mrn": {"value": …}}`. */
  const named = (keys: readonly string[]): boolean =>
    inKeys({ keys: keys.slice(-1) }, key) ||
    (inner.test(keys.at(-1) ?? '') && inKeys({ keys: keys.slice(-2, -1) }, key))
  return {
    needs: [
      { digits: 3, letters: 3, blanks: 1 },
      { digits: 3, letters: 3, has: ':' },
      { digits: 3, letters: 3, has: '=' },
      { digits: 3, letters: 2, has: '#' },
      { digits: 3, under: named },
    ],
    *find(subject) {
      if (bare.test(subject.text) && hasDigits(subject.text) && named(subject.keys)) {
        yield { start: 0, end: subject.text.length }
        return
      }
      for (const hit of subject.text.matchAll(text)) {
        if (!hasDigits(hit[1]!)) continue
        const end = hit.index + hit[0].length
        yield { start: end - hit[1]!.length, end }
      }
    },
  }
}
