import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..', '..')

/**
 * The commands that a reader of a page types: the lines of its `sh` blocks under a heading, or above the first one below the title; continued
 * lines joined.
 * @param page - such as `docs/quick-start.md`
 * @param heading - with its number signs; none: what comes before the first heading of the second level
 */
export const typedIn = (page: string, heading?: string): readonly string[] => {
  const text = readFileSync(join(root, page), 'utf8')
  const [before = '', ...after] = heading === undefined ? text.split(/^## /m) : text.split(`\n${heading}\n`)
  const section = heading === undefined ? before : (after[0] ?? '').split(/^#{1,3} (?=[A-Z])/m)[0]!
  return [...section.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, block = '']) =>
    block
      .replaceAll(/\\\n\s*/g, ' ')
      .split('\n')
      .filter(line => line.trim() !== ''),
  )
}

/** All commands of a page: the lines of its `sh` blocks, and those behind `$ ` of its `console` blocks; continued lines joined. */
export const typedOn = (page: string): readonly string[] =>
  [...readFileSync(join(root, page), 'utf8').matchAll(/^```(sh|console)\n(.*?)^```$/gms)].flatMap(
    ([, kind, text = '']) => {
      const lines = text
        .replaceAll(/\\\n\s*/g, ' ')
        .split('\n')
        .filter(line => line.trim() !== '')
      return kind === 'sh' ? lines : lines.filter(line => line.startsWith('$ ')).map(line => line.slice(2))
    },
  )
