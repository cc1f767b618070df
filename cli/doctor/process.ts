import { readFileSync } from 'node:fs'
import { defaultLabLimits } from '../../proxy/lab/lab-limits.ts'
import { labLimits } from '../../proxy/settings.ts'
import { found, holds, unproven, warning, type Finding } from './finding.ts'
import type { Subject } from './subject.ts'

/** What the kernel says of a process, in /proc. */
export type ProcessFacts = {
  /** Effective user. */
  readonly user: number
  /** Capabilities that it has now, a bit each. */
  readonly capabilities: bigint
  readonly noNewPrivileges: boolean
  /** Whether system calls are filtered. */
  readonly filtered: boolean
  /** Whether its root file system is mounted so that nobody writes to it. */
  readonly readOnlyRoot: boolean
  /** Files and sockets that it may have open; Infinity: any number. */
  readonly openFiles: number
}

/** Bit of CAP_NET_BIND_SERVICE, for port 443. @see capabilities(7) */
const BIND_SERVICE = 1n << 10n
/** Connections to each destination at the most, and files that a process has open besides: the log, libraries, pipes. */
const PER_DESTINATION = 64
const OTHERS = 128

/** What the running process could do if it were taken over, and whether it has enough of what it needs. */
export const examineProcess = function* ({ appliance, settings, policy }: Subject): Generator<Finding> {
  if (appliance === null) return
  const facts = readProcess(appliance.pid)
  if (facts === null)
    return yield unproven(
      'process',
      'what the kernel says of it cannot be read from here',
      'ask on Linux, as the user of the appliance; of a container, within it',
    )
  const { maxConnections } = { ...defaultLabLimits, ...labLimits(settings) }
  const needed = maxConnections + (policy?.destinations.length ?? 1) * PER_DESTINATION + OTHERS
  yield* judgeProcess(facts, needed)
}

/** @param needed - open files at the most */
export const judgeProcess = (facts: ProcessFacts, needed: number): readonly Finding[] => [
  user(facts),
  privileges(facts),
  rootFolder(facts),
  openFiles(facts, needed),
]

const units = 'compose.yaml and deploy/sluice.service do so'

const user = ({ user: id }: ProcessFacts): Finding =>
  id === 0
    ? found('user', 'it runs as root', `run it as a user of its own: ${units}`)
    : holds('user', `it runs as user ${id}`)

const privileges = ({ capabilities, noNewPrivileges, filtered }: ProcessFacts): Finding => {
  const check = 'privileges'
  const more = capabilities & ~BIND_SERVICE
  if (more !== 0n) return found(check, `it has capabilities (${more.toString(16)})`, `take them away: ${units}`)
  const open = [
    ...(noNewPrivileges ? [] : ['it may gain privileges from other programs']),
    ...(filtered ? [] : ['its system calls are not filtered']),
  ]
  if (open.length > 0) return warning(check, open.join('; '), `set no-new-privileges and seccomp: ${units}`)
  return holds(check, 'no capabilities, none to be gained, system calls filtered')
}

const rootFolder = ({ readOnlyRoot }: ProcessFacts): Finding =>
  readOnlyRoot
    ? holds('file system', 'read-only but for what it writes to')
    : warning('file system', 'its root is writable as far as its user may', `mount it read-only: ${units}`)

const openFiles = ({ openFiles: allowed }: ProcessFacts, needed: number): Finding => {
  const check = 'open files'
  if (allowed >= needed) return holds(check, `${allowed} may be open, at most ${needed} are needed`)
  const hint =
    'raise the limit (systemd: LimitNOFILE; Docker: ulimits; a shell: ulimit -n), or lower limits.maxConnections'
  return found(check, `${allowed} may be open, and ${needed} can be needed`, hint)
}

/** Null where there is no /proc, where it belongs to somebody else, and where the number is that of another program. */
const readProcess = (pid: number): ProcessFacts | null => {
  try {
    const read = (name: string): string => readFileSync(`/proc/${pid}/${name}`, 'utf8')
    if (!/main\.ts\0(?:.*\0)?serve\0/s.test(read('cmdline')) && pid !== process.pid) return null
    return parseProcess(read('status'), read('limits'), read('mountinfo'))
  } catch {
    return null
  }
}

/** @see proc_pid_status(5), proc_pid_limits(5), proc_pid_mountinfo(5) */
export const parseProcess = (status: string, limits: string, mounts: string): ProcessFacts => {
  const field = (name: string): string => new RegExp(`^${name}:\\t(.*)$`, 'm').exec(status)?.[1] ?? ''
  const [, soft = '0'] = /^Max open files +(\S+)/m.exec(limits) ?? []
  const roots = mounts.split('\n').map(line => line.split(' '))
  // Of several mounts in one place the last one counts.
  const options = roots.findLast(([, , , , place]) => place === '/')?.[5] ?? 'rw'
  return {
    user: Number(field('Uid').split('\t')[1]),
    capabilities: BigInt(`0x${field('CapEff') || '0'}`),
    noNewPrivileges: field('NoNewPrivs') === '1',
    filtered: field('Seccomp') !== '0',
    readOnlyRoot: options.split(',').includes('ro'),
    openFiles: soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft),
  }
}
