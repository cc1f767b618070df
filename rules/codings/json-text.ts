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

/** The part of the text that JSON could be: from the first bracket to the last. */
const embedded = (text: string): string | undefined => {
  const brace = text.indexOf('{"')
  const bracket = text.indexOf('[')
  const start = brace >= 0 && (bracket < 0 || brace < bracket) ? brace : bracket
  const end = Math.max(text.lastIndexOf('}'), text.lastIndexOf(']'))
  return start >= 0 && end > start ? text.slice(start, end + 1) : undefined
}

/** JSON in a string (RFC 8259), alone or within other text, or one JSON text a line. */
export const jsonText = {
  id: 'json',
  gate: (traits, text) =>
    traits.length >= 8 && text.includes('"') && (/[{[]/.test(text) || text.trimStart().startsWith('"')),
  *undo(text, budget) {
    spend(budget, text.length)
    const whole = [...innerOf(text)]
    if (whole.length > 0) return yield* whole
    const lines = text.split(/[\r\n]+/).flatMap(line => (/^\s{0,40}[{["]/.test(line) ? [...innerOf(line)] : []))
    if (lines.length > 0) return yield* lines
    const part = embedded(text)
    if (part !== undefined) yield* innerOf(part)
  },
} as const satisfies TextCoding
