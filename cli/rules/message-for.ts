import { arrivingNow } from '../../proxy/lab/arrivals.ts'
import type { HeldPayload } from '../../proxy/review/held-payload.ts'
import type { Message } from '../../rules/message.ts'
import type { Policy, RouteRules } from '../../rules/policy.ts'
import { caseMessage, type CaseWay } from '../../rules/workbench/case-message.ts'
import { writtenRoutes } from '../../rules/workbench/judge.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'

/** How a payload would come. */
export type Way = CaseWay & { readonly route: string }

/**
 * The message in which a payload would come, as the gate would see it if it came now.
 * @throws Failure when the policy has no such route
 */
export const messageFor = (policy: Policy, way: Way, bytes: Uint8Array): Message =>
  caseMessage(policy, routeNamed(policy, way.route), way, bytes, Date.now())

const routeNamed = (policy: Policy, name: string): RouteRules => {
  const routes = writtenRoutes(policy)
  const route = routes.find(({ id }) => id === name)
  if (route) return route
  throw new Failure(
    `the policy has no route ${name}`,
    `it has: ${routes.map(({ id }) => id).join(', ')}`,
    exitCodes.notFound,
  )
}

/** The message that a held payload came in, as a replay would send it now. */
export const messageOfHeld = ({ client, instrument, destination, head, content }: HeldPayload): Message => ({
  arrival: arrivingNow({ client, ingress: { kind: 'replay', instrument, destination } }),
  head,
  content: { kind: 'complete', bytes: content, trailers: 0 },
})
