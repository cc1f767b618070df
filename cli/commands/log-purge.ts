import { Command } from 'commander'
import { purgeList, RETENTION, type PurgeItem, type PurgeObstacle } from '../../log/segments/purge-segments.ts'
import { changeLog } from '../change-log.ts'
import { confirmed, withConfirmation, type ConfirmOptions } from '../terminal/confirmed-list.ts'
import { readyFolder, type CommonOptions } from '../context.ts'
import { examples } from '../terminal/examples.ts'
import { actor } from '../review/held.ts'
import { json, line, table } from '../terminal/print.ts'
import { parseAge } from '../time.ts'
import { spellCount } from './rules-lint.ts'

type Options = CommonOptions & ConfirmOptions & { readonly olderThan: number }

export const purgeCommand = (): Command =>
  withConfirmation(
    new Command('purge')
      .description(
        'delete sealed segments that are older than six years, or than another age of at least 90 days. What is left stays provable, and the purge is itself a record.',
      )
      .option(
        '--older-than <age>',
        'delete segments all of whose records are older; 2192d (six years) when absent',
        parseAge,
        RETENTION,
      ),
  )
    .addHelpText(
      'after',
      examples(
        'sluice log purge --dry-run',
        'sluice log purge --confirm 5c2f0a91d7e84b6630c1f2a4d5e6b708',
        'sluice log purge --older-than 3650d --dry-run',
      ),
    )
    .action(async (options: Options) => {
      const folder = readyFolder(options)
      const { segments: items, obstacle, token } = purgeList(folder.log, options.olderThan)
      const plan = {
        action: 'purge',
        items,
        identify,
        headings,
        cells,
        isNamed: false,
        overview,
        remark: spell(obstacle),
      }
      if (!(await confirmed(plan, options))) return
      const { segments } = await changeLog(folder, 'purge', { age: options.olderThan, token, actor: actor() })
      if (options.json) return json({ purged: segments })
      table(headings, segments.map(cells))
      line(`purged: ${spellCount(segments.length, 'segment')}; "sluice log verify" says so from now on`)
    })

const overview = 'sluice log attach'

const identify = ({ first, last, count, root, since, until }: PurgeItem) => ({ first, last, count, root, since, until })

const headings = ['first', 'last', 'records', 'oldest', 'newest', 'root']

const cells = ({ first, last, count, since, until, root }: PurgeItem) => [first, last, count, since, until, root]

const spell = (obstacle: PurgeObstacle | null): string | null =>
  obstacle && `kept: the segment of records ${obstacle.first} to ${obstacle.last}, ${reasons[obstacle.why]}`

const reasons = {
  held: 'because a payload of one of its decisions is still held',
  'in-use': 'because it tells of the policy in force, the last start, or the last pause',
} satisfies Record<PurgeObstacle['why'], string>
