import type { DecisionEntry } from '../../log/record.ts'
import type { Message } from '../../rules/message.ts'
import type { Policy } from '../../rules/policy.ts'
import type { Block } from '../../rules/verdict.ts'
import { bodyOf } from '../../rules/workbench/case-message.ts'
import { explain, type Explanation } from '../../rules/workbench/explain.ts'
import { draftPolicyIn } from './draft-policy-in.ts'

/** What a record of a block holds was a `Block` when it was written, and codes and detectors are stable. */
export const blockIn = ({ exceptions = [], excepted = [], ...record }: DecisionEntry): Block => {
  const { reason, rule, place, findings, instrument, destination, route } = record
  return { kind: 'block', reason, rule, place, findings, instrument, destination, route, exceptions, excepted } as Block
}

/** Why something was blocked, in the words of a policy. @param message - null where only the record is at hand */
export const explainBlock = (block: Block, file: string, policy: Policy, message: Message | null): Explanation => {
  const route = draftPolicyIn(file).routes.find(({ id }) => id === block.route) ?? null
  return explain(block, { policy, route, body: message === null ? undefined : bodyOf(message, policy, block.route) })
}
