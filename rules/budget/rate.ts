const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Lengths of the windows that budgets are reckoned over, in milliseconds. */
export const windows = { minute: MINUTE, hour: HOUR, day: DAY } as const

export type Per = keyof typeof windows

/** How many messages an instrument may send on a route within any stretch of time of that length. */
export type Rate = { readonly messages: number; readonly per: Per }

/** The most messages that a rate lets through in a day: a day is so many windows, and no window holds more. */
export const messagesPerDay = ({ messages, per }: Rate): number => messages * (DAY / windows[per])
