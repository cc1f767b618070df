import { Command } from 'commander'
import { loadPolicy, readPolicySource } from '../../proxy/policy/policy-file.ts'
import { routeCapacity } from '../../rules/capacity/route-capacity.ts'
import type { Policy } from '../../rules/policy.ts'
import { readPolicyDocument } from '../../rules/policy/policy-document.ts'
import { readDraftPolicy } from '../../rules/workbench/draft-policy.ts'
import {
  diffPolicies,
  type ItemChange,
  type PolicyDiff,
  type WrittenPolicy,
} from '../../rules/workbench/policy-diff.ts'
import { routeDigests } from '../../rules/workbench/route-digest.ts'
import type { Side } from '../../rules/workbench/traffic-diff.ts'
import type { CommonOptions } from '../context.ts'
import { examples } from '../terminal/examples.ts'
import { exitCodes } from '../exit-codes.ts'
import { diffAgainstLog, tellLogDiff } from '../rules/log-diff.ts'
import { compareTrials, tellPayloads, trialsHeld, trialsInFiles } from '../rules/payload-diff.ts'
import { passphraseOption } from '../terminal/passphrase.ts'
import { json, line, table } from '../terminal/print.ts'
import { keyOption, type KeyOptions } from '../review/reviewer-keys.ts'
import { parseTime } from '../time.ts'

type DiffOptions = CommonOptions &
  KeyOptions & {
    readonly against: readonly string[]
    /** RFC 3339. */
    readonly againstLog?: string
    readonly againstBlocked?: boolean
    readonly route?: string
    readonly instrument?: string
  }

export const diffCommand = (): Command =>
  new Command('diff')
    .description(
      'say what a new policy would let pass or block that the old one does not; exits with 7 when they differ',
    )
    .argument('<old>', 'policy file')
    .argument('<new>', 'policy file')
    .option('--against <path...>', 'payload files, or folders of them, to try on both', [])
    .option(
      '--against-log <time>',
      'also say what would become of the requests in the decision log from this time on: 7d ago, or 2026-11-01',
      parseTime,
    )
    .option(
      '--against-blocked',
      'also try the blocked payloads that are held for review; with --against-log those of that time',
    )
    .option('--route <id>', 'try payloads on this route only; on every route when absent')
    .option('--instrument <id>', 'instrument that sends them; the first one that the route is open to when absent')
    .addOption(keyOption())
    .addOption(passphraseOption())
    .addHelpText(
      'after',
      examples(
        'sluice rules diff policy.yaml new.yaml',
        'sluice rules diff policy.yaml new.yaml --against-log 7d',
        'sluice rules diff policy.yaml new.yaml --against captured/ --against-blocked --key ~/reviewer.key',
      ),
    )
    .action(diff)

const diff = async (oldFile: string, newFile: string, options: DiffOptions): Promise<void> => {
  const [before, after] = [loadPolicy(oldFile), loadPolicy(newFile)]
  const [old, fresh] = [writtenPolicy(oldFile), writtenPolicy(newFile)]
  const structure = diffPolicies(old, fresh)
  const capacity = capacityChanges(old, fresh)
  const since = options.againstLog
  const log = since === undefined ? null : diffAgainstLog(since, sideOf(before, old), sideOf(after, fresh), options)
  const held = options.againstBlocked ? await trialsHeld(options, since) : { trials: [], unopened: 0 }
  const payloads = compareTrials([...trialsInFiles(before, after, options), ...held.trials], before, after)
  if (before.digest !== after.digest) process.exitCode = exitCodes.changed
  if (options.json) {
    const { unopened } = held
    return json({
      old: before.digest,
      new: after.digest,
      ...structure,
      capacity,
      log,
      payloads: { ...payloads, unopened },
    })
  }
  tellStructure(structure, capacity)
  if (log !== null) tellLogDiff(log, options.againstBlocked ?? false)
  tellPayloads(payloads, held.unopened)
}

const sideOf = (policy: Policy, written: WrittenPolicy): Side => ({ policy, digests: routeDigests(written) })

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

const tellStructure = ({ items, schemas }: PolicyDiff, capacity: readonly CapacityChange[]): void => {
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
}

const spelledChanges = {
  added: 'added',
  removed: 'removed',
  changed: 'changed',
  promoted: 'newly passing (was report-only)',
  demoted: 'no longer passing (is report-only)',
  opened: 'PASSES WITHOUT INSPECTION from now on',
  widened: 'MORE PASSES WITHOUT INSPECTION',
  closed: 'nothing passes without inspection any more',
} as const satisfies Record<ItemChange['change'], string>

const spell = (bits: number | null): string => (bits === null ? 'nothing' : `${bits} bit`)
