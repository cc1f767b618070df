import { factsOf, type HeldCase, type Structure } from './held-case.ts'
import { harmless, type Cell } from '../terminal/print.ts'

/** A case of a blocked payload as Markdown (CommonMark with tables), for a ticket: what the log says, and the structure when it is given. */
export const caseMarkdown = (found: HeldCase, structure: Structure | null): string => {
  const facts = [
    `## Blocked payload ${found.decision}`,
    '',
    ...rows(['', ''], factsOf(found)),
    '',
    'Values of the payload are not in this report: a shape shows letters as `a` or `A` and digits as `0`.',
    '',
  ]
  if (structure === null) return facts.join('\n')
  const places = [...structure.head, ...structure.outline].map(({ pointer, type, size, shape }) => [
    pointer || '/',
    type,
    size,
    shape || null,
  ])
  const cut = structure.isCut ? ['', 'There is more than is listed here.'] : []
  return [...facts, ...rows(['place', 'type', 'size', 'shape'], places), ...cut, ''].join('\n')
}

const rows = (headings: readonly string[], cells: readonly (readonly Cell[])[]): readonly string[] => [
  `| ${headings.join(' | ')} |`,
  `| ${headings.map(() => '---').join(' | ')} |`,
  ...cells.map(row => `| ${row.map(spell).join(' | ')} |`),
]

/**
 * Everything in a code span, in which no markup counts. A bar would end the cell also there, and a grave accent the span: what is somebody
 * else's text links to nothing, mentions nobody and runs nowhere.
 * @see https://github.github.com/gfm/#tables-extension-
 */
const spell = (cell: Cell): string => {
  if (cell === null || cell === '') return ''
  return `\`${harmless(String(cell))
    .replaceAll('`', '´')
    .replaceAll('|', String.raw`\|`)}\``
}
