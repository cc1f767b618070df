import { RE2JS } from 're2js'

/** Inside brackets: what `.` leaves out (ECMA-262 LineTerminator), and what `\s` takes (WhiteSpace and LineTerminator). */
const lineTerminators = String.raw`\n\r\x{2028}\x{2029}`
const whiteSpace = String.raw`\t-\r \x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff}`

/**
 * Compiles a `pattern` of a JSON Schema, which is an ECMA-262 regular expression, for RE2, which is linear in the length of the
 * text. Of what a closed schema may hold, the two read `.` and `\s` differently: RE2 lets `.` take carriage returns and
 * the separators of Unicode, and `\S` the white space of Unicode. Here both mean what ECMA-262 says.
 * @throws Error for what RE2 does not know, and for `\S` inside brackets
 * @see ECMA-262 section 22.2.2, with the flag u; https://github.com/google/re2/wiki/Syntax
 */
export const compilePattern = (pattern: string): RE2JS => RE2JS.compile(inRe2(pattern))

const inRe2 = (pattern: string): string => {
  let written = ''
  let inClass = false
  for (let index = 0; index < pattern.length; index++) {
    const at = pattern[index]!
    if (at === '\\') written += escapeInRe2(at + (pattern[++index] ?? ''), inClass)
    else if (at === '.' && !inClass) written += `[^${lineTerminators}]`
    else {
      written += at
      inClass = inClass ? at !== ']' : at === '['
    }
  }
  return written
}

const escapeInRe2 = (escape: string, inClass: boolean): string => {
  if (escape === String.raw`\s`) return inClass ? whiteSpace : `[${whiteSpace}]`
  if (escape !== String.raw`\S`) return escape
  if (inClass) throw new Error(String.raw`a pattern has "\S" inside brackets`)
  return `[^${whiteSpace}]`
}
