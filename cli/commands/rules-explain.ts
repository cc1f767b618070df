import { Command } from 'commander'
import { openLogReader } from '../../log/reading/query.ts'
import type { DecisionEntry, LogRecord, TrialRecord } from '../../log/record.ts'
import type { HeldPayload } from '../../proxy/review/held-payload.ts'
import { loadPolicy } from '../../proxy/policy/policy-file.ts'
import { inspect, inspectTrial } from '../../rules/inspect.ts'
import type { Message } from '../../rules/message.ts'
import type { Policy } from '../../rules/policy.ts'
import type { Excepted, Judgement, Trial } from '../../rules/verdict.ts'
import type { Explanation } from '../../rules/workbench/explain.ts'
import { judgeOn } from '../../rules/workbench/judge.ts'
import { readyFolder, type CommonOptions } from '../context.ts'
import { examples } from '../terminal/examples.ts'
import { printExcepted } from '../rules/exception-table.ts'
import { blockIn, explainBlock } from '../rules/explain-block.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { openHeld } from '../review/held.ts'
import { recordLooks } from '../review/review-client.ts'
import { messageFor, messageOfHeld } from '../rules/message-for.ts'
import { passphraseOption } from '../terminal/passphrase.ts'
import { fields, json, line, table } from '../terminal/print.ts'
import { readPayload } from '../rules/read-payload.ts'
import { keyOption, reviewerKeys, type KeyOptions } from '../review/reviewer-keys.ts'
import { policyToRead } from './rules-lint.ts'

type ExplainOptions = CommonOptions &
  KeyOptions & {
    readonly policy?: string
    readonly route?: string
    readonly instrument?: string
    readonly path?: string
  }

export const explainCommand = (): Command =>
  new Command('explain')
    .description('say which rule blocks a payload, where, and what would be allowed there; values stay masked')
    .argument(
      '[payload]',
      'payload file, with --route; standard input when absent or "-"; or the id of a decision, whose payload is tried when it is held',
    )
    .option('--policy <file>', 'policy to use instead of the one of the appliance')
    .option('--route <id>', 'route that the payload takes; for a report-only one, what it would say')
    .option('--instrument <id>', 'instrument that sends it; the first one that the route is open to when absent')
    .option('--path <path>', 'path and query, for a route with parameters')
    .addOption(keyOption())
    .addOption(passphraseOption())
    .addHelpText(
      'after',
      examples(
        'sluice rules explain payload.json --route run-performance',
        'jq .report export.json | sluice rules explain --route run-performance',
        'sluice rules explain 019aa0f2-7d1c-7abc-9def-0123456789ab --key ~/reviewer.key',
      ),
    )
    .action((payload: string | undefined, options: ExplainOptions) =>
      payload !== undefined && decisionId.test(payload)
        ? explainDecision(payload, options)
        : explainPayload(payload, options),
    )

const decisionId = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** What is told before the explanation: who decides, and what was decided earlier. */
type Shared = Readonly<Record<string, string | null>>

/** A judgement of today, on a message that is at hand. */
type Subject = { readonly judgement: Judgement; readonly message: Message; readonly trial: Trial | null }

const explainPayload = (payload: string | undefined, options: ExplainOptions): void => {
  const file = policyToRead(options)
  const policy = loadPolicy(file)
  const { route } = options
  if (route === undefined)
    throw new Failure('it is not said which route the payload takes', 'name it with --route', exitCodes.usage)
  const message = messageFor(policy, { ...options, route }, readPayload(payload))
  const isOnTrial = policy.candidates.some(({ id }) => id === route)
  const shared = { policy: policy.digest, ...(isOnTrial && { mode: 'report-only: nothing leaves by this route' }) }
  const trial = isOnTrial ? null : inspectTrial(message, policy)
  tellJudgement({ judgement: judgeOn(route, message, policy), message, trial }, file, policy, shared, options)
}

const explainDecision = async (id: string, options: ExplainOptions): Promise<void> => {
  const file = policyToRead(options)
  const policy = loadPolicy(file)
  const record = decisionOf(id, options)
  const payload = record.held ? await openForReview(id, options) : 'not held'
  const shared = {
    decision: id,
    decidedThen: record.reason ?? 'forwarded',
    ...(record.trial && { trialThen: spellTrial(record.trial) }),
    policyThen: record.policy,
    policy: policy.digest,
  }
  if (typeof payload === 'string') return tellRecord(record, file, policy, { ...shared, payload }, options)
  const message = messageOfHeld(payload)
  const judgement = inspect(message, policy)
  tellJudgement({ judgement, message, trial: inspectTrial(message, policy) }, file, policy, shared, options)
}

