import { Command, InvalidArgumentError } from 'commander'
import { dimensionNames, statsOf, type Dimension } from '../../log/reading/stats.ts'
import { readyFolder } from '../context.ts'
import { filterOf, parseCount, withFilter, type FilterOptions } from '../decision-filter.ts'
import { examples } from '../terminal/examples.ts'
import { json, table } from '../terminal/print.ts'

type StatsOptions = FilterOptions & { readonly by?: readonly Dimension[]; readonly limit: number }

export const statsCommand = (): Command =>
  withFilter(new Command('stats').description('count decisions and octets in groups, the largest group first'))
    .option(
      '--by <names>',
      `what to group by, separated by commas; verdict,reason when absent. There are ${dimensionNames.join(', ')}`,
      parseDimensions,
    )
    .option('--limit <n>', 'at most so many groups', parseCount, 1_000)
    .addHelpText(
      'after',
      examples(
        'sluice log stats --by reason,instrument --since 7d',
        'sluice log stats --by day,destination --verdict forward --json',
        'sluice log stats --by detector,pointer --verdict block',
      ),
    )
    .action((options: StatsOptions) => {
      const by = options.by ?? (['verdict', 'reason'] as const)
      const rows = statsOf(readyFolder(options).log, by, filterOf(options), options.limit)
      if (options.json) return rows.forEach(json)
      const headings = [...by, ...counted]
      table(
        headings,
        rows.map(row => headings.map(name => row[name] ?? null)),
      )
    })

const counted = ['requests', 'forwarded', 'blocked', 'bytes_in', 'bytes_out', 'first', 'last'] as const

function parseDimensions(text: string): readonly Dimension[] {
  const names = text.split(',').map(name => name.trim()) as Dimension[]
  const unknown = names.find(name => !dimensionNames.includes(name))
  if (unknown !== undefined) throw new InvalidArgumentError(`there is no ${unknown} to group by.`)
  return [...new Set(names)]
}
