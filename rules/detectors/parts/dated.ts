import { fold, nearby } from './context.ts'
import { dateForms } from './date-forms.ts'
import type { Span, Subject } from '../../detector.ts'

/** Every date in a text; where folding changes its length, the whole text stands for each. */
export const datesIn = function* ({ text }: Subject): Iterable<Span> {
  const folded = fold(text)
  const same = folded.length === text.length
  for (const { 0: written, index } of folded.matchAll(dateForms))
    yield same ? { start: index, end: index + written.length } : { start: 0, end: text.length }
}

/** Whether a keyword stands near a date that `datesIn` found: anywhere, where the whole text stands for the date. */
export const isNearDate = (subject: Subject, span: Span, keyword: RegExp): boolean =>
  span.start === 0 && span.end === subject.text.length
    ? keyword.test(fold(subject.text))
    : nearby(subject, span, keyword)
