import { createHash } from 'node:crypto'
import { createInterface } from 'node:readline/promises'
import type { Command } from 'commander'
import { canonicalize, type JsonValue } from '../../rules/canonical.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { json, line, table, type Cell } from './print.ts'

/** The options of a command that changes what it lists; alike in all of them. */
export const withConfirmation = (command: Command): Command =>
  command
    .option('--dry-run', 'change nothing: print the exact list that would be changed, and a token for it')
    .option(
      '--confirm <token>',
      'change exactly the list for which a dry run printed this token; exit 7 if it is another by now',
    )

export type ConfirmOptions = { readonly dryRun?: boolean; readonly confirm?: string; readonly json?: boolean }

/** What a command is about to change. */
export type Plan<Item> = {
  /** What it does to the items, such as `purge`: a token for one action confirms no other. */
  readonly action: string
  readonly items: readonly Item[]
  /** What must be the same when the token is used: what the item is, and the state it is in. */
  readonly identify: (item: Item) => JsonValue
  readonly headings: readonly string[]
  readonly cells: (item: Item) => readonly Cell[]
  /** Whether exactly one item was named, so that there is nothing that a list could add. */
  readonly isNamed: boolean
  /** Where to look when there is nothing to do. */
  readonly overview: string
  /** What the list leaves out and why, if that has to be told with it. */
  readonly remark?: string | null
}

/**
 * Has a plan confirmed: by the token of a dry run, by a person on a terminal, or, where one item was named and there is no terminal, by
 * that name. Nothing is asked where there is no terminal.
 * @returns whether to go on; false after a dry run, which was printed, and after a person said no
 * @throws Failure when there is nothing to do, the list has changed since, or it has not been confirmed
 */
export const confirmed = async <Item>(plan: Plan<Item>, options: ConfirmOptions): Promise<boolean> => {
  if (options.dryRun === true) {
    printPlan(plan, options.json ?? false)
    return false
  }
  if (options.confirm !== undefined) {
    requireSame(plan, options.confirm)
    return true
  }
  requireAny(plan)
  if (!plan.isNamed)
    throw new Failure(
      `${plan.action} of more than one thing has to be confirmed`,
      'run it with --dry-run first, look at the list, and run it again with --confirm and the token',
      exitCodes.usage,
    )
  return !(process.stdin.isTTY && process.stderr.isTTY) || ask(plan)
}

/** Names a list: 128 bits of SHA-256 over the action and what its items are, in their order. */
export const tokenOf = <Item>({ action, items, identify }: Pick<Plan<Item>, 'action' | 'items' | 'identify'>): string =>
  createHash('sha256')
    .update(canonicalize({ action, items: items.map(identify) }))
    .digest('hex')
    .slice(0, 32)

const printPlan = <Item>(plan: Plan<Item>, isJson: boolean): void => {
  requireAny(plan)
  const { action, items, identify, headings, cells, remark = null } = plan
  const token = tokenOf(plan)
  if (isJson)
    return json({ action, dryRun: true, items: items.map(identify), token, ...(remark !== null && { remark }) })
  table(headings, items.map(cells))
  if (remark !== null) line(remark)
  line(
    `${action}: ${items.length} in this list, and nothing was changed. To go on with exactly these: --confirm ${token}`,
  )
}

const requireAny = <Item>({ action, items, overview, remark = null }: Plan<Item>): void => {
  if (items.length > 0) return
  const what = `there is nothing to ${action}${remark === null ? '' : `; ${remark}`}`
  throw new Failure(what, `see "${overview}" for what there is`, exitCodes.notFound)
}

const requireSame = <Item>(plan: Plan<Item>, token: string): void => {
  if (tokenOf(plan) === token) return
  throw new Failure(
    'the list is not the one that the token was printed for, so nothing was changed',
    'something has happened to it since: run it with --dry-run again',
    exitCodes.changed,
  )
}

const ask = async <Item>({ action, items, cells }: Plan<Item>): Promise<boolean> => {
  const questions = createInterface({ input: process.stdin, output: process.stderr })
  const closed = new Promise<string>(resolve => questions.once('close', () => resolve('')))
  const what = items.map(item => cells(item).slice(0, 2).join(' ')).join(', ')
  const answer = await Promise.race([questions.question(`${action} ${what}? [y/N] `), closed])
  questions.close()
  return /^y(es)?$/i.test(answer.trim())
}
