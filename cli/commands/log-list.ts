import { Command } from 'commander'
import { openLogReader, type DecisionRow, type LogReader } from '../../log/query.ts'
import { readyFolder } from '../context.ts'
import { filterOf, parseCount, withFilter, type FilterOptions } from '../decision-filter.ts'
import { examples } from '../examples.ts'
import { row, stream, table } from '../print.ts'

type ListOptions = FilterOptions & { readonly limit: number }

export const listCommand = (): Command =>
  withFilter(new Command('list').description('list decisions, newest first'))
    .option('--limit <n>', 'at most so many', parseCount, 100)
    .addHelpText(
      'after',
      examples('sluice log list --verdict block --since 1d', 'sluice log list --json | jq -r .reason'),
    )
    .action(async (options: ListOptions) => {
      const reader = openLogReader(readyFolder(options).log)
      try {
        await list(reader, options)
      } finally {
        reader.close()
      }
    })

const list = async (reader: LogReader, options: ListOptions): Promise<void> => {
  const found = reader.each({ ...filterOf(options), limit: options.limit })
  if (options.json) for (const decision of found) await stream(`${JSON.stringify(decision)}\n`)
  else if (process.stdout.isTTY) table(headings, [...found].map(cells))
  else {
    await stream(`${row(headings)}\n`)
    for (const decision of found) await stream(`${row(cells(decision))}\n`)
  }
}

const headings = ['time', 'id', 'instrument', 'route', 'destination', 'verdict', 'reason', 'found', 'answer']

const cells = (decision: DecisionRow) => [
  decision.time,
  decision.id,
  decision.instrument,
  decision.route,
  decision.destination,
  decision.verdict,
  decision.reason,
  decision.findings ?? decision.place,
  decision.error ?? decision.response_status,
]
