import { Command, Option } from 'commander'
import { openLogReader, type DecisionRow, type LogReader, type TrialRow } from '../../log/reading/query.ts'
import { readyFolder } from '../context.ts'
import { filterOf, parseCount, withFilter, type FilterOptions } from '../decision-filter.ts'
import { examples } from '../terminal/examples.ts'
import { row, stream, table } from '../terminal/print.ts'

type ListOptions = FilterOptions & {
  readonly limit: number
  /** `true`: with any verdict. */
  readonly trial?: 'would-allow' | 'would-block' | true
}

export const listCommand = (): Command =>
  withFilter(new Command('list').description('list decisions, newest first'))
    .addOption(
      new Option(
        '--trial [verdict]',
        'only what a report-only route judged as well, with what it said; with one verdict of it when it is given',
      ).choices(['would-allow', 'would-block']),
    )
    .option('--limit <n>', 'at most so many', parseCount, 100)
    .addHelpText(
      'after',
      examples(
        'sluice log list --verdict block --since 1d',
        'sluice log list --trial would-block --since 7d',
        'sluice log list --json | jq -r .reason',
      ),
    )
    .action(async (options: ListOptions) => {
      const reader = openLogReader(readyFolder(options).log)
      try {
        await list(reader, options)
      } finally {
        reader.close()
      }
    })

const list = (reader: LogReader, options: ListOptions): Promise<void> => {
  const { trial, limit } = options
  const filter = { ...filterOf(options), limit }
  if (trial === undefined) return print(reader.each(filter), headings, cells, options)
  return print(reader.trials({ ...filter, ...(trial !== true && { trial }) }), trialHeadings, trialCells, options)
}

type Cells = readonly (string | number | null)[]

const print = async <Row>(
  found: Iterable<Row>,
  headings: readonly string[],
  cells: (row: Row) => Cells,
  { json }: ListOptions,
): Promise<void> => {
  if (json) for (const one of found) await stream(`${JSON.stringify(one)}\n`)
  else if (process.stdout.isTTY) table(headings, [...found].map(cells))
  else {
    await stream(`${row(headings)}\n`)
    for (const one of found) await stream(`${row(cells(one))}\n`)
  }
}

const trialHeadings = ['time', 'id', 'instrument', 'verdict', 'route', 'reason', 'trial', 'on route', 'for', 'found']

const trialCells = (one: TrialRow) => [
  one.time,
  one.id,
  one.instrument,
  one.verdict,
  one.route,
  one.reason,
  one.trial,
  one.candidate,
  one.trial_reason,
  one.trial_findings ?? one.trial_place,
]

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
