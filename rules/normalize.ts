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
const BEYOND_ASCII = /[^\0-\x7f]/gu

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

const plain = (character: string): string =>
  asciiOf(character.codePointAt(0)!) ?? latin.get(character) ?? (INVISIBLE.test(character) ? '' : character)

/**
 * The text as a reader would see it, in Latin letters: compatibility forms (full width, mathematical, circled) are
 * resolved, marks and invisible characters are taken out, look-alikes from other scripts are replaced.
 * Detectors see this beside the text itself; it is never what leaves.
 * @see Unicode Standard Annex 15 (NFKD) and Technical Standard 39 (confusables)
 */
export const normalize = (text: string): string =>
  ASCII.test(text) ? text : text.normalize('NFKD').replace(BEYOND_ASCII, plain)
