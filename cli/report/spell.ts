/** How the report spells numbers and times: the same everywhere, whatever the machine's language. */

const whole = new Intl.NumberFormat('en-GB')
const short = new Intl.NumberFormat('en-GB', { maximumSignificantDigits: 3 })

export const spellCount = (count: number): string => whole.format(count)

const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const

/** Octets in powers of 1000. */
export const spellOctets = (octets: number): string => {
  const power = octets < 1 ? 0 : Math.min(Math.floor(Math.log10(octets) / 3), units.length - 1)
  return `${short.format(octets / 1000 ** power)} ${units[power]}`
}

/** `2026-11-23 17:05 UTC`. */
export const spellTime = (time: string): string => `${time.slice(0, 10)} ${time.slice(11, 16)} UTC`

/** A share of a whole, `0 %` only for nothing and `100 %` only for all. */
export const spellShare = (part: number, all: number): string => {
  if (all === 0) return '–'
  const percent = (100 * part) / all
  if (part > 0 && percent < 0.1) return '< 0.1 %'
  if (part < all && percent > 99.9) return '> 99.9 %'
  return `${percent.toFixed(1)} %`
}
