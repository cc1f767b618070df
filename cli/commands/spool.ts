import { Command, Option } from 'commander'
import { openLogReader, type LogReader } from '../../log/reading/query.ts'
import type { LogRecord, SpoolEntry } from '../../log/record.ts'
import type { SpoolFilter, SpoolRow } from '../../log/spool/spool-rows.ts'
import {
  isKept,
  isSpoolEvent,
  nextSpoolState,
  spoolStateAfter,
  spoolStates,
  type SpoolState,
} from '../../log/spool/states.ts'
import type { DataFolder } from '../../proxy/data-folder.ts'
import { isFault, upstreamFaults } from '../../proxy/upstream/upstream-fault.ts'
import { promises } from '../../rules/delivery.ts'
import { confirmed, withConfirmation, type ConfirmOptions } from '../terminal/confirmed-list.ts'
import { readyFolder, type CommonOptions } from '../context.ts'
import { examples } from '../terminal/examples.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { fields, json, line, table, type Cell } from '../terminal/print.ts'
import { decideEach } from '../spool-client.ts'

export const spoolCommand = (): Command =>
  new Command('spool')
    .description('look after what was accepted and waits for its destination: list it, try it now, or drop it')
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(decisionCommand('retry'))
    .addCommand(decisionCommand('drop'))

type FilterOptions = { readonly state?: SpoolState; readonly instrument?: string }

const withFilter = (command: Command): Command =>
  command
    .addOption(
      new Option('--state <state>', 'only in this state').choices(
        Object.keys(spoolStates).filter(state => isKept(state as SpoolState)),
      ),
    )
    .option('--instrument <id>', 'only of this instrument')

const filterOf = ({ state, instrument }: FilterOptions): SpoolFilter => ({
  ...(state !== undefined && { state }),
  ...(instrument !== undefined && { instrument }),
})

const reading = <T>(folder: DataFolder, read: (reader: LogReader) => T): T => {
  const reader = openLogReader(folder.log)
  try {
    return read(reader)
  } finally {
    reader.close()
  }
}

const listCommand = (): Command =>
  withFilter(new Command('list'))
    .description('list what waits, in the order in which it was accepted; no payload is shown anywhere')
    .addHelpText('after', examples('sluice spool list', 'sluice spool list --state unknown --json | jq -r .decision'))
    .action((options: CommonOptions & FilterOptions) => {
      const rows = reading(readyFolder(options), reader => reader.spoolList(filterOf(options)))
      if (options.json) return rows.forEach(json)
      const headings = [
        'accepted',
        'id',
        'state',
        'instrument',
        'route',
        'octets',
        'promise',
        'attempts',
        'last',
        'expires',
      ]
      table(headings, rows.map(cellsOf))
    })

const cellsOf = (row: SpoolRow): readonly Cell[] => [
  row.time,
  row.decision,
  row.state,
  row.instrument,
  row.route,
  row.bytes,
  row.promise,
  row.attempts,
  row.error ?? row.status,
  row.expires,
]

const showCommand = (): Command =>
  new Command('show')
    .description('show what became of one request that was spooled: its state, each attempt, and how that ended')
    .argument('<id>', 'id of the decision')
    .addHelpText('after', examples('sluice spool show 019aa0f2-7d1c-7abc-9def-0123456789ab'))
    .action((id: string, options: CommonOptions) => {
      const records = reading(readyFolder(options), reader => reader.show(id).map(({ record }) => record))
      const decision = records.find(record => record.kind === 'decision' && record.id === id)
      if (decision?.kind !== 'decision' || !decision.spool)
        throw new Failure(
          `no request with the id ${id} was spooled`,
          'run "sluice spool list" for what waits, and "sluice log list" for all decisions',
          exitCodes.notFound,
        )
      const { promise, bytes, expires } = decision.spool
      const events = records.filter(isEvent)
      const state = spoolStateAfter(
        events.map(({ kind }) => kind),
        promise,
      )
      const subject = { instrument: decision.instrument, destination: decision.destination, route: decision.route }
      if (options.json)
        return json({ decision: id, state, accepted: decision.time, ...subject, promise, bytes, expires, events })
      fields([
        ['decision', id],
        ['state', state && `${state}: ${spoolStates[state]}`],
        ['accepted', decision.time],
        ...Object.entries(subject),
        ['promise', `${promise}: what may have arrived, ${promises[promise]}`],
        ['octets sealed', bytes],
        ['waits until', expires],
        ...meaningOf(events.at(-1)),
      ])
      line()
      table(['time', 'what', 'who', 'answer', 'next attempt', 'because'], events.map(eventCells))
    })

