import { lookup } from 'node:dns/promises'
import { CertError, hints as certHints } from '../../certs/cert-error.ts'
import { hints as proxyHints, ProxyError } from '../../proxy/proxy-error.ts'
import { reachDestination, type Reach } from '../../proxy/upstream/reach-destination.ts'
import { isAllowedTarget } from '../../proxy/upstream/upstream-address.ts'
import { upstreamFaults, type UpstreamFault } from '../../proxy/upstream/upstream-fault.ts'
import { requireUpstreamFiles, type UpstreamFile } from '../../proxy/upstream/upstream-files.ts'
import { spellAuthority } from '../../rules/framing.ts'
import type { Destination, Endpoint } from '../../rules/policy.ts'
import { found, holds, warning, type Finding } from './finding.ts'
import { dayOf, endsWithin, type Subject } from './subject.ts'

/** Milliseconds that a destination gets to complete the handshake. */
const REACH_MS = 8_000
/** Days before its end in which the certificate of a vendor, or what is shown to one, is worth a word. */
const VENDOR_DAYS = 7
const FILE_DAYS = 30

/** For each destination: its name, what it asks for, and whether it can be reached. @param dial - whether to connect at all */
export const examineEgress = async function* (subject: Subject, dial: boolean): AsyncGenerator<Finding> {
  const destinations = subject.policy?.destinations ?? []
  const ways = new Map(destinations.map(to => [to, examineWay(subject, to, dial)]))
  for (const [name, proxy] of proxiesOf(destinations)) yield resolution(`DNS of proxy ${name}`, proxy)
  for (const to of destinations) yield* await ways.get(to)!
}

const proxiesOf = (destinations: readonly Destination[]): ReadonlyMap<string, Endpoint> =>
  new Map(destinations.flatMap(({ proxy }) => (proxy ? [[spellAuthority(proxy), proxy] as const] : [])))

/** All of one destination; several are looked at at a time. @param dial - whether to connect */
export const examineWay = async (subject: Subject, to: Destination, dial: boolean): Promise<readonly Finding[]> => {
  const files = [...examineFiles(subject, to)]
  const name = to.proxy === null ? [await resolution(`DNS of ${to.host}`, to)] : []
  const isHopeless = [...files, ...name].some(({ state }) => state === 'found')
  if (!dial || isHopeless) return [...name, ...files]
  return [...name, ...files, judgeReach(to, await reachDestination(to, subject.folder.upstream, REACH_MS), subject.now)]
}

const judgeReach = (to: Destination, reach: Reach, now: number): Finding => {
  const check = `way to ${to.host}`
  const through = to.proxy === null ? '' : ` through proxy ${spellAuthority(to.proxy)}`
  if (reach.kind === 'reached') {
    const { address, protocol, notAfter } = reach
    const seen = `${address} port ${to.port}${through}, ${protocol}, certificate until ${dayOf(notAfter)}`
    if (!endsWithin(VENDOR_DAYS, notAfter, now)) return holds(check, seen)
    return warning(
      check,
      seen,
      'tell the vendor that its certificate ends; until it is renewed, requests will fail then',
    )
  }
  // Whom the instrument trusts there is between the two of them.
  if (to.splice !== null && upstreamFaults[reach.fault].type === 'tls_certificate_error')
    return holds(check, `port ${to.port} answers${through}; its certificate is for the instrument to judge`)
  const { meaning, hint } = upstreamFaults[reach.fault]
  return found(
    check,
    `${meaning}${through} (${reach.fault})`,
    isOfTime(reach.fault) ? `${hint}; and check the clock` : hint,
  )
}

const isOfTime = (fault: UpstreamFault): boolean => /_expired$|_not_yet_valid$/.test(fault)

const examineFiles = function* ({ folder, now }: Subject, to: Destination): Generator<Finding> {
  const check = `files for ${to.host}`
  try {
    const files = requireUpstreamFiles(folder.upstream, to)
    if (files.length > 0) yield judgeFiles(check, files, now)
  } catch (error) {
    yield found(check, (error as Error).message, hintFor(error))
  }
}

const judgeFiles = (check: string, files: readonly UpstreamFile[], now: number): Finding => {
  const seen = files.map(({ what, end }) => `${what}${end === null ? '' : ` until ${dayOf(end)}`}`).join(', ')
  const ending = files.filter(
    ({ end, renewedByHand }) => renewedByHand && end !== null && endsWithin(FILE_DAYS, end, now),
  )
  return ending.length > 0 ? warning(check, seen, 'have the vendor issue the next one in time') : holds(check, seen)
}

const hintFor = (error: unknown): string => {
  if (error instanceof CertError) return certHints[error.code]
  return error instanceof ProxyError ? proxyHints[error.code] : 'see that the folder "upstream" can be read'
}

const resolution = async (check: string, to: Endpoint): Promise<Finding> => {
  if (to.addresses.length > 0) return holds(check, `not asked: fixed addresses ${to.addresses.join(', ')}`)
  try {
    const answers = await lookup(to.host, { all: true })
    const allowed = answers.filter(({ address }) => isAllowedTarget(to, address))
    if (allowed.length > 0) return holds(check, allowed.map(({ address }) => address).join(', '))
    const { hint } = upstreamFaults.destination_ip_prohibited
    return found(check, `${answers[0]!.address} is not a public address`, hint)
  } catch {
    return found(check, 'the name does not resolve', upstreamFaults.dns_error.hint)
  }
}
