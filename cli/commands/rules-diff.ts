import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { loadPolicy, readPolicySource } from '../../proxy/policy-file.ts'
import { readDraftPolicy } from '../../rules/workbench/draft-policy.ts'
import { inspect } from '../../rules/inspect.ts'
import type { Message } from '../../rules/message.ts'
import {
  diffPolicies,
  type ItemChange,
  type PolicyDiff,
  type WrittenPolicy,
} from '../../rules/workbench/policy-diff.ts'
import { readPolicyDocument } from '../../rules/policy/policy-document.ts'
import type { Policy } from '../../rules/policy.ts'
import { routeCapacity } from '../../rules/capacity/route-capacity.ts'
import { readyFolder, type CommonOptions } from '../context.ts'
import { examples } from '../examples.ts'
import { exitCodes } from '../exit-codes.ts'
import { heldRows, openHeld, recordReviews } from '../held.ts'
import { messageFor, messageOfHeld } from '../message-for.ts'
import { payloadFiles } from '../payload-files.ts'
import { json, line, table } from '../print.ts'

type DiffOptions = CommonOptions & {
  readonly against: readonly string[]
  readonly blocked?: boolean
  readonly route?: string
  readonly instrument?: string
  readonly key?: string
}

export const diffCommand = (): Command =>
  new Command('diff')
    .description(
      'say what a new policy would let pass or block that the old one does not; exits with 7 when they differ',
    )
    .argument('<old>', 'policy file')
    .argument('<new>', 'policy file')
    .option('--against <path...>', 'payload files, or folders of them, to try on both', [])
    .option('--blocked', 'try the blocked payloads that are held for review')
    .option('--route <id>', 'try payloads on this route only; on every route when absent')
    .option('--instrument <id>', 'instrument that sends them; the first one that the route is open to when absent')
    .option('--key <file>', "the reviewer's private key; by default the one in the data folder")
    .addHelpText(
      'after',
      examples(
        'sluice rules diff policy.yaml new.yaml',
        'sluice rules diff policy.yaml new.yaml --against captured/ --blocked --key ~/reviewer.key',
      ),
    )
    .action(async (oldFile: string, newFile: string, options: DiffOptions) => {
      const [before, after] = [loadPolicy(oldFile), loadPolicy(newFile)]
      const [old, fresh] = [writtenPolicy(oldFile), writtenPolicy(newFile)]
      const structure = diffPolicies(old, fresh)
      const capacity = capacityChanges(old, fresh)
      const trials = [...trialsInFiles(before, after, options), ...(options.blocked ? await trialsHeld(options) : [])]
      const payloads = compareTrials(trials, before, after)
      if (before.digest !== after.digest) process.exitCode = exitCodes.changed
      if (options.json) json({ old: before.digest, new: after.digest, ...structure, capacity, payloads })
      else tell(structure, capacity, payloads)
    })

const writtenPolicy = (file: string): WrittenPolicy => {
  const { text, readReference } = readPolicySource(file)
  const document = readPolicyDocument(text)
  if (!document.ok) throw new Error('the policy was in order a moment ago')
  return { document: document.value, draft: readDraftPolicy(document.value, readReference) }
}

/** Bits of freely chosen content that one message can carry out; null where there is no such route, or it is on trial. */
type CapacityChange = { readonly route: string; readonly old: number | null; readonly new: number | null }

const capacityChanges = (old: WrittenPolicy, fresh: WrittenPolicy): readonly CapacityChange[] => {
  const ids = new Set([...old.draft.routes, ...fresh.draft.routes].map(({ id }) => id))
  const bitsOf = ({ draft }: WrittenPolicy, id: string): number | null => {
    const route = draft.routes.find(route => route.id === id)
    return route?.mode === 'enforce' ? Math.round(routeCapacity(route).bits * 10) / 10 : null
  }
  return [...ids]
    .map(route => ({ route, old: bitsOf(old, route), new: bitsOf(fresh, route) }))
    .filter(({ old, new: fresh }) => old !== fresh)
}

/** A payload to be tried; `messageIn` gives null where a policy lacks the route. */
type Trial = {
  readonly payload: string
  readonly route: string | null
  readonly messageIn: (policy: Policy) => Message | null
}

const trialsInFiles = (before: Policy, after: Policy, options: DiffOptions): readonly Trial[] => {
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

const trialsHeld = async (options: DiffOptions): Promise<readonly Trial[]> => {
  const folder = readyFolder(options)
  const trials: Trial[] = []
  for (const { decision, route } of heldRows(folder, options.route)) {
    const message = messageOfHeld(await openHeld(folder, decision, options.key))
    trials.push({ payload: decision, route, messageIn: () => message })
  }
  await recordReviews(
    folder,
    trials.map(({ payload }) => payload),
    'show',
  )
  return trials
}

type PayloadChange = {
  readonly payload: string
  readonly route: string | null
  readonly change: 'newly passes' | 'newly blocked'
  /** Of the block, under the policy that blocks. */
  readonly reason: string
  readonly place: string | null
}

type PayloadChanges = {
  readonly tried: number
  readonly newlyPass: number
  readonly newlyBlocked: number
  readonly changes: readonly PayloadChange[]
}

type Judgement = { readonly reason: string; readonly place: string | null } | null

/** Null: it passes. */
const judge = (trial: Trial, policy: Policy): Judgement => {
  const message = trial.messageIn(policy)
  if (message === null) return { reason: 'path-not-allowed', place: null }
  const verdict = inspect(message, policy)
  if (verdict.kind === 'forward') return null
  return { reason: verdict.reason, place: verdict.place && `${verdict.place.surface} ${verdict.place.pointer || '/'}` }
}

const compareTrials = (trials: readonly Trial[], before: Policy, after: Policy): PayloadChanges => {
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

const tell = ({ items, schemas }: PolicyDiff, capacity: readonly CapacityChange[], payloads: PayloadChanges): void => {
  const changes = [
    ...items.map(({ what, id, change, keys }) => [
      `${what} ${id}`,
      '-',
      spelledChanges[change],
      keys.join(', ') || null,
    ]),
    ...schemas.map(({ route, key, pointer, change, keywords }) => [
      `route ${route}`,
      `${key} ${pointer || '/'}`,
      change,
      keywords.join(', ') || null,
    ]),
    ...capacity.map(one => [`route ${one.route}`, 'capacity', `${spell(one.old)} to ${spell(one.new)}`, null]),
  ]
  if (changes.length === 0) line('the policies say the same')
  else table(['what', 'place', 'change', 'in'], changes)
  if (payloads.tried === 0) return
  line()
  line(`${payloads.tried} payloads tried: ${payloads.newlyPass} newly pass, ${payloads.newlyBlocked} are newly blocked`)
  if (payloads.changes.length > 0)
    table(
      ['payload', 'route', 'change', 'reason', 'place'],
      payloads.changes.map(({ payload, route, change, reason, place }) => [payload, route, change, reason, place]),
    )
}

const spelledChanges = {
  added: 'added',
  removed: 'removed',
  changed: 'changed',
  promoted: 'newly passing (was report-only)',
  demoted: 'no longer passing (is report-only)',
} as const satisfies Record<ItemChange['change'], string>

const spell = (bits: number | null): string => (bits === null ? 'no route' : `${bits} bit`)
