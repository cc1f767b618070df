/**
 * Points in time cut down to the minute: seconds become `00`, a fraction of them goes. ISO 8601 with or without an offset, and
 * `MM/DD/YYYY hh:mm:ss` as instruments write it.
 */

const date = String.raw`(?:\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])[T ]|(?:0[1-9]|1[0-2])/(?:0[1-9]|[12]\d|3[01])/\d{4} )`
const clock = String.raw`(?:[01]\d|2[0-3]):[0-5]\d`
const offset = String.raw`(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)?`

/** What a timestamp can be once it is cut down: a pattern that ECMAScript and RE2 read alike, and its longest text. */
export const minutePattern = { pattern: `^${date}${clock}(?::00)?${offset}$`, maxLength: 25 } as const

const timestamp = new RegExp(
  `^(?<minute>${date}${clock})(?<second>:(?:[0-5]\\d|60)(?:[.,]\\d{1,9})?)?(?<offset>${offset})$`,
)

/** @returns null for what is no timestamp */
export const cutToMinute = (text: string): string | null => {
  const { minute, second, offset = '' } = timestamp.exec(text)?.groups ?? {}
  return minute === undefined ? null : `${minute}${second === undefined ? '' : ':00'}${offset}`
}
