import { stripVTControlCharacters } from 'node:util'
import Table from 'cli-table3'

/** How a command prints: for people on a terminal, plain otherwise, or JSON. */
export type Output = { readonly json: boolean }

/** Text that comes from elsewhere, safe to show on a terminal: no control, escape or bidirectional character. */
export const harmless = (text: string): string =>
  stripVTControlCharacters(text).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\u{FFFD}')

export const line = (text = ''): void => void process.stdout.write(`${text}\n`)

export const json = (value: unknown): void => line(JSON.stringify(value))

type Cell = string | number | null

/** Rows under headings: a table on a terminal, tab-separated with one heading line when piped. */
export const table = (headings: readonly string[], rows: readonly (readonly Cell[])[]): void => {
  const texts = rows.map(row => row.map(cell => harmless(cell === null ? '-' : String(cell))))
  if (!process.stdout.isTTY) {
    line(headings.join('\t'))
    for (const row of texts) line(row.join('\t'))
    return
  }
  const isPlain = process.env.NO_COLOR !== undefined
  const grid = new Table({
    head: [...headings],
    style: isPlain ? { head: [], border: [] } : { head: ['bold'], border: ['grey'] },
  })
  grid.push(...texts)
  line(grid.toString())
}

/** Names and values, aligned on a terminal, tab-separated when piped. */
export const fields = (pairs: readonly (readonly [string, Cell])[]): void => {
  const width = Math.max(...pairs.map(([name]) => name.length))
  for (const [name, value] of pairs) {
    const text = harmless(value === null ? '-' : String(value))
    line(process.stdout.isTTY ? `${name.padEnd(width)}  ${text}` : `${name}\t${text}`)
  }
}

/** A line on the terminal that is not output: progress, a note. Silent when standard error is no terminal. */
export const progress = (text: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${text}`)
}
