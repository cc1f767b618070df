import { accessSync, constants, statfsSync, statSync } from 'node:fs'
import { lookup } from 'node:dns/promises'
import { networkInterfaces } from 'node:os'
import { basename } from 'node:path'
import { Argument, Command } from 'commander'
import { openAuthority } from '../../certs/authority.ts'
import { CertError, hints as certHints } from '../../certs/cert-error.ts'
import { openLogReader } from '../../log/query.ts'
import { activeReviewers } from '../../log/reviewer-folder.ts'
import { isProtected } from '../../log/reviewer-key.ts'
import { callControl } from '../../proxy/control.ts'
import type { DataFolder } from '../../proxy/data-folder.ts'
import type { HandshakeStatus } from '../../proxy/handshakes.ts'
import { requireLabAddress } from '../../proxy/lab-address.ts'
import { loadPolicy } from '../../proxy/policy-file.ts'
import { permittedNames } from '../../proxy/set-up.ts'
import { parseListen, policyFile, readSettings, type Settings } from '../../proxy/settings.ts'
import type { ApplianceStatus } from '../../proxy/control-handlers.ts'
import { hints as proxyHints, ProxyError } from '../../proxy/proxy-error.ts'
import { isAllowedTarget } from '../../proxy/upstream-address.ts'
import { requireUpstreamFiles } from '../../proxy/upstream-files.ts'
import { summarize } from '../../rules/exception.ts'
import { spellAuthority } from '../../rules/framing.ts'
import type { Destination, Endpoint, Policy } from '../../rules/policy.ts'
import { readyFolder, type CommonOptions } from '../context.ts'
import { examples } from '../examples.ts'
import { spellExceptions } from '../exception-table.ts'
import { exitCodes } from '../exit-codes.ts'
import { shareHeld, spellHeld } from '../held-room.ts'
import { Failure } from '../failure.ts'
import { examineIsolation, printNftables, type IsolationOptions } from '../isolation.ts'
import { json, line } from '../print.ts'
import { spellSplice } from '../spell-splice.ts'
import { spellPaused } from './pause.ts'
import { spellCaller } from '../spell-caller.ts'
import { keyFilesIn } from '../reviewer-keys.ts'

/** What one check saw. `hint`: what to do; null when all is well. With `ok` and a hint it is a warning: nothing is wrong yet. */
type Finding = { readonly check: string; readonly ok: boolean; readonly seen: string; readonly hint: string | null }

const MIN_FREE_BYTES = 1024 ** 3
/** Milliseconds before its end from which on an authority should be exchanged: instruments are not all visited in a week. */
const CA_WARNING_MS = 90 * 86_400_000

export const doctorCommand = (): Command =>
  new Command('doctor')
    .description(
      'check what usually goes wrong in an installation; exits with 8 when something is wrong, with 0 where it only will be',
    )
    .addArgument(
      new Argument('[part]', '"isolation": only what keeps connections from outside away').choices(['isolation']),
    )
    .option('--print-nftables', 'with isolation: print the packet filter for this appliance instead')
    .option('--lab-interface <name>', 'with isolation: the interface of the instruments (else by the listen address)')
    .option('--egress-interface <name>', 'with isolation: the interface to the internet (else by the default route)')
    .option('--ntp <address...>', 'with --print-nftables: time servers that may be asked')
    .addHelpText(
      'after',
      examples(
        'sluice doctor',
        'sluice doctor --json',
        'sluice doctor isolation',
        'sluice doctor isolation --print-nftables > sluice.nft',
      ),
    )
    .action(examineAsked)

type DoctorOptions = CommonOptions & IsolationOptions & { readonly printNftables?: boolean }

const examineAsked = (part: 'isolation' | undefined, options: DoctorOptions): Promise<void> => {
  const { printNftables: isPrinting, labInterface, egressInterface, ntp } = options
  if (part === undefined && [isPrinting, labInterface, egressInterface, ntp].some(option => option !== undefined))
    throw new Failure('these options belong to "doctor isolation"', 'put "isolation" behind "doctor"', exitCodes.usage)
  if (part === undefined) return doctor(options)
  const folder = readyFolder(options)
  return isPrinting ? printNftables(folder, options) : examineIsolation(folder, options)
}

const doctor = async (options: CommonOptions): Promise<void> => {
  const folder = readyFolder(options)
  const findings: Finding[] = []
  for await (const finding of examine(folder)) {
    findings.push(finding)
    if (options.json) json(finding)
    else line(`${markOf(finding)} ${finding.check}: ${finding.seen}${finding.hint ? `\n  → ${finding.hint}` : ''}`)
  }
  if (findings.some(({ ok }) => !ok)) process.exitCode = exitCodes.found
}

const markOf = ({ ok, hint }: Finding): string => (!ok ? '✗' : hint === null ? '✓' : '!')

