import { once } from 'node:events'
import { stripVTControlCharacters } from 'node:util'
import Table from 'cli-table3'

/** How a command prints: for people on a terminal, plain otherwise, or JSON. */
export type Output = { readonly json: boolean }

/** Text that comes from elsewhere, safe to show on a terminal: no control, escape or bidirectional character. */
export const harmless = (text: string): string =>
  stripVTControlCharacters(text).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\u{FFFD}')

export const line = (text = ''): void => void process.stdout.write(`${text}\n`)

/** Writes as fast as whoever reads takes it, so that what goes by the million is not kept in memory. */
export const stream = async (text: string): Promise<void> => {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain')
}

/** For people on standard error, beside what a command prints. */
export const note = (text: string): void => void process.stderr.write(`sluice: note: ${text}\n`)

/** JSON in one line. Its strings may be somebody else's text: no character of it commands a terminal, and all of them are still there. */
export const json = (value: unknown): void => line(spellJson(value))

/** One a line, written at once. */
export const jsonLines = (values: readonly unknown[]): void => {
  if (values.length > 0) line(values.map(spellJson).join('\n'))
}

export const spellJson = (value: unknown): string =>
  JSON.stringify(value).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escapeUnits)

/** As UTF-16 code units, which is how JSON escapes a character (RFC 8259 section 7). */
const escapeUnits = (character: string): string =>
  Array.from(
    { length: character.length },
    (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('')

export type Cell = string | number | null

/** One line of cells, separated by tabs: what a table is when it is piped. */
export const row = (cells: readonly Cell[]): string => cells.map(spell).join('\t')

const spell = (cell: Cell): string => harmless(cell === null ? '-' : String(cell))

/** Rows of a table with a frame: to lay out many of them takes minutes, and nobody looks at so many in a frame. */
const MOST_FRAMED = 200

/** Aligned by the code units of their texts, which is enough for ids, codes and numbers. */
const columns = (rows: readonly (readonly string[])[]): void => {
  const widths = rows.reduce<readonly number[]>(
    (widest, cells) => cells.map((cell, index) => Math.max(cell.length, widest[index] ?? 0)),
    [],
  )
  const lines = rows.map(cells =>
    cells
      .map((cell, index) => cell.padEnd(widths[index]!))
      .join('  ')
      .trimEnd(),
  )
  line(lines.join('\n'))
}

/** Rows under headings: a table on a terminal, tab-separated with one heading line when piped. */
export const table = (headings: readonly string[], rows: readonly (readonly Cell[])[]): void => {
  if (!process.stdout.isTTY) {
    line([headings, ...rows].map(row).join('\n'))
    return
  }
  const texts = rows.map(cells => cells.map(spell))
  if (rows.length > MOST_FRAMED) return columns([headings, ...texts])
  const isPlain = (process.env.NO_COLOR ?? '') !== ''
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
    const text = spell(value)
    line(process.stdout.isTTY ? `${name.padEnd(width)}  ${text}` : `${name}\t${text}`)
  }
}
