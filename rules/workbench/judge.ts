import { inspect, inspectCandidate } from '../inspect.ts'
import type { Message } from '../message.ts'
import type { Policy, RouteRules } from '../policy.ts'
import type { Judgement } from '../verdict.ts'

/** Every route that a policy spells: those that are enforced, then those on trial. */
export const writtenRoutes = ({ routes, candidates }: Policy): readonly RouteRules[] => [...routes, ...candidates]

/** What the appliance would say of a message that is meant for a route: its verdict, or for a route on trial what that would say. */
export const judgeOn = (route: string, message: Message, policy: Policy): Judgement =>
  policy.candidates.some(({ id }) => id === route) ? inspectCandidate(message, policy) : inspect(message, policy)
