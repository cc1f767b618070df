/**
 * Whether six or eight digits, a hyphen and four digits may be a time stamp (`231108-1606`) rather than a person:
 * the last four read as a time of day and the year is one in which instruments ran. Such forms need context.
 */
export const clockLike = (written: string): boolean => {
  const [, century, year, hour, minute] = /^(19|20)?(\d\d)\d{4}-?(\d\d)(\d\d)$/.exec(written) ?? []
  if (century === '19' || year === undefined) return false
  return Number(year) >= 8 && Number(year) <= 45 && Number(hour) < 24 && Number(minute) < 60
}
