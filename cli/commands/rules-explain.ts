import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { openLogReader } from '../../log/query.ts'
import type { HeldPayload } from '../../proxy/held-payload.ts'
import { loadPolicy } from '../../proxy/policy-file.ts'
import { explain, type Explanation } from '../../rules/workbench/explain.ts'
import { inspect } from '../../rules/inspect.ts'
import type { Message } from '../../rules/message.ts'
import type { Excepted } from '../../rules/verdict.ts'
import { readyFolder, type CommonOptions } from '../context.ts'
import { draftPolicyIn } from '../draft-policy-in.ts'
import { examples } from '../examples.ts'
import { printExcepted } from '../exception-table.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { openHeld, recordReviews } from '../held.ts'
import { bodyOf, messageFor, messageOfHeld } from '../message-for.ts'
import { fields, json, line, table } from '../print.ts'
import { policyToRead } from './rules-lint.ts'

type ExplainOptions = CommonOptions & {
  readonly policy?: string
  readonly route?: string
  readonly instrument?: string
  readonly path?: string
  readonly key?: string
}

export const explainCommand = (): Command =>
  new Command('explain')
    .description('say which rule blocks a payload, where, and what would be allowed there; values stay masked')
    .argument('<payload>', 'payload file, with --route; or the id of a decision whose payload is held')
    .option('--policy <file>', 'policy to use instead of the one of the appliance')
    .option('--route <id>', 'route that the payload takes')
    .option('--instrument <id>', 'instrument that sends it; the first one that the route is open to when absent')
    .option('--path <path>', 'path and query, for a route with parameters')
    .option('--key <file>', "the reviewer's private key; by default the one in the data folder")
    .addHelpText(
      'after',
      examples(
        'sluice rules explain payload.json --route run-performance',
        'sluice rules explain 019aa0f2-7d1c-7abc-9def-0123456789ab --key ~/reviewer.key',
      ),
    )
    .action(explainPayload)

const decisionId = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

const explainPayload = async (argument: string, options: ExplainOptions): Promise<void> => {
  const file = policyToRead(options)
  const policy = loadPolicy(file)
  const isHeld = decisionId.test(argument)
  const payload = isHeld ? await openForReview(argument, options) : null
  const message = payload ? messageOfHeld(payload) : messageInFile(argument, file, options)
  const verdict = inspect(message, policy)
  const decided = isHeld ? decisionOf(argument, options) : null
  const shared = { ...decided, policy: policy.digest, verdict: verdict.kind }
  const { exceptions, excepted } = verdict
  const owed = exceptions.length > 0 ? { exceptions, excepted } : {}
  if (verdict.kind === 'forward') {
    if (options.json) return json({ ...shared, ...owed })
    const why = exceptions.length > 0 ? exceptedBy(verdict) : 'nothing is in its way'
    fields(spellShared({ ...shared, verdict: `forward: ${why}` }))
    return tellExcepted(excepted)
  }
  process.exitCode = exitCodes.found
  const route = draftPolicyIn(file).routes.find(({ id }) => id === verdict.route) ?? null
  const explanation = explain(verdict, { policy, route, body: bodyOf(message, policy, verdict.route) })
  if (options.json) return json({ ...shared, route: verdict.route, ...explanation, ...owed })
  tell({ ...shared, route: verdict.route }, explanation)
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

const openForReview = async (id: string, options: ExplainOptions): Promise<HeldPayload> => {
  const folder = readyFolder(options)
  const payload = await openHeld(folder, id, options.key)
  await recordReviews(folder, [id], 'show')
  return payload
}

/** What was decided then, and under which policy. */
const decisionOf = (id: string, options: ExplainOptions) => {
  const reader = openLogReader(readyFolder(options).log)
  try {
    const record = reader.show(id)[0]?.record
    return record?.kind === 'decision' ? { decision: id, decidedThen: record.reason, policyThen: record.policy } : null
  } finally {
    reader.close()
  }
}

const messageInFile = (payload: string, policyFile: string, options: ExplainOptions): Message => {
  if (options.route === undefined)
    throw new Failure('it is not said which route the payload takes', 'name it with --route', exitCodes.usage)
  return messageFor(loadPolicy(policyFile), { ...options, route: options.route }, readFileSync(payload))
}

const labels: Readonly<Record<string, string>> = {
  decidedThen: 'blocked then',
  policyThen: 'policy then',
  policy: 'policy now',
}

const spellShared = (shared: Readonly<Record<string, string | null>>) =>
  Object.entries(shared).map(([name, value]) => [labels[name] ?? name, value] as const)

const tell = (shared: Readonly<Record<string, string | null>>, explanation: Explanation): void => {
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
