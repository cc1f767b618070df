import type { DecisionEntry } from '../log/record.ts'
import type { Arrival } from '../rules/message.ts'
import type { Subject } from '../rules/verdict.ts'

/** What every decision's record says first: when it was made, who asked by which way, and as what that was recognised. */
export const decisionSubject = (id: string, { ingress, client }: Arrival, verdict: Subject) =>
  ({
    kind: 'decision',
    id,
    time: new Date().toISOString(),
    ingress: ingress.kind,
    client,
    instrument: verdict.instrument,
    destination: verdict.destination,
    route: verdict.route,
  }) satisfies Partial<DecisionEntry>
