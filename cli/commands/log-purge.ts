import { Command } from 'commander'
import { purgeList, RETENTION, type PurgeItem, type PurgeList, type PurgeObstacle } from '../../log/purge-segments.ts'
import { changeLog } from '../change-log.ts'
import { readyFolder, type CommonOptions } from '../context.ts'
import { examples } from '../examples.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { actor } from '../held.ts'
import { json, line, table } from '../print.ts'
import { parseAge } from '../time.ts'
import { spellCount } from './rules-lint.ts'

type Options = CommonOptions & { readonly olderThan: number; readonly dryRun?: boolean; readonly confirm?: string }

export const purgeCommand = (): Command =>
  new Command('purge')
    .description(
      'delete sealed segments that are older than six years, or than another age of at least 90 days. What is left stays provable, and the purge is itself a record.',
    )
    .option(
      '--older-than <age>',
      'delete segments all of whose records are older; 2192d (six years) when absent',
      parseAge,
      RETENTION,
    )
    .option('--dry-run', 'list what would be deleted, with the token that confirms exactly this')
    .option('--confirm <token>', 'delete what a dry run listed; exits with 7 when the list has changed since')
    .addHelpText(
      'after',
      examples(
        'sluice log purge --dry-run',
        'sluice log purge --confirm 5f0c1d2e3b4a5968',
        'sluice log purge --older-than 3650d --dry-run',
      ),
    )
    .action(async ({ olderThan, dryRun, confirm, ...options }: Options) => {
      if ((dryRun === true) === (confirm !== undefined))
        throw new Failure(
          'nothing was purged: it takes either a dry run, or the token of one',
          'run "sluice log purge --dry-run" first, then "sluice log purge --confirm" with the token that it prints',
          exitCodes.usage,
        )
      const folder = readyFolder(options)
      if (confirm === undefined) return tellList(purgeList(folder.log, olderThan), options)
      const { segments } = await changeLog(folder, 'purge', { age: olderThan, token: confirm, actor: actor() })
      if (options.json) return json({ purged: segments })
      tellSegments(segments)
      line(`purged: ${spellCount(segments.length, 'segment')}; "sluice log verify" says so from now on`)
    })

const tellList = (list: PurgeList, options: CommonOptions): void => {
  if (options.json) return json(list)
  tellSegments(list.segments)
  if (list.obstacle !== null)
    line(`kept: the segment of records ${list.obstacle.first} to ${list.obstacle.last}, ${reasons[list.obstacle.why]}`)
  if (list.segments.length === 0) return line('nothing to purge: no sealed segment is old enough')
  line(`to delete exactly these: sluice log purge --confirm ${list.token} (with the same --older-than)`)
}

const reasons = {
  held: 'because a payload of one of its decisions is still held',
  'in-use': 'because it tells of the policy in force, the last start, or the last pause',
} satisfies Record<PurgeObstacle['why'], string>

const tellSegments = (segments: readonly PurgeItem[]): void =>
  table(
    ['first', 'last', 'records', 'oldest', 'newest', 'root'],
    segments.map(({ first, last, count, since, until, root }) => [first, last, count, since, until, root]),
  )
