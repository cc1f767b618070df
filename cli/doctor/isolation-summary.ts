import { gatherFacts } from '../../proxy/isolation/gather-facts.ts'
import { judgeIsolation, type Judgement } from '../../proxy/isolation/judge-isolation.ts'
import { parseListen } from '../../proxy/settings.ts'
import { isLoopbackAddress } from '../../rules/address.ts'
import { found, holds, unproven, warning, type Finding } from './finding.ts'
import type { Subject } from './subject.ts'

const MORE = 'see "sluice doctor isolation"'

/** What keeps connections from outside away, in one line. */
export const examineIsolationBriefly = async function* ({ folder, settings }: Subject): AsyncGenerator<Finding> {
  const check = 'isolation'
  if (isLoopbackAddress(parseListen(settings.listen).address))
    return yield warning(check, 'it serves this computer only, to try things with', 'listen on the lab-side address')
  yield summarize(check, judgeIsolation(await gatherFacts(folder, settings, {})))
}

const summarize = (check: string, judgements: readonly Judgement[]): Finding => {
  const named = (state: Judgement['state']): string =>
    judgements
      .filter(judgement => judgement.state === state)
      .map(judgement => judgement.check)
      .join(', ')
  if (named('found') !== '') return found(check, `not kept: ${named('found')}`, MORE)
  if (named('unproven') !== '') return unproven(check, named('unproven'), MORE)
  return holds(check, 'lab side, sockets, forwarding, packet filter and confinement are in order')
}
