/** How the report spells numbers and times: the same everywhere, whatever the machine's language. */

const whole = new Intl.NumberFormat('en-GB')
const short = new Intl.NumberFormat('en-GB', { maximumSignificantDigits: 3 })

export const spellCount = (count: number): string => whole.format(count)

/** Keeps a number and its unit on one line. */
const NBSP = '\u{A0}'

const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const

/** Octets in powers of 1000. */
export const spellOctets = (octets: number): string => {
  const power = octets < 1 ? 0 : Math.min(Math.floor(Math.log10(octets) / 3), units.length - 1)
  return `${short.format(octets / 1000 ** power)}${NBSP}${units[power]}`
}

/** `2026-11-23 17:05 UTC`. */
export const spellTime = (time: string): string => `${time.slice(0, 10)}${NBSP}${time.slice(11, 16)}${NBSP}UTC`

/** A share of a whole, `0 %` only for nothing and `100 %` only for all. */
export const spellShare = (part: number, all: number): string => {
  if (all === 0) return '–'
  const percent = (100 * part) / all
  if (part > 0 && percent < 0.1) return `<${NBSP}0.1${NBSP}%`
  if (part < all && percent > 99.9) return `>${NBSP}99.9${NBSP}%`
  return `${percent.toFixed(1)}${NBSP}%`
}
