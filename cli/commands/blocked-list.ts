import { Command, InvalidArgumentError } from 'commander'
import { groupHeld, heldDimensions, type HeldDimension } from '../../log/held/held-groups.ts'
import { placesOf } from '../../log/held/held-list.ts'
import { openLogReader, type HeldRow } from '../../log/reading/query.ts'
import { readyFolder } from '../context.ts'
import { heldFilterOf, parseCount, withHeldFilter, type HeldFilterOptions } from '../decision-filter.ts'
import { examples } from '../terminal/examples.ts'
import { jsonLines, note, table } from '../terminal/print.ts'

type ListOptions = HeldFilterOptions & { readonly groupBy?: readonly HeldDimension[]; readonly limit?: number }

export const listCommand = (): Command =>
  withHeldFilter(new Command('list'))
    .description('list the blocked payloads that are held for review, newest first; or count them in groups')
    .option(
      '--group-by <names>',
      `count them instead, in groups, the largest first; by names separated by commas: ${heldDimensions.join(', ')}`,
      parseDimensions,
    )
    .option('--limit <n>', 'at most so many of them, or of the groups', parseCount)
    .addHelpText(
      'after',
      examples(
        'sluice blocked list --state held --since 7d',
        'sluice blocked list --group-by reason,instrument',
        'sluice blocked list --group-by place,detector --reason sensitive-content --state held',
        "sluice blocked list --place 'body /lanes/*/note' --json | jq -r .decision",
      ),
    )
    .action((options: ListOptions) => {
      const { groupBy, limit = Infinity } = options
      const rows = readRows(options, groupBy ? Infinity : limit + 1)
      if (groupBy) listGroups(rows, groupBy, options)
      else listRows(rows, options)
      if (rows.length > limit && !groupBy)
        note(`more than ${limit} of them are held: raise --limit, or narrow the list`)
    })

/** More than may ever be held. */
const ALL = Number.MAX_SAFE_INTEGER

const readRows = (options: ListOptions, limit: number): readonly HeldRow[] => {
  const reader = openLogReader(readyFolder(options).log)
  try {
    return reader.heldList({ ...heldFilterOf(options), limit: Math.min(limit, ALL) })
  } finally {
    reader.close()
  }
}

const listRows = (rows: readonly HeldRow[], { limit = Infinity, json: isJson }: ListOptions): void => {
  const shown = rows.slice(0, limit)
  if (isJson) return jsonLines(shown)
  table(
    ['time', 'id', 'state', 'instrument', 'route', 'reason', 'what', 'octets sealed'],
    shown.map(row => [
      row.time,
      row.decision,
      row.state,
      row.instrument,
      row.route,
      row.reason,
      whatOf(row),
      row.bytes,
    ]),
  )
}

/** What was found, or else the rule that was broken, and the first of the places. */
export const whatOf = (row: Pick<HeldRow, 'findings' | 'rule' | 'place'>): string | null => {
  const what =
    row.findings.length > 0 ? [...new Set(row.findings.map(({ detector }) => detector))].join(', ') : row.rule
  const [place, ...more] = placesOf(row)
  if (place === undefined) return what
  return `${what ?? '-'} in ${place}${more.length === 0 ? '' : ` and ${more.length} more`}`
}

const listGroups = (
  rows: readonly HeldRow[],
  by: readonly HeldDimension[],
  { limit = Infinity, json: isJson }: ListOptions,
): void => {
  const groups = groupHeld(rows, by).slice(0, limit)
  if (isJson) return jsonLines(groups)
  const headings = [...by, 'payloads', 'waiting', 'bytes', 'first', 'last'] as const
  table(
    headings,
    groups.map(group => headings.map(name => group[name] ?? null)),
  )
}

function parseDimensions(text: string): readonly HeldDimension[] {
  const names = text.split(',').map(name => name.trim()) as HeldDimension[]
  const unknown = names.find(name => !heldDimensions.includes(name))
  if (unknown !== undefined) throw new InvalidArgumentError(`there is no ${unknown} to group by.`)
  return [...new Set(names)]
}
