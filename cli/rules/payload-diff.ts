import { readFileSync } from 'node:fs'
import { inspect } from '../../rules/inspect.ts'
import type { Message } from '../../rules/message.ts'
import type { Policy } from '../../rules/policy.ts'
import { readyFolder, type CommonOptions } from '../context.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { heldRows, openHeld } from '../review/held.ts'
import { recordLooks } from '../review/review-client.ts'
import { messageFor, messageOfHeld } from './message-for.ts'
import { payloadFiles } from './payload-files.ts'
import { line, table } from '../terminal/print.ts'
import { progressBar } from '../terminal/progress-bar.ts'
import { reviewerKeys, type KeyOptions } from '../review/reviewer-keys.ts'

/** A payload to be tried; `messageIn` gives null where a policy enforces no such route. */
export type PayloadTrial = {
  readonly payload: string
  readonly route: string | null
  readonly messageIn: (policy: Policy) => Message | null
}

type FileOptions = {
  readonly against: readonly string[]
  readonly route?: string
  readonly instrument?: string
}

/** The payloads of the files that are named, each on every route, or on the one that is named. */
export const trialsInFiles = (before: Policy, after: Policy, options: FileOptions): readonly PayloadTrial[] => {
  const ids = [...new Set([...before.routes, ...after.routes].map(({ id }) => id))]
  const routes = options.route === undefined ? ids : [options.route]
  return payloadFiles(options.against)
    .flatMap(payloadsIn)
    .flatMap(({ payload, bytes }) =>
      routes.map(route => ({
        payload,
        route,
        messageIn: (policy: Policy) =>
          policy.routes.some(({ id }) => id === route)
            ? messageFor(policy, { route, instrument: options.instrument }, bytes)
            : null,
      })),
    )
}

/** A file holds one payload, or one a line when its name ends in `.ndjson`. */
const payloadsIn = (file: string): readonly { readonly payload: string; readonly bytes: Uint8Array }[] => {
  const bytes = readFileSync(file)
  if (!file.endsWith('.ndjson')) return [{ payload: file, bytes }]
  const lines = bytes.toString().split(/\r?\n/)
  return lines.flatMap((text, index) =>
    text === '' ? [] : [{ payload: `${file}:${index + 1}`, bytes: Buffer.from(text) }],
  )
}

type HeldOptions = CommonOptions & KeyOptions & { readonly route?: string }

/** `unopened`: payloads that are held, but for other reviewers. */
export type HeldTrials = { readonly trials: readonly PayloadTrial[]; readonly unopened: number }

/**
 * The payloads that are held. That they were looked at is recorded before anything is made of them.
 * @param since - RFC 3339; only what was blocked from then on
 * @throws Failure when there are some, and the key opens none of them
 */
export const trialsHeld = async (options: HeldOptions, since = ''): Promise<HeldTrials> => {
  const folder = readyFolder(options)
  const rows = heldRows(folder, options.route).filter(({ time }) => time >= since)
  const keys = rows.length === 0 ? [] : await reviewerKeys(folder, options)
  const trials: PayloadTrial[] = []
  let refusal: unknown = null
  const bar = progressBar('held payloads')
  try {
    for (const [index, { decision, route }] of rows.entries()) {
      bar.show({ done: index, total: rows.length })
      try {
        const message = messageOfHeld(await openHeld(folder, decision, keys))
        trials.push({ payload: decision, route, messageIn: () => message })
      } catch (error) {
        if (!isForOthers(error)) throw error
        refusal = error
      }
    }
  } finally {
    bar.end()
  }
  if (trials.length === 0 && refusal !== null) throw refusal
  await recordLooks(
    folder,
    trials.map(({ payload }) => payload),
    'read',
  )
  return { trials, unopened: rows.length - trials.length }
}

const isForOthers = (error: unknown): boolean => error instanceof Failure && error.exitCode === exitCodes.permission

export type PayloadChange = {
  readonly payload: string
  readonly route: string | null
  readonly change: 'newly passes' | 'newly blocked'
  /** Of the block, under the policy that blocks. */
  readonly reason: string
  readonly place: string | null
}

export type PayloadChanges = {
  readonly tried: number
  readonly newlyPass: number
  readonly newlyBlocked: number
  readonly changes: readonly PayloadChange[]
}

type Refusal = { readonly reason: string; readonly place: string | null }

/** Null: it passes. */
const judge = (trial: PayloadTrial, policy: Policy): Refusal | null => {
  const message = trial.messageIn(policy)
  if (message === null) return { reason: 'path-not-allowed', place: null }
  const verdict = inspect(message, policy)
  if (verdict.kind === 'forward') return null
  return { reason: verdict.reason, place: verdict.place && `${verdict.place.surface} ${verdict.place.pointer || '/'}` }
}

/** Tries payloads on both policies. */
export const compareTrials = (trials: readonly PayloadTrial[], before: Policy, after: Policy): PayloadChanges => {
  const changes = trials.flatMap((trial): readonly PayloadChange[] => {
    const [old, fresh] = [judge(trial, before), judge(trial, after)]
    const { payload, route } = trial
    if (old !== null && fresh === null) return [{ payload, route, change: 'newly passes', ...old }]
    return old === null && fresh !== null ? [{ payload, route, change: 'newly blocked', ...fresh }] : []
  })
  const count = (change: PayloadChange['change']): number => changes.filter(one => one.change === change).length
  return {
    tried: new Set(trials.map(({ payload }) => payload)).size,
    newlyPass: count('newly passes'),
    newlyBlocked: count('newly blocked'),
    changes,
  }
}

export const tellPayloads = ({ tried, newlyPass, newlyBlocked, changes }: PayloadChanges, unopened: number): void => {
  if (tried + unopened === 0) return
  line()
  line(`${tried} payloads tried: ${newlyPass} newly pass, ${newlyBlocked} are newly blocked`)
  if (unopened > 0) line(`${unopened} held payloads not tried: they are sealed for other reviewers`)
  if (changes.length > 0)
    table(
      ['payload', 'route', 'change', 'reason', 'place'],
      changes.map(({ payload, route, change, reason, place }) => [payload, route, change, reason, place]),
    )
}
