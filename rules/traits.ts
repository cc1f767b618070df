import type { Traits } from './detector.ts'

const DIGIT = 1
const UPPER = 2
const LOWER = 4
const BASE = 8
const BASE64 = 16
const HEX = 32

/** Character classes of the ASCII range, one bit each. */
const classes = new Uint8Array(128)
const mark = (characters: string, bits: number): void => {
  for (const character of characters) classes[character.charCodeAt(0)]! |= bits
}
mark('0123456789', DIGIT | BASE64 | HEX)
mark('ABCDEFGHIJKLMNOPQRSTUVWXYZ', UPPER | BASE64)
mark('abcdefghijklmnopqrstuvwxyz', LOWER | BASE64)
mark('ACGTUNacgtun', BASE)
mark('abcdefABCDEF', HEX)
mark('+/-_=', BASE64)

/** Classifies a text in one pass over its UTF-16 code units. */
export const traitsOf = (text: string): Traits => {
  let digits = 0
  let digitRun = 0
  let run = 0
  let upper = 0
  let lower = 0
  let bases = 0
  let baseRun = 0
  let baseNow = 0
  let base64Run = 0
  let base64Now = 0
  let hexRun = 0
  let hexNow = 0
  let hasAt = false
  let hasTab = false
  let hasNewline = false
  let hasSpace = false
  let hasPercent = false
  let hasNonAscii = false
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    const bits = code < 128 ? classes[code]! : 0
    if (bits === 0) {
      run = baseNow = base64Now = hexNow = 0
      if (code === 32) hasSpace = true
      else if (code === 64) hasAt = true
      else if (code === 37) hasPercent = true
      else if (code === 9) hasTab = true
      else if (code === 10 || code === 13) hasNewline = true
      else if (code > 127) hasNonAscii = true
      continue
    }
    if (bits & DIGIT) {
      digits++
      if (++run > digitRun) digitRun = run
    } else {
      run = 0
      if (bits & UPPER) upper++
      else if (bits & LOWER) lower++
    }
    if (bits & BASE) {
      bases++
      if (++baseNow > baseRun) baseRun = baseNow
    } else baseNow = 0
    if (bits & HEX) {
      if (++hexNow > hexRun) hexRun = hexNow
    } else hexNow = 0
    if (++base64Now > base64Run) base64Run = base64Now
  }
  return {
    length: text.length,
    digits,
    digitRun,
    letters: upper + lower,
    upper,
    baseRun,
    bases,
    base64Run,
    hexRun,
    hasAt,
    hasTab,
    hasNewline,
    hasSpace,
    hasPercent,
    hasNonAscii,
  }
}
