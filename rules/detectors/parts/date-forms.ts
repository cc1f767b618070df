/** Dates as people and machines write them, for detectors that must know one when they see one. */

const day = '(?:0?[1-9]|[12]\\d|3[01])'
const month = '(?:0?[1-9]|1[0-2])'
const year = '(?:1[89]|20)\\d{2}'
const shortYear = `(?:${year}|\\d{2})`

/** Folded month names and abbreviations: English, French, German, Spanish, Italian, Nordic. */
const monthName =
  '(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|janv|fev|avr|mai|juin|juil|aout|janner|jaen|marz|maerz|okt|dez|ene|abr|ago|dic|gen|mag|giu|lug|set|ott|maj|des|tammi|helmi|maalis|huhti|touko|kesa|heina|elo|syys|loka|marras|joulu)[a-z]{0,7}'

const left = '(?<![\\p{L}\\p{N}]|\\d[._/-])'
const right = '(?![\\p{L}\\p{N}]|[._/-]\\d)'

/** `1980-03-04`, `04.03.1980`, `3/4/80`, `04 03 1980`, `1980-03-04T00:00`; also compact `19800304` when `compact` is asked for. */
const numeric = `${year}([-./ ])${month}\\1${day}(?=[Tt]\\d|${right})|${day}([-./]) ?${month}\\2 ?${shortYear}${right}|${month}([-./])${day}\\3${shortYear}${right}|${day} ${month} ${year}${right}`
const named = `${day}(?:st|nd|rd|th|er|\\.|º|a)?[ -]?(?:de |of )?${monthName}\\.?,?[ -]?(?:de |del )?(?:${year}|'?\\d{2})${right}|${monthName}\\.?[ -]${day}(?:st|nd|rd|th)?,?[ -](?:${year})${right}|${year}[ -]${monthName}[ -]${day}${right}`
const compact = `(?:${year}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\\d|3[01])|(?:0[1-9]|[12]\\d|3[01])(?:0[1-9]|1[0-2])${year}|(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\\d|3[01])${year}|\\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\\d|3[01]))${right}`

/** Every written form of a date, in folded text. Global: use with `matchAll`. */
export const dateForms: RegExp = new RegExp(`${left}(?:${numeric}|${named}|${compact})`, 'gu')

const separated = new RegExp(`${left}(?:${numeric})`, 'gu')

/** Leaves out what is written as a date with separators, so that the rest can be read as something else. */
export const withoutDates = (text: string): string => text.replace(separated, '')
