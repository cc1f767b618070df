import type { Span } from '../../detector.ts'

/**
 * Where a pattern matches.
 * @param pattern - with the `g` flag; every repetition in it must be bounded or start at a character that cannot
 *   repeat inside it, so that time stays linear in the text
 */
export const spansOf = (text: string, pattern: RegExp): Span[] => {
  const spans: Span[] = []
  for (const { 0: hit, index } of text.matchAll(pattern)) spans.push({ start: index, end: index + hit.length })
  return spans
}

/** All spans if they hold at least `least` different texts, else none. */
export const spansOfDistinct = (text: string, pattern: RegExp, least: number): Span[] => {
  const spans = spansOf(text, pattern)
  if (spans.length < least) return []
  const seen = new Set<string>()
  for (const { start, end } of spans) {
    seen.add(text.slice(start, end).toLowerCase())
    if (seen.size >= least) return spans
  }
  return []
}
