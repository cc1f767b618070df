import { styleText } from 'node:util'
import { harmless } from '../terminal/print.ts'

/** A line of a screen, and how it is to be noticed. */
export type ScreenLine = { readonly text: string; readonly tone: 'plain' | 'heading' | 'good' | 'bad' }

export type Screen = {
  readonly columns: () => number
  readonly rows: () => number
  /** Shows these lines instead of those before; what does not fit is cut off. */
  readonly draw: (lines: readonly ScreenLine[]) => void
  /** Gives the terminal back as it was. */
  readonly close: () => void
}

/** What a terminal without a size, such as a serial line, is taken for. */
const USUAL = { columns: 80, rows: 24 }

const styles = { heading: 'bold', good: 'green', bad: 'red' } as const

/**
 * Takes over the terminal of standard output: its alternate screen, so that what was there comes back, and no cursor. Each picture is one write over
 * the one before, which does not flicker over slow lines.
 * @param onResize - called when the terminal has another size, to draw anew
 * @param onKey - each key that is pressed, as the terminal spells it
 * @see https://invisible-island.net/xterm/ctlseqs/ctlseqs.html (DECSET 1049 and 25, CUP, EL, ED)
 */
export const openScreen = (onResize: () => void, onKey: (key: string) => void): Screen => {
  const { stdin, stdout } = process
  const columns = (): number => stdout.columns || USUAL.columns
  const rows = (): number => stdout.rows || USUAL.rows
  const hear = (key: Buffer): void => onKey(key.toString())
  stdout.write('\u{1B}[?1049h\u{1B}[?25l')
  stdout.on('resize', onResize)
  if (stdin.isTTY) stdin.setRawMode(true).on('data', hear).resume()
  return {
    columns,
    rows,
    draw: lines => {
      const shown = lines.slice(0, rows()).map(line => `${paint(line, columns())}\u{1B}[K`)
      stdout.write(`\u{1B}[H${shown.join('\r\n')}\u{1B}[J`)
    },
    close: () => {
      stdout.off('resize', onResize)
      if (stdin.isTTY) stdin.setRawMode(false).off('data', hear).pause()
      stdout.write('\u{1B}[?25h\u{1B}[?1049l')
    },
  }
}

const paint = ({ text, tone }: ScreenLine, columns: number): string => {
  const shown = harmless(text).slice(0, columns)
  // styleText leaves the styles out with NO_COLOR
  return tone === 'plain' ? shown : styleText(styles[tone], shown, { stream: process.stdout })
}
