import type { JsonValue } from '../canonical.ts'
import type { Inner, TextCoding } from './coding.ts'
import { OverBudget, spend } from './coding.ts'

const DEEPEST = 64

const parsed = (text: string): JsonValue | undefined => {
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    return undefined
  }
}

/** Refuses text that nests deeper than whoever walks the value should follow. Counts brackets, also those within strings. */
const checkDepth = (text: string): void => {
  let depth = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code === 123 || code === 91) {
      if (++depth > DEEPEST) throw new OverBudget('JSON within a text nests too deeply')
    } else if ((code === 125 || code === 93) && depth > 0) depth--
  }
}

const innerOf = function* (text: string): Generator<Inner> {
  const value = parsed(text)
  if (typeof value === 'string') yield { kind: 'text', text: value }
  else if (typeof value === 'object' && value !== null) {
    checkDepth(text)
    yield { kind: 'json', value }
  }
}

const wholeText = (text: string): string[] => [text]

/** Lines that JSON could be. */
const eachLine = (text: string): string[] =>
  /[\r\n]/.test(text) ? text.split(/[\r\n]+/).filter(line => /^\s{0,40}[{["]/.test(line)) : []

/** The part of the text that JSON could be: from the first bracket to the last. */
const embedded = (text: string): string[] => {
  const brace = text.indexOf('{"')
  const bracket = text.indexOf('[')
  const start = brace >= 0 && (bracket < 0 || brace < bracket) ? brace : bracket
  const end = Math.max(text.lastIndexOf('}'), text.lastIndexOf(']'))
  return start >= 0 && end > start ? [text.slice(start, end + 1)] : []
}

/** JSON in a string (RFC 8259), alone or within other text, or one JSON text a line. */
export const jsonText = {
  id: 'json',
  needs: [{ has: '"', length: 8 }],
  *undo(text, budget) {
    if (!/[{[]/.test(text) && !text.trimStart().startsWith('"')) return
    spend(budget, text.length)
    for (const readings of [wholeText, eachLine, embedded]) {
      const found = readings(text).flatMap(part => [...innerOf(part)])
      yield* found
      if (found.length > 0) break
    }
  },
} as const satisfies TextCoding