const examine = async function* (folder: DataFolder): AsyncGenerator<Finding> {
  const settings = readSettings(folder)
  yield attempt('listen address', 'listen on the lab-side address only', () => {
    const { address, port } = parseListen(settings.listen)
    requireLabAddress(address)
    const isHere = Object.values(networkInterfaces()).some(list => list?.some(entry => entry.address === address))
    if (!isHere) throw new Error(`this machine has no address ${address}`)
    return `${address} port ${port}`
  })
  const policy = attempt('policy', 'run "sluice rules check" and correct what it names', () => {
    const { digest } = loadPolicy(policyFile(folder, settings))
    return digest
  })
  yield policy
  if (policy.ok) yield* examinePolicy(folder, settings, loadPolicy(policyFile(folder, settings)))
  yield attempt('reviewers', 'run "sluice init" on a new folder, or put a .pub file into the reviewers folder', () => {
    const names = activeReviewers(folder.reviewers).map(({ name }) => name)
    if (names.length === 0) throw new Error('there is no reviewer')
    return names.join(', ')
  })
  yield custody(folder)
  yield heldRoom(folder, settings)
  yield attempt('log', 'run "sluice log verify"', () => {
    openLogReader(folder.log).close()
    return folder.log
  })
  yield attempt('anchors', 'see that the share is mounted and that the appliance may make files in it', () => {
    const { every, folder: anchors } = settings.anchors
    if (anchors === null) return `every ${every}, to standard output only`
    accessSync(anchors, constants.W_OK | constants.X_OK)
    return `every ${every}, to ${anchors}`
  })
  yield attempt('permissions', 'chown the data folder to the user that runs the appliance, and chmod it to 700', () => {
    accessSync(folder.root, constants.R_OK | constants.W_OK)
    const others = statSync(folder.root).mode & 0o077
    if (others !== 0) throw new Error(`other users may enter ${folder.root}`)
    return `${folder.root} is for its owner only`
  })
  yield attempt('disk', 'free some space, or move the data folder to a larger disk', () => {
    const { bavail, bsize } = statfsSync(folder.root)
    const free = bavail * bsize
    if (free < MIN_FREE_BYTES) throw new Error(`only ${Math.floor(free / 1024 ** 2)} MiB are free`)
    return `${Math.floor(free / 1024 ** 3)} GiB free`
  })
  yield* running(folder)
}

const caHint =
  'run "sluice certs ca new", let every instrument trust the new certificate, then run "sluice certs ca activate"'

const attempt = (check: string, hint: string, look: () => string): Finding => {
  try {
    return { check, ok: true, seen: look(), hint: null }
  } catch (error) {
    return { check, ok: false, seen: (error as Error).message, hint }
  }
}

const examinePolicy = async function* (
  folder: DataFolder,
  settings: Settings,
  policy: Policy,
): AsyncGenerator<Finding> {
  yield attempt('CA', caHint, () => {
    const authority = openAuthority(folder.authority)
    const { dns, addresses } = permittedNames(settings, policy)
    const missing = [...dns, ...addresses].filter(name => !authority.covers(name))
    if (missing.length > 0) throw new Error(`may not vouch for ${missing.join(', ')}`)
    const end = authority.notAfter.toISOString().slice(0, 10)
    if (authority.notAfter.getTime() - Date.now() < CA_WARNING_MS) throw new Error(`ends on ${end}`)
    return `until ${end}, SHA-256 ${authority.fingerprint256.slice(0, 23)}…`
  })
  if (policy.exceptions.length > 0) yield exceptionsFinding(policy)
  for (const destination of policy.destinations) {
    if (destination.proxy === null) yield await resolution(`destination ${destination.host}`, destination)
    yield* examineFiles(folder, destination)
  }
  const proxies = new Map(policy.destinations.flatMap(({ proxy }) => (proxy ? [[spellAuthority(proxy), proxy]] : [])))
  for (const [name, proxy] of proxies) yield await resolution(`upstream proxy ${name}`, proxy)
}

/** One that ends soon still does what it is for. */
const exceptionsFinding = ({ exceptions }: Policy): Finding => {
  const summary = summarize(exceptions, Date.now())
  const { endingSoon, expired, tooLong } = summary
  const ok = expired.length + tooLong.length === 0
  const hint = 'renew what is still needed, remove the rest, and run "sluice rules activate"'
  const isWell = ok && endingSoon.length === 0
  return { check: 'exceptions', ok, seen: spellExceptions(summary), hint: isWell ? null : hint }
}

const examineFiles = function* (folder: DataFolder, destination: Destination): Generator<Finding> {
  const check = `files for ${destination.host}`
  try {
    const lines = requireUpstreamFiles(folder.upstream, destination)
    if (lines.length > 0) yield { check, ok: true, seen: lines.join(', '), hint: null }
  } catch (error) {
    yield { check, ok: false, seen: (error as Error).message, hint: hintFor(error) }
  }
}

const hintFor = (error: unknown): string => {
  if (error instanceof CertError) return certHints[error.code]
  return error instanceof ProxyError ? proxyHints[error.code] : 'see that the folder "upstream" can be read'
}

