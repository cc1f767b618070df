import type { Command } from 'commander'
import { openLogReader, type HeldRow } from '../../log/reading/query.ts'
import { nextState, type ReviewEvent } from '../../log/review/states.ts'
import type { DataFolder } from '../../proxy/data-folder.ts'
import { confirmed, withConfirmation, type ConfirmOptions } from '../terminal/confirmed-list.ts'
import type { CommonOptions } from '../context.ts'
import { heldFilterOf, withHeldFilter, type HeldFilterOptions } from '../decision-filter.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'

/** The options of a command that changes the state of held payloads. */
export type SelectionOptions = CommonOptions & HeldFilterOptions & ConfirmOptions & { readonly because: string }

/** Adds them: which payloads, why, and how it is confirmed. */
export const withSelection = (command: Command): Command =>
  withConfirmation(
    withHeldFilter(command.argument('[ids...]', 'ids of decisions whose payloads are held; or none, and a filter')),
  ).requiredOption(
    '--because <text>',
    'why, for the log: at most 200 characters, which the detectors look through as well; repeat nothing of the payload',
  )

/** A payload as it was when it was chosen. */
export type Chosen = Pick<HeldRow, 'decision' | 'state' | 'seal' | 'time' | 'instrument' | 'route' | 'reason'>

/**
 * Chooses payloads and has the choice confirmed. A filter chooses only those to which it can happen.
 * @returns null when nothing is to be done after all: a dry run, or a person who said no
 * @throws Failure
 */
export const chooseHeld = async (
  folder: DataFolder,
  ids: readonly string[],
  action: string,
  event: ReviewEvent,
  options: SelectionOptions,
): Promise<readonly Chosen[] | null> => {
  const items = ids.length > 0 ? heldNamed(folder, ids) : filtered(folder, event, options)
  const plan = {
    action,
    items,
    identify: ({ decision, state, seal }: Chosen) => ({ decision, state, seal }),
    headings: ['id', 'state', 'time', 'instrument', 'route', 'reason'],
    cells: ({ decision, state, time, instrument, route, reason }: Chosen) => [
      decision,
      state,
      time,
      instrument,
      route,
      reason,
    ],
    isNamed: ids.length === 1,
    overview: 'sluice blocked list',
  }
  return (await confirmed(plan, options)) ? items : null
}

/**
 * The held payloads of these ids, newest first.
 * @throws Failure when one of them is not held
 */
export const heldNamed = (folder: DataFolder, ids: readonly string[]): readonly HeldRow[] => {
  const unique = [...new Set(ids)]
  const rows = rowsOf(folder, reader => reader.heldList({ ids: unique, limit: unique.length }))
  const missing = unique.find(id => !rows.some(({ decision }) => decision === id))
  if (missing === undefined) return rows
  throw new Failure(
    `no payload is held for ${missing}`,
    'run "sluice blocked list" for those that are; one that was purged is gone',
    exitCodes.notFound,
  )
}

const filtered = (folder: DataFolder, event: ReviewEvent, options: SelectionOptions): readonly Chosen[] => {
  const filter = heldFilterOf(options)
  if (Object.keys(filter).length === 0)
    throw new Failure(
      'nothing says which payloads are meant',
      'name their ids, or a filter such as --reason or --since',
      exitCodes.usage,
    )
  const rows = rowsOf(folder, reader => reader.heldList({ ...filter, limit: MOST }))
  return rows.filter(({ state }) => nextState(state, event) !== null)
}

/** More payloads than anybody decides about at once. */
const MOST = 100_000

const rowsOf = <T>(folder: DataFolder, read: (reader: ReturnType<typeof openLogReader>) => T): T => {
  const reader = openLogReader(folder.log)
  try {
    return read(reader)
  } finally {
    reader.close()
  }
}
