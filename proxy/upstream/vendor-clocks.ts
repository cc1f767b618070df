/** What the answers of one destination said of the time, at the last answer that did. */
export type VendorClock = {
  readonly host: string
  /** When that answer came, RFC 3339, by our clock. */
  readonly time: string
  /** Seconds by which our clock is ahead of the destination's; what the answer took on its way counts in. */
  readonly ahead: number
}

export type VendorClocks = {
  /** @param date - the field Date of an answer, as it came; what is no date says nothing */
  readonly note: (host: string, date: string | undefined, now: number) => void
  readonly status: () => readonly VendorClock[]
}

/**
 * Compares our clock with those of the destinations, by the answers to what is sent anyway: nothing is asked for it.
 * @see RFC 9110 section 6.6.1 (Date)
 */
export const vendorClocks = (): VendorClocks => {
  const last = new Map<string, VendorClock>()
  return {
    note: (host, date, now) => {
      const said = date === undefined ? Number.NaN : Date.parse(date)
      if (Number.isNaN(said)) return
      last.set(host, { host, time: new Date(now).toISOString(), ahead: Math.round((now - said) / 1_000) })
    },
    status: () => [...last.values()],
  }
}
