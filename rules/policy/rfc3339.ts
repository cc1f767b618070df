const form =
  /^(?<year>\d{4})-(?<month>\d{2})-(?<day>\d{2})(?:T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d))?$/

/**
 * The instant that a date-time names, or the first instant of a date in UTC: whoever writes "until" gets no hour more.
 * @returns milliseconds since the epoch; null for what is neither, or names a day that there is not
 * @see RFC 3339 section 5.6
 */
export const instantOf = (text: string): number | null => {
  const { year, month, day } = form.exec(text)?.groups ?? {}
  if (day === undefined) return null
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)))
  // A day beyond the end of its month would be one of the next.
  return date.getUTCDate() === Number(day) && date.getUTCMonth() === Number(month) - 1 ? Date.parse(text) : null
}
