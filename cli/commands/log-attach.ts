import { Command } from 'commander'
import { attachStatements } from '../../log/segments/attach.ts'
import { logFiles } from '../../log/log-files.ts'
import { openReader } from '../../log/reading/reader.ts'
import { readyFolder, type CommonOptions } from '../context.ts'
import { examples } from '../terminal/examples.ts'
import { json, line } from '../terminal/print.ts'

export const attachCommand = (): Command =>
  new Command('attach')
    .description(
      'print the SQL with which the sqlite3 shell sees the whole log: it attaches the sealed segments, and makes the views span them',
    )
    .addHelpText(
      'after',
      examples(
        'sluice log attach > whole.sql',
        'sqlite3 -readonly -init whole.sql sluice-data/log/decisions.sqlite "SELECT count(*) FROM decisions"',
      ),
    )
    .action((options: CommonOptions) => {
      const { log } = readyFolder(options)
      const statements = statementsOf(log)
      if (options.json) return json({ database: logFiles(log).database, statements })
      if (statements.length === 0) line('-- nothing is sealed: decisions.sqlite has the whole log')
      for (const statement of statements) line(`${statement};`)
    })

const statementsOf = (log: string): readonly string[] => {
  const database = openReader(log)
  try {
    return attachStatements(database, log)
  } finally {
    database.close()
  }
}