type SpoolRecord = LogRecord & SpoolEntry

const isEvent = (record: LogRecord): record is SpoolRecord => isSpoolEvent(record.kind)

const eventCells = (event: SpoolRecord): readonly Cell[] => [
  event.time,
  event.kind,
  event.actor,
  'error' in event ? (event.error ?? event.status) : null,
  'next' in event ? event.next : null,
  'because' in event ? event.because : null,
]

const meaningOf = (event: SpoolRecord | undefined): readonly (readonly [string, Cell])[] => {
  if (!event || !('error' in event) || event.error === null || !isFault(event.error)) return []
  const { meaning, hint } = upstreamFaults[event.error]
  return [
    ['meaning', meaning],
    ['what to do', hint],
  ]
}

const decisions = {
  retry: {
    event: 'spool.retry',
    description:
      'send what is unknown or stuck after all, or try what waits now; what is unknown may then reach its destination twice',
    example: "sluice spool retry --state unknown --because 'the vendor has none of these, ticket 4711' --dry-run",
  },
  drop: {
    event: 'spool.dropped',
    description: 'delete what waits, for good; nobody has it then but perhaps the instrument. Is recorded.',
    example: "sluice spool drop 019aa0f2-7d1c-7abc-9def-0123456789ab --because 'the vendor has it, ticket 4711'",
  },
} as const

type DecisionOptions = CommonOptions & FilterOptions & ConfirmOptions & { readonly because: string }

const decisionCommand = (action: keyof typeof decisions): Command => {
  const { event, description, example } = decisions[action]
  const isPossible = ({ state, promise }: SpoolRow): boolean =>
    nextSpoolState(state, event, promise) !== null || (action === 'retry' && state === 'waiting')
  return withConfirmation(
    withFilter(new Command(action).argument('[ids...]', 'ids of decisions whose requests wait; or none, and a filter')),
  )
    .description(description)
    .requiredOption(
      '--because <text>',
      'why, for the log: at most 200 characters, which the detectors look through as well',
    )
    .addHelpText('after', examples(example))
    .action(async (ids: readonly string[], options: DecisionOptions) => {
      const folder = readyFolder(options)
      const items = ids.length > 0 ? named(folder, ids) : filtered(folder, options).filter(isPossible)
      const plan = {
        action,
        items,
        identify: ({ decision, state }: SpoolRow) => ({ decision, state }),
        headings: ['id', 'state', 'accepted', 'instrument', 'route', 'octets'],
        cells: (row: SpoolRow) => [row.decision, row.state, row.time, row.instrument, row.route, row.bytes],
        isNamed: ids.length === 1,
        overview: 'sluice spool list',
      }
      if (await confirmed(plan, options)) await decideEach(folder, action, items, options)
    })
}

const named = (folder: DataFolder, ids: readonly string[]): readonly SpoolRow[] => {
  const unique = [...new Set(ids)]
  const rows = reading(folder, reader => reader.spoolList({ ids: unique }))
  const missing = unique.find(id => !rows.some(({ decision }) => decision === id))
  if (missing === undefined) return rows
  throw new Failure(
    `nothing waits under ${missing}`,
    'run "sluice spool list" for what does; "sluice spool show" says what became of the others',
    exitCodes.notFound,
  )
}

const filtered = (folder: DataFolder, options: DecisionOptions): readonly SpoolRow[] => {
  const filter = filterOf(options)
  if (Object.keys(filter).length > 0) return reading(folder, reader => reader.spoolList(filter))
  throw new Failure(
    'nothing says what is meant',
    'name ids, or a filter such as --state unknown or --instrument',
    exitCodes.usage,
  )
}
