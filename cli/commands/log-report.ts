import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { Command } from 'commander'
import { figuresOf } from '../../log/figures/figures.ts'
import { version } from '../../proxy/version.ts'
import { readyFolder } from '../context.ts'
import { filterOf, withFilter, type FilterOptions } from '../decision-filter.ts'
import { examples } from '../terminal/examples.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { json } from '../terminal/print.ts'
import { reportPage } from '../report/page.ts'
import { parseTime } from '../time.ts'

type ReportOptions = FilterOptions & { readonly output?: string }

export const reportCommand = (): Command =>
  withFilter(
    new Command('report').description(
      'write one HTML page, for people: what left and what was stopped, by instrument, destination, route, reason and field, over time',
    ),
  )
    .option('-o, --output <file>', 'file to write, replaced when it is there; standard output when absent')
    .addHelpText(
      'after',
      examples('sluice log report --since 30d -o report.html', 'sluice log report --since 90d --json | jq .total'),
    )
    .action((options: ReportOptions) => {
      const now = new Date().toISOString()
      const filter = { since: parseTime('30d'), until: now, ...filterOf(options) }
      if (filter.since >= filter.until)
        throw new Failure(
          'the report would end before it begins',
          'give --since a time before --until',
          exitCodes.usage,
        )
      const figures = figuresOf(readyFolder(options).log, filter)
      if (options.json) return json(figures)
      const page = reportPage(figures, { time: now, version })
      if (options.output === undefined) return void process.stdout.write(page)
      replace(options.output, page)
    })

/** Whoever has the page open never sees half of it. */
const replace = (file: string, text: string): void => {
  const temporary = `${file}.new`
  try {
    writeFileSync(temporary, text)
    renameSync(temporary, file)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}
