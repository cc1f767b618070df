import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

/** Sentences without persons, from what this computer has: nothing of it is in the project. Empty for a language that it has not. */
export const proseLanguages = ['en', 'fr', 'de', 'es', 'it'] as const
export type ProseLanguage = (typeof proseLanguages)[number]

const people =
  /@|author|auteur|autor|maintain|copyright|licen[cs]|contribut|thanks|merci|dank|gracias|sponsor|credit|https?:|written by|©|debian\.org|traduc|traduit|übersetz|tradott|\d{7}/i

/** Running text: words mostly, some length, and nobody whose name stands there on purpose. */
const isSentence = (text: string): boolean =>
  text.length > 60 &&
  text.length < 900 &&
  !people.test(text) &&
  (text.match(/\p{L}/gu)?.length ?? 0) > text.length * 0.7 &&
  text.split(' ').length > 8

const read = (file: string): string => {
  const bytes = readFileSync(file)
  return (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')
}

/** `\\('e`, `\\(:u`, `\\*(^a`: accents as manuals write them. */
const accents: Readonly<Record<string, string>> = {
  "'": '\u0301',
  '`': '\u0300',
  '^': '\u0302',
  ':': '\u0308',
  ',': '\u0327',
  '~': '\u0303',
}
const accented = (text: string): string =>
  text.replaceAll(/\\\*?\((['`^:,~])([A-Za-z])/g, (_, accent: string, letter: string) =>
    `${letter}${accents[accent]}`.normalize('NFC'),
  )

/** Paragraphs of a manual page without the marks of roff. */
const paragraphsOfManual = (file: string): readonly string[] =>
  accented(read(file))
    .split(/^(?:\.[A-Za-z]{1,3}\b.*|\s*)$/m)
    .map(part =>
      part
        .replaceAll(/\\f[A-Z]|\\f\(..|\\&|\\\//g, '')
        .replaceAll(/\\[(-].{0,2}/g, '-')
        .replaceAll(/\s+/g, ' ')
        .trim(),
    )

/** Messages that programs show, in the language of a catalogue of GNU gettext. */
const messagesOf = (file: string): readonly string[] => {
  const { status, stdout } = spawnSync('msgunfmt', ['--no-wrap', '--indent', file], {
    encoding: 'utf8',
    maxBuffer: 2 ** 27,
  })
  if (status !== 0) return []
  return [...stdout.matchAll(/^msgstr\s+"(.*)"$/gm)].map(([, text = '']) =>
    text
      .replaceAll(/\\n/g, ' ')
      .replaceAll(/\\["\\]/g, '"')
      .replaceAll(/%[-#0 +'\d.*$]*[a-z]+/g, '12'),
  )
}

/** Names of languages, countries and the people of old alphabets are lists of names, not prose. */
const isList = (file: string): boolean => /iso_|iso-codes|vim\.mo/.test(file)

const readmes = (files: number): readonly string[] =>
  globSync('node_modules/{*,@*/*}/{README,readme,CONTRIBUTING,SECURITY}.md')
    .sort()
    .slice(0, files)
    .flatMap(file =>
      readFileSync(file, 'utf8')
        .split(/\n\s*\n/)
        .filter(paragraph => !/^[\s`#|<[*]/.test(paragraph)),
    )

const licences = (): readonly string[] =>
  globSync('/usr/share/common-licenses/*')
    .sort()
    .flatMap(file => read(file).split(/\n\s*\n/))

/** Descriptions of installed packages. */
const descriptions = (): readonly string[] =>
  existsSync('/var/lib/dpkg/status')
    ? [...readFileSync('/var/lib/dpkg/status', 'utf8').matchAll(/^Description:.*\n((?: .+\n)+)/gm)].flatMap(
        ([, text = '']) => text.split(/\n \.\n/),
      )
    : []

/** Every nth of a list, so that all parts of it are heard. */
const spread = (list: readonly string[], most: number): readonly string[] => {
  const step = Math.max(1, Math.floor(list.length / most))
  return list.filter((_, index) => index % step === 0).slice(0, most)
}

const gathered = new Map<string, readonly string[]>()

/** All sentences of a language in that many files of each kind. */
const sentencesOf = (language: ProseLanguage, files: number): readonly string[] => {
  const known = gathered.get(`${language} ${files}`)
  if (known) return known
  const manuals = globSync(
    language === 'en' ? '/usr/share/man/man[1578]/*.gz' : `/usr/share/man/${language}/man*/*.gz`,
  ).sort()
  const catalogues = language === 'en' ? [] : globSync(`/usr/share/locale/${language}/LC_MESSAGES/*.mo`).sort()
  const texts = [
    ...(language === 'en' ? [...readmes(files), ...licences(), ...descriptions()] : []),
    ...manuals.slice(0, files).flatMap(paragraphsOfManual),
    ...catalogues
      .filter(file => !isList(file))
      .slice(0, Math.ceil(files / 8))
      .flatMap(messagesOf),
  ]
  const sentences = [...new Set(texts.map(text => text.replaceAll(/\s+/g, ' ').trim()))].filter(isSentence)
  gathered.set(`${language} ${files}`, sentences)
  return sentences
}

/**
 * Sentences of a language, always the same on the same computer; `half` takes every second one.
 * @param most - sentences
 * @param files - manuals that are read for them
 */
export const prose = (language: ProseLanguage, half: 'a' | 'b', most: number, files = 220): readonly string[] =>
  spread(
    sentencesOf(language, files).filter((_, index) => index % 2 === (half === 'a' ? 0 : 1)),
    most,
  )