const resolution = async (check: string, destination: Endpoint): Promise<Finding> => {
  if (destination.addresses.length > 0)
    return { check, ok: true, seen: `fixed addresses ${destination.addresses.join(', ')}`, hint: null }
  try {
    const found = await lookup(destination.host, { all: true })
    const allowed = found.filter(({ address }) => isAllowedTarget(destination, address))
    if (allowed.length > 0)
      return { check, ok: true, seen: allowed.map(({ address }) => address).join(', '), hint: null }
    const hint = 'if the vendor really is there, name the network under "networks" of the destination'
    return { check, ok: false, seen: `${found[0]!.address} is not a public address`, hint }
  } catch {
    const hint = 'correct the host in the policy, or the DNS server of this machine, or give "addresses"'
    return { check, ok: false, seen: 'the name does not resolve', hint }
  }
}

/** A private key beside the sealed payloads lets whoever takes the disk read them. */
const custody = (folder: DataFolder): Finding => {
  const check = 'key custody'
  const files = keyFilesIn(folder.reviewers)
  if (files.length === 0)
    return { check, ok: true, seen: 'no private key of a reviewer is on this machine', hint: null }
  const names = files.map(file => basename(file)).join(', ')
  const isOpen = files.some(file => !isProtected(file))
  return {
    check,
    ok: false,
    seen: `private keys of reviewers are in ${folder.reviewers}${isOpen ? ', and no passphrase protects them' : ''}`,
    hint: isOpen
      ? 'have each reviewer make a key with "sluice keys reviewer new" on another machine and add it; then retire these and delete the .key files'
      : `move ${names} to the reviewers, off this machine`,
  }
}

/** From which share on there is too little room left to look away. */
const MOST_HELD = 0.8

const heldRoom = (folder: DataFolder, { held }: Settings): Finding =>
  attempt(
    'held payloads',
    'review the blocked payloads and purge what was judged, or raise "held" in appliance.yaml',
    () => {
      const reader = openLogReader(folder.log)
      const total = reader.heldTotal()
      reader.close()
      const seen = spellHeld({ ...total, isFull: false }, held)
      if (shareHeld(total, held) > MOST_HELD) throw new Error(`${seen}: nearly full`)
      return seen
    },
  )

const running = async function* (folder: DataFolder): AsyncGenerator<Finding> {
  const check = 'appliance'
  const state = await stateOf(folder)
  if (state === null) return yield { check, ok: false, seen: 'is not running', hint: 'start it with "sluice serve"' }
  const { log, paused, splices, handshakes } = state
  if (log.state === 'ready') yield { check, ok: true, seen: 'is running', hint: null }
  else yield { check, ok: false, seen: `fails closed: the log is ${log.state}`, hint: 'see "sluice status"' }
  yield traffic(spellPaused(paused))
  yield* splices.map(uninspected)
  for (const seen of handshakes) if (isTrouble(seen)) yield handshakeFinding(seen)
}

const stateOf = async (folder: DataFolder): Promise<ApplianceStatus | null> => {
  try {
    return (await callControl(folder.control, 'GET /status')).document as ApplianceStatus
  } catch {
    return null
  }
}

/** What passes unopened is shown whenever somebody looks, and is a fault when it needs somebody now. */
const uninspected = (splice: ApplianceStatus['splices'][number]): Finding => {
  const { state, bytesLastHour, bytesPerHour, bytesLastDay, bytesPerDay } = splice
  const isNearlyUsed = bytesLastHour > 0.9 * bytesPerHour || bytesLastDay > 0.9 * bytesPerDay
  const hint = isNearlyUsed
    ? 'look at what the instrument sends so much of, before the budget is raised'
    : 'renew "expires" under "splice" of the destination if it is still needed, else remove it'
  const ok = (state === 'in-force' || state === 'ends-soon') && !isNearlyUsed
  const isWell = ok && state === 'in-force'
  return { check: `UNINSPECTED ${splice.destination}`, ok, seen: spellSplice(splice), hint: isWell ? null : hint }
}

/** A pause is easily forgotten, and then looks like a fault of the appliance. */
const traffic = (paused: string | null): Finding => {
  const check = 'traffic'
  if (paused === null) return { check, ok: true, seen: 'nothing is paused', hint: null }
  return {
    check,
    ok: false,
    seen: `paused: ${paused}`,
    hint: 'run "sluice resume" (with --instrument) to let it out again',
  }
}

/** Who only looks in and is no instrument is nobody's trouble. */
const isTrouble = ({ diagnosis, instrument }: HandshakeStatus): boolean =>
  diagnosis !== 'trusts' && (instrument !== null || (diagnosis !== 'left' && diagnosis !== 'broken-off'))

const handshakeFinding = (seen: HandshakeStatus): Finding => ({
  check: `TLS of ${spellCaller(seen)}`,
  ok: false,
  seen: `${seen.meaning} (${seen.refused} times, last ${seen.last}: ${seen.code})`,
  hint: seen.todo,
})
