import Table from 'cli-table3'
import type { Machine } from './machine.ts'
import { reaches, type Ratio, type Row } from './suite.ts'

/** Three significant digits. */
const brief = (value: number): string => (value >= 99.95 ? value.toFixed(0) : String(Number(value.toPrecision(3))))

const bar = (ratio: Ratio): string => {
  if (ratio.atMost !== undefined) return `≤ ${ratio.atMost}`
  return ratio.atLeast === undefined ? '' : `≥ ${ratio.atLeast}`
}

const verdict = (ratio: Ratio): string => {
  const reached = reaches(ratio)
  if (reached === null) return ''
  return reached ? 'reached' : 'missed'
}

/** Megabytes (10^6 octets) a second. */
const speed = ({ bytes, time: { mean }, unit }: Row): string => {
  if (bytes === 0) return ''
  if (unit === 'requests/s') return brief((bytes * mean) / 1e6)
  return brief(unit === 'us/message' ? bytes / mean : bytes / mean / 1e3)
}

const cells = (row: Row): string[] => {
  const { name, unit, time, ratio } = row
  return [
    name,
    `${brief(time.median)} ${unit}`,
    `${brief(time.p10)} to ${brief(time.p90)}`,
    speed(row),
    ratio ? `${brief(ratio.value)} × ${ratio.to}` : '',
    ratio ? bar(ratio) : '',
    ratio ? verdict(ratio) : '',
  ]
}

/** What the figures below were measured on. */
export const headingOf = ({ cpu, cores, load, node, platform, commit }: Machine): string =>
  `${cpu}, ${cores} cores, load ${load}; Node ${node}, ${platform}; ${commit ?? ''}`

/** The rows of one suite, for people. */
export const tableOf = (rows: readonly Row[]): string => {
  const table = new Table({
    head: ['', 'median', 'p10 to p90', 'MB/s', 'ratio in this run', 'bar', ''],
    style: { head: [], border: [], compact: true },
  })
  table.push(...rows.map(cells))
  return table.toString()
}

/** One row for machines: a line of JSON that says on what it was measured. */
export const lineOf = (row: Row, on: Machine): string =>
  JSON.stringify({ ...row, reached: row.ratio ? reaches(row.ratio) : null, machine: on })
