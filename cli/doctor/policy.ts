import { openAuthority } from '../../certs/authority.ts'
import { loadPolicy } from '../../proxy/policy/policy-file.ts'
import { permittedNames } from '../../proxy/set-up.ts'
import { policyFile } from '../../proxy/settings.ts'
import { summarize } from '../../rules/exception.ts'
import type { Policy } from '../../rules/policy.ts'
import { spellExceptions } from '../rules/exception-table.ts'
import { attempt, found, holds, warning, type Finding } from './finding.ts'
import { dayOf, endsWithin, type Subject } from './subject.ts'

/** Days before its end from which on an authority should be exchanged: instruments are not all visited in a week. */
const CA_DAYS = 90

const caHint =
  'run "sluice certs ca new", let every instrument trust the new certificate, then run "sluice certs ca activate"'

/** The policy file against what is in force, its exceptions, and the authority against its hosts. */
export const examinePolicy = function* (subject: Subject): Generator<Finding> {
  const { folder, settings, policy, appliance } = subject
  yield attempt('policy', 'run "sluice rules check" and correct what it names', () => {
    const { digest } = policy ?? loadPolicy(policyFile(folder, settings))
    return digest
  })
  if (policy === null) return
  if (appliance !== null) yield inForce(policy, appliance.policy)
  if (policy.exceptions.length > 0) yield exceptions(policy, subject.now)
  yield authority(subject, policy)
}

const inForce = ({ digest }: Policy, running: { readonly digest: string; readonly number: number }): Finding => {
  const check = 'policy in force'
  if (running.digest === digest) return holds(check, `activation ${running.number}, the same as the file`)
  const seen = `activation ${running.number}, ${running.digest}, which is not that of the file`
  return warning(check, seen, 'see "sluice rules diff", then run "sluice rules activate" if the file is to count')
}

const exceptions = (policy: Policy, now: number): Finding => {
  const check = 'exceptions'
  const summary = summarize(policy.exceptions, now)
  const { endingSoon, expired, tooLong } = summary
  const seen = spellExceptions(summary)
  const hint = 'renew what is still needed, remove the rest, and run "sluice rules activate"'
  if (expired.length + tooLong.length > 0) return found(check, seen, hint)
  return endingSoon.length > 0 ? warning(check, seen, hint) : holds(check, seen)
}

const authority = ({ folder, settings, now }: Subject, policy: Policy): Finding => {
  let end = new Date(0)
  const finding = attempt('CA', caHint, () => {
    const held = openAuthority(folder.authority)
    end = held.notAfter
    const { dns, addresses } = permittedNames(settings, policy)
    const missing = [...dns, ...addresses].filter(name => !held.covers(name))
    if (missing.length > 0) throw new Error(`may not vouch for ${missing.join(', ')}`)
    if (endsWithin(0, end, now)) throw new Error(`ended on ${dayOf(end)}`)
    return `until ${dayOf(end)}, SHA-256 ${held.fingerprint256.slice(0, 23)}…`
  })
  if (finding.state === 'found' || !endsWithin(CA_DAYS, end, now)) return finding
  return warning('CA', `ends on ${dayOf(end)}`, caHint)
}
