/**
 * Letters that look like Latin ones. The keys of each pair are Cyrillic, Greek, small capitals and others; case is kept.
 * Source: Unicode Technical Standard 39, confusables.txt, the rows whose prototype is one ASCII letter.
 */
const LOOK_ALIKES: readonly (readonly [string, string])[] = [
  ['АΑᎪᴀꓮ', 'A'],
  ['ВΒᏴʙꓐ', 'B'],
  ['СϹᏟᴄꓚⅭ', 'C'],
  ['ᎠᴅꓓⅮ', 'D'],
  ['ЕΕᎬᴇꓰ', 'E'],
  ['ꓝϜ', 'F'],
  ['ԌᏀɢꓖ', 'G'],
  ['НΗᎻʜꓧ', 'H'],
  ['ІΙӀⅠ', 'I'],
  ['ЈᎫᴊꓙ', 'J'],
  ['КΚᏦᴋꓗ', 'K'],
  ['ᏞʟꓡⅬ', 'L'],
  ['МΜᎷᴍꓟⅯ', 'M'],
  ['ΝɴꓠИ', 'N'],
  ['ОΟᴏꓳ', 'O'],
  ['РΡᏢᴘꓑ', 'P'],
  ['ԚႭ', 'Q'],
  ['ᎡʀꓣᏒ', 'R'],
  ['ЅᏚꜱꓢ', 'S'],
  ['ТΤᎢᴛꓔ', 'T'],
  ['ՍᴜꓴႮ', 'U'],
  ['ᏙᴠꓦⅤ', 'V'],
  ['ᎳᴡꓪԜ', 'W'],
  ['ХΧꓫⅩ', 'X'],
  ['ҮΥᎽʏꓬ', 'Y'],
  ['ΖᏃᴢꓜ', 'Z'],
  ['аα', 'a'],
  ['сϲ', 'c'],
  ['ԁ', 'd'],
  ['еҽ', 'e'],
  ['ɡց', 'g'],
  ['һհ', 'h'],
  ['іι', 'i'],
  ['ј', 'j'],
  ['к', 'k'],
  ['ո', 'n'],
  ['оοօ', 'o'],
  ['рρ', 'p'],
  ['ԛ', 'q'],
  ['ѕ', 's'],
  ['тτ', 't'],
  ['սυ', 'u'],
  ['ѵν', 'v'],
  ['ԝ', 'w'],
  ['х', 'x'],
  ['уγ', 'y'],
]

const latin = new Map<string, string>()
for (const [likes, letter] of LOOK_ALIKES) for (const like of likes) latin.set(like, letter)

const ASCII = /^[\0-\x7f]*$/
/** Marks that sit on letters, and characters that show nothing: zero-width, joiners, bidi, variation selectors, soft hyphens. */
const INVISIBLE = /[\p{M}\p{Default_Ignorable_Code_Point}\p{Cf}]/u

const TAG = 0xe0000
const REGIONAL_A = 0x1f1e6

/** ASCII in disguise: tag characters, regional indicators, letters in squares and circles that compatibility mapping leaves. */
const asciiOf = (point: number): string | undefined => {
  if (point >= TAG + 0x20 && point <= TAG + 0x7e) return String.fromCharCode(point - TAG)
  if (point >= REGIONAL_A && point < REGIONAL_A + 26) return String.fromCharCode(65 + point - REGIONAL_A)
  if (point >= 0x1f150 && point <= 0x1f169) return String.fromCharCode(65 + point - 0x1f150)
  if (point >= 0x1f170 && point <= 0x1f189) return String.fromCharCode(65 + point - 0x1f170)
  return undefined
}

const plainOf = (character: string): string =>
  asciiOf(character.codePointAt(0)!) ?? latin.get(character) ?? (INVISIBLE.test(character) ? '' : character)

/** Answers of `plainOf` for the basic plane, filled in as they are asked for. */
const known: (string | undefined)[] = Array.from({ length: 0x10000 })

const plain = (character: string): string =>
  character.length > 1 ? plainOf(character) : (known[character.charCodeAt(0)] ??= plainOf(character))

/** Before decomposition, which would turn the lunate sigma, a C to the eye, into a plain one. */
const likeness = (character: string): string => latin.get(character) ?? character

const isHighSurrogate = (code: number): boolean => code >= 0xd800 && code < 0xdc00

/** Replaces every character beyond ASCII. */
const eachBeyond = (text: string, replacement: (character: string) => string): string => {
  let result = ''
  let from = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code < 128) continue
    const end = isHighSurrogate(code) ? index + 2 : index + 1
    result += text.slice(from, index) + replacement(text.slice(index, end))
    from = end
    index = end - 1
  }
  return result + text.slice(from)
}

/** Long texts are taken in pieces: marks, which alone could cross the border between two, are taken out anyhow. */
const PIECE = 2 ** 14

const pieces = function* (text: string): Generator<string> {
  for (let from = 0; from < text.length;) {
    let end = Math.min(from + PIECE, text.length)
    if (isHighSurrogate(text.charCodeAt(end - 1)) && end < text.length) end++
    yield text.slice(from, end)
    from = end
  }
}

/**
 * The text as a reader would see it, in Latin letters: compatibility forms (full width, mathematical, circled) are
 * resolved, marks and invisible characters are taken out, look-alikes from other scripts are replaced.
 * Detectors see this beside the text itself; it is never what leaves.
 * @see Unicode Standard Annex 15 (NFKD) and Technical Standard 39 (confusables)
 */
export const normalize = (text: string): string => {
  if (ASCII.test(text)) return text
  const parts: string[] = []
  for (const piece of pieces(text)) parts.push(eachBeyond(eachBeyond(piece, likeness).normalize('NFKD'), plain))
  return parts.join('')
}
