import { Command } from 'commander'
import { openLogReader } from '../../log/reading/query.ts'
import { isFault, upstreamFaults } from '../../proxy/upstream/upstream-fault.ts'
import { readyFolder, type CommonOptions } from '../context.ts'
import { examples } from '../terminal/examples.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { fields, json, line } from '../terminal/print.ts'

export const showCommand = (): Command =>
  new Command('show')
    .description('show every record about a decision: itself, its outcome, reviews, replays')
    .argument('<id>', 'id of the decision')
    .addHelpText('after', examples('sluice log show 019aa0f2-7d1c-7abc-9def-0123456789ab'))
    .action((id: string, options: CommonOptions) => {
      const reader = openLogReader(readyFolder(options).log)
      try {
        const records = reader.show(id)
        if (records.length === 0)
          throw new Failure(
            `no decision has the id ${id}`,
            'run "sluice log list" for the ids there are',
            exitCodes.notFound,
          )
        for (const { record, leaf } of records) {
          const leafHash = Buffer.from(leaf).toString('hex')
          if (options.json) json({ ...record, leafHash })
          else showRecord(record, leafHash)
        }
      } finally {
        reader.close()
      }
    })

const showRecord = (record: object, leafHash: string): void => {
  fields([...pairsOf(record), ['leaf hash', leafHash]])
  line()
}

/** What a route on trial said is itself a small record. */
const pairsOf = (record: object): readonly (readonly [string, string | number | null])[] =>
  Object.entries(record).flatMap(([name, value]: [string, unknown]) => {
    if (name === 'trial') return pairsOf(value as object).map(([inner, text]) => [`trial ${inner}`, text] as const)
    if (name === 'error' && typeof value === 'string' && isFault(value)) {
      const { meaning, hint } = upstreamFaults[value]
      return [['error', value] as const, ['meaning', meaning] as const, ['what to do', hint] as const]
    }
    const isPlain = value === null || typeof value === 'number' || typeof value === 'string'
    return [[name, isPlain ? value : JSON.stringify(value)] as const]
  })
