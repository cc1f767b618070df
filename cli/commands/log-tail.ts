import { Command } from 'commander'
import { tailLog, type LogEvent } from '../../log/follow.ts'
import type { LogRecord } from '../../log/record.ts'
import { readyFolder } from '../context.ts'
import { filterOf, parseCount, withFilter, type FilterOptions } from '../decision-filter.ts'
import { examples } from '../examples.ts'
import { interruption } from '../interruption.ts'
import { row, stream, type Cell } from '../print.ts'

type TailOptions = FilterOptions & { readonly lines: number; readonly follow?: boolean }

export const tailCommand = (): Command =>
  withFilter(
    new Command('tail').description(
      'print the last records, oldest first; a filter leaves the decisions that fit it and the records about them',
    ),
  )
    .option('-n, --lines <n>', 'how many of those that are there', parseCount, 10)
    .option('-f, --follow', 'go on with each record as it is written, until interrupted')
    .addHelpText(
      'after',
      examples('sluice log tail --follow', 'sluice log tail -f --json --verdict block | jq -r .reason'),
    )
    .action(async (options: TailOptions) => {
      const { log } = readyFolder(options)
      const follow = options.follow ? interruption() : null
      for await (const event of tailLog(log, filterOf(options), options.lines, follow)) {
        const leafHash = Buffer.from(event.leaf).toString('hex')
        await stream(options.json ? `${JSON.stringify({ ...event.record, leafHash })}\n` : `${row(cells(event))}\n`)
      }
    })

const cells = ({ record, decision, instrument, route, destination }: LogEvent): readonly Cell[] => [
  record.time,
  record.kind,
  decision,
  instrument,
  route,
  destination,
  ...tidings(record),
]

/** What a record says in two words: for a decision its verdict and reason, for others what happened and why. */
const tidings = (record: LogRecord): readonly [Cell, Cell] => {
  switch (record.kind) {
    case 'decision':
      return [record.verdict, record.reason]
    case 'outcome':
      return [record.result, record.error ?? record.status]
    case 'review':
      return [record.action, record.actor]
    case 'purge':
      return [record.cause, record.actor]
    case 'start':
      return [record.version, record.policy]
    case 'stop':
      return [record.cause, null]
    case 'rules.activate':
      return [record.cause, record.policy]
    case 'gap':
      return [record.cause, `since ${record.since}, ${record.refused} refused`]
  }
}
