import { Command } from 'commander'
import { openLogReader, type ActivationRow } from '../../log/reading/query.ts'
import type { DataFolder } from '../../proxy/data-folder.ts'
import { copiedPolicy } from '../../proxy/policy/policy-copies.ts'
import { activate, checkCandidate, printActivation } from '../rules/activate.ts'
import { readyFolder, type CommonOptions } from '../context.ts'
import { examples } from '../terminal/examples.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { json, table } from '../terminal/print.ts'

export const historyCommand = (): Command =>
  new Command('history')
    .description('list the policies that came into force, oldest first, as the decision log has them')
    .addHelpText('after', examples('sluice rules history', 'sluice rules history --json | jq -r .digest'))
    .action((options: CommonOptions) => {
      const rows = historyOf(readyFolder(options))
      const last = rows.at(-1)
      if (options.json)
        for (const row of rows) {
          const { policy, ...rest } = row
          json({ ...rest, digest: policy, inForce: row === last })
        }
      else
        table(
          ['number', 'time', 'digest', 'cause', 'actor', 'in force'],
          rows.map(row => [row.number, row.time, row.policy, row.cause, row.actor, row === last ? 'yes' : null]),
        )
    })

export const rollbackCommand = (): Command =>
  new Command('rollback')
    .description('activate an earlier policy again, from the copy that was kept of it, after the same checks')
    .argument('[number]', 'number in "rules history"; the policy that was in force before this one when absent')
    .addHelpText('after', examples('sluice rules rollback', 'sluice rules rollback 3'))
    .action(async (number: string | undefined, options: CommonOptions) => {
      const folder = readyFolder(options)
      const isJson = options.json ?? false
      const file = copiedPolicy(folder, chosen(historyOf(folder), number))
      const candidate = checkCandidate(file, isJson)
      printActivation(file, candidate, await activate(folder, candidate, 'rollback'), isJson)
    })

const historyOf = (folder: DataFolder): readonly ActivationRow[] => {
  const reader = openLogReader(folder.log)
  try {
    return reader.activations()
  } finally {
    reader.close()
  }
}

const chosen = (rows: readonly ActivationRow[], number: string | undefined): ActivationRow => {
  const previous = rows.at(-1)?.previous
  const row =
    number === undefined
      ? rows.findLast(({ policy }) => policy === previous)
      : rows.find(row => String(row.number) === number)
  if (row) return row
  throw new Failure(
    number === undefined ? 'no policy was in force before this one' : `no activation has the number ${number}`,
    'run "sluice rules history" for those there are',
    exitCodes.notFound,
  )
}
