import { Command } from 'commander'
import { openLogReader, type HeldRow } from '../../log/reading/query.ts'
import type { DataFolder } from '../../proxy/data-folder.ts'
import { readCopy } from '../../proxy/policy/policy-copies.ts'
import { loadPolicy } from '../../proxy/policy/policy-file.ts'
import { ProxyError } from '../../proxy/proxy-error.ts'
import { lastActivation } from '../../proxy/policy/start-policy.ts'
import type { Policy } from '../../rules/policy.ts'
import { readyFolder } from '../context.ts'
import { heldFilterOf, withHeldFilter, type HeldFilterOptions } from '../decision-filter.ts'
import { examples } from '../terminal/examples.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { passphraseOption } from '../terminal/passphrase.ts'
import { json, line, table } from '../terminal/print.ts'
import { progressBar } from '../terminal/progress-bar.ts'
import { reevaluate, type Reevaluated, type Reevaluation } from '../review/reevaluate.ts'
import { withReader } from '../review/review-client.ts'
import { keyOption, reviewerKeys, type KeyOptions } from '../review/reviewer-keys.ts'
import { heldNamed } from '../review/review-selection.ts'

type ReevaluateOptions = HeldFilterOptions &
  KeyOptions & { readonly policy?: string; readonly inTurn?: boolean; readonly all?: boolean }

export const reevaluateCommand = (): Command =>
  withHeldFilter(new Command('reevaluate').argument('[ids...]', 'ids of decisions; or none, and a filter; else all'))
    .description(
      "say what would become of blocked payloads if they were sent again under today's policy. Sends nothing; is recorded",
    )
    .option('--policy <file>', 'under the policy in this file, and not under the one that is in force')
    .option(
      '--in-turn',
      'as if all were sent one after the other now, oldest first: what passes takes of the rates and budgets of the others',
    )
    .option('--all', 'list also those that stay blocked for the reason they were blocked for')
    .addOption(keyOption())
    .addOption(passphraseOption())
    .addHelpText(
      'after',
      examples(
        'sluice blocked reevaluate --key ~/reviewer.key',
        'sluice blocked reevaluate --reason schema-violation --since 7d --policy new.yaml --key ~/reviewer.key',
        "sluice blocked reevaluate --json | jq -r '.payloads[] | select(.now == null) | .decision'",
      ),
    )
    .action(async (ids: readonly string[], options: ReevaluateOptions) => {
      const folder = readyFolder(options)
      const policy = options.policy === undefined ? policyInForce(folder) : loadPolicy(options.policy)
      const rows = ids.length > 0 ? heldNamed(folder, ids) : readRows(folder, options)
      const found = rows.length === 0 ? nothing : await run(folder, rows, policy, options)
      tell(found, policy, options)
      if (found.unopened + found.broken.length > 0) process.exitCode = exitCodes.partly
    })

const nothing: Reevaluation = { results: [], unopened: 0, broken: [] }

/** @throws ProxyError `ERR_NO_POLICY`, `ERR_POLICY_COPY` */
const policyInForce = (folder: DataFolder): Policy => {
  const last = lastActivation(folder)
  if (last === null) throw new ProxyError('ERR_NO_POLICY', 'no policy was ever in force here')
  return readCopy(folder, last)
}

const readRows = (folder: DataFolder, options: HeldFilterOptions): readonly HeldRow[] => {
  const reader = openLogReader(folder.log)
  try {
    return reader.heldList({ ...heldFilterOf(options), limit: Number.MAX_SAFE_INTEGER })
  } finally {
    reader.close()
  }
}

const run = async (
  folder: DataFolder,
  rows: readonly HeldRow[],
  policy: Policy,
  options: ReevaluateOptions,
): Promise<Reevaluation> => {
  const keys = await reviewerKeys(folder, options)
  const how = { policy, inTurn: options.inTurn ?? false }
  const bar = progressBar('held payloads')
  const onProgress = (done: number): void => bar.show({ done, total: rows.length })
  try {
    const found = await withReader(folder, read => reevaluate(folder, rows, keys, how, read, onProgress))
    if (found.unopened < rows.length) return found
  } finally {
    bar.end()
  }
  throw new Failure(
    keys.length === 0
      ? 'no private key of a reviewer is in the data folder'
      : 'none of these payloads was sealed for this key',
    'name the key file of a reviewer with --key; "sluice blocked list --group-by reviewer" says for whom they were sealed',
    exitCodes.permission,
  )
}

/** What would become of payloads that were blocked for one reason. */
type Group = {
  readonly was: string | null
  readonly now: string | null
  readonly payloads: number
  readonly first: string
  readonly last: string
}

const groupsOf = (results: readonly Reevaluated[]): readonly Group[] =>
  [...Map.groupBy(results, ({ was, now }) => JSON.stringify([was, now])).values()]
    .map(group => {
      const { was, now } = group[0]!
      const times = group.map(({ time }) => time).sort()
      return { was, now, payloads: group.length, first: times[0]!, last: times.at(-1)! }
    })
    .sort((a, b) => b.payloads - a.payloads)

const changeOf = ({ was, now }: Pick<Reevaluated, 'was' | 'now'>): 'passes' | 'other reason' | 'same' => {
  if (now === null) return 'passes'
  return now === was ? 'same' : 'other reason'
}

const tell = ({ results, unopened, broken }: Reevaluation, policy: Policy, options: ReevaluateOptions): void => {
  const count = (change: ReturnType<typeof changeOf>): number =>
    results.filter(result => changeOf(result) === change).length
  const counts = {
    evaluated: results.length,
    pass: count('passes'),
    otherReason: count('other reason'),
    same: count('same'),
  }
  const groups = groupsOf(results)
  const listed = results.filter(result => options.all || changeOf(result) !== 'same').toReversed()
  if (options.json) return json({ policy: policy.digest, ...counts, unopened, broken, groups, payloads: listed })
  line(`${counts.evaluated} blocked payloads under the policy ${policy.digest}, and nothing was sent:`)
  line(
    `${counts.pass} would pass, ${counts.otherReason} would be blocked for another reason, ${counts.same} for the same`,
  )
  if (unopened > 0) line(`${unopened} not evaluated: they are sealed for other reviewers`)
  if (broken.length > 0) line(`${broken.length} do not open, see "sluice log verify": ${broken.join(', ')}`)
  if (groups.length > 0) {
    line()
    table(
      ['blocked for', 'now', 'payloads', 'first', 'last'],
      groups.map(({ was, now, payloads, first, last }) => [was, now ?? 'passes', payloads, first, last]),
    )
  }
  if (listed.length === 0) return
  line()
  table(
    ['id', 'state', 'instrument', 'route', 'blocked for', 'now', 'what'],
    listed.map(one => [one.decision, one.state, one.instrument, one.route, one.was, one.now ?? 'passes', whatOf(one)]),
  )
}

const whatOf = ({ now, rail, detectors, rule, place }: Reevaluated): string | null => {
  if (now === null) return rail && `a replay is refused: ${rail}`
  const what = detectors.length > 0 ? detectors.join(', ') : rule
  return place === null ? what : `${what ?? '-'} in ${place.surface} ${place.pointer || '/'}`
}
