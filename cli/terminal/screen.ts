import { styleText } from 'node:util'
import type { Keyboard } from './keyboard.ts'
import { line } from './print.ts'

/** What a terminal is shown of a text that somebody else wrote, a screen at a time. */

/** Characters that command a terminal, turn the direction of text, or cannot be seen. */
const unseen = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu

/** A text with all that is not plainly visible spelled out, as `<U+001B>`: nothing in it commands the terminal, and nothing hides. */
export const visible = (text: string): string =>
  text.replaceAll(unseen, character => `<U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}>`)

/** Columns that are used of the terminal. */
export const columns = (): number => Math.max(20, process.stdout.columns || 80)

/**
 * Breaks a line so that each part fits, behind a space where there is one in its second half. No character is lost. What is not ASCII may take
 * two columns, so it counts as two.
 * @param indent - of all parts but the first
 */
export const broken = (text: string, width: number, indent = ''): readonly string[] => {
  const parts: string[] = []
  let part = ''
  let used = 0
  for (const character of text) {
    const takes = columnsOf(character)
    if (used + takes > width) {
      const space = part.lastIndexOf(' ') + 1
      const end = space > part.length / 2 ? space : part.length
      parts.push(part.slice(0, end))
      part = indent + part.slice(end)
      used = Array.from(part, columnsOf).reduce<number>((sum, each) => sum + each, 0)
    }
    part += character
    used += takes
  }
  return [...parts, part]
}

const columnsOf = (character: string): 1 | 2 => (character.codePointAt(0)! < 0x80 ? 1 : 2)

/** A name and what is said under it, with further lines below the first. */
export const titled = (name: string, text: string): readonly string[] => {
  const indent = ' '.repeat(Math.min(13, Math.floor(columns() / 4)))
  return broken(`${name.padEnd(indent.length - 1).slice(0, indent.length - 1)} ${visible(text)}`, columns(), indent)
}

export const bold = (text: string): string => styleText('bold', text, { stream: process.stdout })

const enter = '\u001b[?1049h'
const leave = '\u001b[?1049l'
const clear = '\u001b[H\u001b[2J'

/**
 * Shows lines on a screen of their own, of which nothing stays behind when it is left: neither on the terminal nor in what can be scrolled
 * back to. Space goes on, b back, q ends.
 */
export const page = async (lines: readonly string[], keyboard: Keyboard): Promise<void> => {
  const { stdout } = process
  const canSwitch = process.env.TERM !== 'dumb'
  const fitted = lines.flatMap(text => broken(visible(text), columns()))
  const height = Math.max(2, (stdout.rows || 24) - 1)
  const last = Math.max(0, fitted.length - height)
  let top = 0
  if (canSwitch) stdout.write(enter)
  try {
    for (;;) {
      if (canSwitch) stdout.write(clear)
      for (const text of fitted.slice(top, top + height)) line(text)
      stdout.write(statusOf(top, height, fitted.length))
      const next = move(await keyboard.key(), top, height)
      if (next === null) return
      top = Math.min(last, Math.max(0, next))
    }
  } finally {
    stdout.write(canSwitch ? leave : '\n')
  }
}

const statusOf = (top: number, height: number, total: number): string => {
  const end = Math.min(total, top + height)
  const more = end < total ? 'space on, ' : ''
  const back = top > 0 ? 'b back, ' : ''
  return `-- ${end} of ${total} -- ${more}${back}q end `.slice(0, columns() - 1)
}

/** The first line of the next screen; null at the end. */
const move = (key: string, top: number, height: number): number | null => {
  switch (key) {
    case 'q':
    case 'escape':
    case 'ctrl-d':
      return null
    case 'space':
    case 'pagedown':
    case 'f':
      return top + height
    case 'return':
    case 'down':
    case 'j':
      return top + 1
    case 'b':
    case 'pageup':
      return top - height
    case 'up':
    case 'k':
      return top - 1
    case 'home':
    case 'g':
      return 0
    case 'end':
    case 'G':
      return Number.MAX_SAFE_INTEGER
    default:
      return top
  }
}
