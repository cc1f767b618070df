import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { format, type Options } from 'prettier'

const root = join(import.meta.dirname, '..', '..')

/** Markdown as `npm run format` leaves it. */
export const formatted = (text: string): Promise<string> => {
  const options = JSON.parse(readFileSync(join(root, '.prettierrc.json'), 'utf8')) as Options
  return format(text, { ...options, parser: 'markdown' })
}
