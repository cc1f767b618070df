import type { Spread } from './measure.ts'

/** How one figure stands to another of the same run. */
export type Ratio = {
  /** What it is compared with. */
  readonly to: string
  readonly value: number
  /** The bar, where the project sets one: the ratio must be at most, or at least, this. */
  readonly atMost?: number
  readonly atLeast?: number
}

/** One figure. It is a line of the table, and with `--json` a line of JSON. */
export type Row = {
  readonly suite: string
  /** What was measured, in words that stay the same from one version to the next. */
  readonly name: string
  /** `ms/request`: of CPU. `MB`: 10^6 octets of memory or disk. */
  readonly unit: 'us/message' | 'ms' | 'ms/request' | 'requests/s' | 'MB' | 'descriptors' | 'certificates/s'
  readonly time: Spread
  /** Octets that one unit of work took in, with which the table gives a speed; 0 where there is none. */
  readonly bytes: number
  readonly ratio?: Ratio
}

/** What a suite says while it runs. */
export type Report = {
  readonly row: (row: Omit<Row, 'suite'>) => void
  /** Something a reader has to know, such as a peer that is not installed. */
  readonly note: (text: string) => void
}

/** What the command line says of how long a suite goes on. */
export type Extent = {
  /** Requests that `soak` sends; null as many as last about two minutes. */
  readonly requests: number | null
}

/** A group of figures that belong together. To add one, write it in `suites/` and name it in `main.ts`. */
export type Suite = {
  readonly name: string
  /** One line for `--help`. */
  readonly title: string
  /** Runs only when it is named. */
  readonly isExtra?: true
  readonly run: (report: Report, extent: Extent) => Promise<void> | void
}

/** Whether a ratio reaches its bar; null where there is none. */
export const reaches = ({ value, atMost, atLeast }: Ratio): boolean | null => {
  if (atMost !== undefined) return value <= atMost
  return atLeast === undefined ? null : value >= atLeast
}
