import { Command } from 'commander'
import { tailLog, type LogEvent } from '../../log/reading/follow.ts'
import type { LogRecord } from '../../log/record.ts'
import { readyFolder } from '../context.ts'
import { filterOf, parseCount, withFilter, type FilterOptions } from '../decision-filter.ts'
import { examples } from '../terminal/examples.ts'
import { interruption } from '../terminal/interruption.ts'
import { row, stream, type Cell } from '../terminal/print.ts'

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
        const text = options.json ? JSON.stringify({ ...event.record, leafHash }) : spell(cells(event))
        await stream(`${text}\n`)
      }
    })

/** How wide the columns are on a terminal, where there is no table: it would have to know what is still to come. */
const widths = [24, 14, 36, 16, 20, 32, 8, 0]

const spell = (cells: readonly Cell[]): string =>
  process.stdout.isTTY
    ? row(cells)
        .split('\t')
        .map((text, index) => text.padEnd(widths[index] ?? 0))
        .join('  ')
        .trimEnd()
    : row(cells)

const cells = ({ record, decision, instrument, route, destination }: LogEvent): readonly Cell[] => [
  record.time,
  record.kind,
  decision,
  instrument,
  route,
  destination,
  ...tidings(record),
]

/** What a record says in two words: of a request what became of it and why, of anything else what happened and who or what for. */
const tidings = (record: LogRecord): readonly [Cell, Cell] => {
  if (record.kind === 'decision') return [record.verdict, record.reason]
  if (record.kind === 'outcome') return [record.result, record.error ?? record.status]
  return [
    firstOf(record, ['action', 'cause', 'version', 'file']),
    firstOf(record, ['actor', 'policy', 'since', 'error']),
  ]
}

const firstOf = (record: LogRecord, names: readonly string[]): Cell => {
  const members = record as unknown as Readonly<Record<string, unknown>>
  const value = names.map(name => members[name]).find(member => typeof member === 'string')
  return value ?? null
}