/** The payload, or why it cannot be had: then the record alone is explained. A key that is named has to fit. */
const openForReview = async (id: string, options: ExplainOptions): Promise<HeldPayload | string> => {
  const folder = readyFolder(options)
  try {
    const payload = await openHeld(folder, id, await reviewerKeys(folder, options))
    await recordLooks(folder, [id], 'show')
    return payload
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    if (error.exitCode === exitCodes.notFound) return 'no longer held'
    if (error.exitCode !== exitCodes.permission) throw error
    return 'held, but not opened: no private key of a reviewer that fits is at hand'
  }
}

/** @throws Failure when the log has no such decision */
const decisionOf = (id: string, options: ExplainOptions): LogRecord & DecisionEntry => {
  const reader = openLogReader(readyFolder(options).log)
  try {
    const record = reader.show(id)[0]?.record
    if (record?.kind === 'decision') return record
  } finally {
    reader.close()
  }
  throw new Failure(`no decision has the id ${id}`, 'run "sluice log list" for the ids there are', exitCodes.notFound)
}

const spellTrial = ({ route, verdict, reason }: TrialRecord | Trial): string =>
  `${route}: ${verdict}${reason === null ? '' : `, ${reason}`}`

const tellJudgement = (
  { judgement, message, trial }: Subject,
  file: string,
  policy: Policy,
  told: Shared,
  options: ExplainOptions,
): void => {
  const shared = { ...told, verdict: judgement.kind }
  const { exceptions, excepted } = judgement
  const beside = { trial, ...(exceptions.length > 0 && { exceptions, excepted }) }
  if (judgement.kind === 'forward') {
    if (options.json) return json({ ...shared, ...beside })
    const why = exceptions.length > 0 ? exceptedBy(judgement) : 'nothing is in its way'
    fields(spellShared({ ...shared, verdict: `forward: ${why}`, ...trialRow(trial) }))
    return tellExcepted(excepted)
  }
  process.exitCode = exitCodes.found
  const explanation = explainBlock(judgement, file, policy, message)
  const all = { ...shared, route: judgement.route }
  if (options.json) return json({ ...all, ...explanation, ...beside })
  tell({ ...all, ...trialRow(trial) }, explanation)
  tellExcepted(excepted)
}

const exceptedBy = ({ exceptions }: Excepted): string =>
  `let pass by ${exceptions.join(', ')}, of the policy's exceptions`

/** What would be findings, were it not for exceptions. */
const tellExcepted = (excepted: Excepted['excepted']): void => {
  if (excepted.length === 0) return
  line()
  printExcepted(excepted)
}

const trialRow = (trial: Trial | null): Shared => (trial === null ? {} : { trial: spellTrial(trial) })

/** The payload is not at hand: what was decided then, and what the policy of today has at that place. */
const tellRecord = (
  record: DecisionEntry,
  file: string,
  policy: Policy,
  told: Shared,
  options: ExplainOptions,
): void => {
  const shared = { ...told, route: record.route }
  if (record.verdict === 'forward') return options.json ? json(shared) : fields(spellShared(shared))
  process.exitCode = exitCodes.found
  const explanation = explainBlock(blockIn(record), file, policy, null)
  if (options.json) json({ ...shared, ...explanation })
  else tell(shared, explanation)
}

const labels: Readonly<Record<string, string>> = {
  decidedThen: 'decided then',
  trialThen: 'trial then',
  policyThen: 'policy then',
  policy: 'policy now',
}

const spellShared = (shared: Shared) =>
  Object.entries(shared).map(([name, value]) => [labels[name] ?? name, value] as const)

const tell = (shared: Shared, explanation: Explanation): void => {
  const { reason, rule, place, allowed, findings } = explanation
  fields([
    ...spellShared(shared),
    ['reason', `${reason}: ${explanation.explanation}`],
    ['rule', rule],
    ['place', place && `${place.surface} ${place.pointer || '/'}`],
    ...(allowed.nearest === null ? [] : [['nearest name', allowed.nearest] as const]),
    ...(allowed.names.length === 0 ? [] : [['names here', allowed.names.join(', ')] as const]),
    ...allowed.forms.map(form => ['allowed here', form] as const),
  ])
  if (findings.length === 0) return
  line()
  table(
    ['detector', 'looks for', 'category', 'place', 'through', 'length', 'source'],
    findings.map(({ detector, title, category, surface, pointer, chain, length, source }) => [
      detector,
      title,
      category,
      `${surface} ${pointer || '/'}`,
      chain.join(' > ') || null,
      length,
      source,
    ]),
  )
}
