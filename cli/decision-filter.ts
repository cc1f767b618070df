import { InvalidArgumentError, Option, type Command } from 'commander'
import type { DecisionFilter } from '../log/reading/decision-filter.ts'
import type { HeldFilter } from '../log/reading/query.ts'
import { states } from '../log/review/states.ts'
import { blockReasons } from '../rules/verdict.ts'
import { nearestName } from '../rules/workbench/nearest-name.ts'
import type { CommonOptions } from './context.ts'
import { parseTime } from './time.ts'

const withSubject = (command: Command): Command =>
  command
    .option('--since <time>', 'from this time on: 2026-11-01, 2026-11-01T08:00:00Z, or 2h, 7d ago', parseTime)
    .option('--until <time>', 'before this time', parseTime)
    .option('--instrument <id>', 'of one instrument')
    .option('--route <id>', 'of one route')
    .option('--reason <code>', 'blocked for one reason', parseReason)
    .option('--destination <host:port>', 'to one destination')

/** The options that say which decisions a command is about; alike in all of them. */
export const withFilter = (command: Command): Command =>
  withSubject(command).addOption(new Option('--verdict <verdict>', 'with one verdict').choices(['forward', 'block']))

/** The options that say which held payloads a command is about. */
export const withHeldFilter = (command: Command): Command =>
  withSubject(command)
    .addOption(
      new Option('--state <state>', 'in one state').choices(Object.keys(states).filter(state => state !== 'purged')),
    )
    .option('--detector <id>', 'in which one detector found something')
    .option('--place <place>', 'with something found or broken there, as "list --group-by place" has it')
    .option('--under <digest>', 'blocked under one policy: its digest, or how that begins')

export type HeldFilterOptions = CommonOptions &
  Omit<HeldFilter, 'where' | 'policy' | 'ids'> & { readonly place?: string; readonly under?: string }

/** The filter among the options of a command about held payloads. */
export const heldFilterOf = (options: HeldFilterOptions): HeldFilter => ({
  ...filterOf(options),
  ...(options.state !== undefined && { state: options.state }),
  ...(options.detector !== undefined && { detector: options.detector }),
  ...(options.place !== undefined && { where: options.place }),
  ...(options.under !== undefined && { policy: options.under }),
})

export type FilterOptions = CommonOptions & DecisionFilter

/** The filter among the options of a command. */
export const filterOf = (options: FilterOptions): DecisionFilter => ({
  ...(options.since !== undefined && { since: options.since }),
  ...(options.until !== undefined && { until: options.until }),
  ...(options.instrument !== undefined && { instrument: options.instrument }),
  ...(options.route !== undefined && { route: options.route }),
  ...(options.verdict !== undefined && { verdict: options.verdict }),
  ...(options.reason !== undefined && { reason: options.reason }),
  ...(options.destination !== undefined && { destination: options.destination }),
})

/** A slip of the pen here would read as "nothing was blocked". */
const parseReason = (text: string): string => {
  if (Object.hasOwn(blockReasons, text)) return text
  const nearest = nearestName(text, Object.keys(blockReasons))
  throw new InvalidArgumentError(
    nearest === null ? 'is no reason: docs/codes.md lists them.' : `is no reason. Did you mean ${nearest}?`,
  )
}

/** A whole number from 1 up, as an option gives it. */
export const parseCount = (text: string): number => {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('must be a whole number from 1 up.')
  return Number(text)
}
