import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve, sep } from 'node:path'
import { parse } from 'yaml'
import type { DataFolder } from './data-folder.ts'
import { bundleFiles, policyFile, spoolKeyFile, type Settings } from './settings.ts'

/**
 * What the process of the appliance has given up, as far as Node's permission model goes: every JavaScript call for files outside
 * the granted folders, child processes, the inspector and WASI is refused with `ERR_ACCESS_DENIED`.
 *
 * What it does not hold: native code. `better-sqlite3` needs addons, and an addon reads and writes as the user may; so do calls
 * of Node that look at no path of ours (the resolver's /etc/hosts). And Node 24 cannot bind a process to destinations: which
 * hosts are called is decided by the policy, and by a packet filter (`sluice doctor isolation --print-nftables`).
 * @see https://nodejs.org/docs/latest-v24.x/api/permissions.html
 */
export type Confinement = {
  readonly isConfined: boolean
  /** Whether each could still be used. */
  readonly childProcesses: boolean
  readonly allFiles: boolean
}

/** Of this process. */
export const confinement = (): Confinement => {
  // Node has no such object unless it was started with --permission, whatever its types say.
  const permission = process.permission as typeof process.permission | undefined
  if (!permission) return { isConfined: false, childProcesses: true, allFiles: true }
  return { isConfined: true, childProcesses: permission.has('child'), allFiles: permission.has('fs.read', '/') }
}

/** What an appliance reads and writes, in absolute paths; a folder stands for all that is in it. */
export type Grants = { readonly read: readonly string[]; readonly write: readonly string[] }

const appFolder = join(import.meta.dirname, '..')

/**
 * The files that an appliance needs: itself with its libraries, its data folder, the policy and what that refers to, the keys of the spool
 * and of bundles, the folders of anchors and metrics. Links are followed, because Node compares paths and not what they lead to.
 */
export const grantsFor = (folder: DataFolder, settings: Settings): Grants => {
  const policy = policyFile(folder, settings)
  const others = [settings.anchors.folder, settings.metrics.folder].filter(other => other !== null)
  const write = [folder.root, ...others]
  const named = [spoolKeyFile(folder, settings), ...bundleFiles(folder, settings), ...referencesOf(policy)]
  const read = [appFolder, librariesFolder(), dirname(policy), ...named]
  return { read: withTargets([...read, ...write]), write: withTargets(write) }
}

/** The `node_modules` in which better-sqlite3 is found: of this package, or of one that has it as a dependency. */
const librariesFolder = (): string =>
  dirname(dirname(createRequire(import.meta.url).resolve('better-sqlite3/package.json')))

/**
 * Each path with what its links lead to, once. What is not there, such as a share to be mounted, is taken for a folder. What lies in another
 * of the folders is left out: Node 24 refuses a folder itself for which something within it was granted before.
 */
const withTargets = (paths: readonly string[]): readonly string[] => {
  const all = [
    ...new Set(paths.flatMap(path => (existsSync(path) ? [resolve(path), realpathSync(path)] : [join(path, '*')]))),
  ]
  return all.filter(path => !all.some(folder => path.startsWith(`${folder}${sep}`)))
}

/** Schema and CA files that a policy names, as far as it can be read; where it cannot, the start says what is wrong with it. */
const referencesOf = (policy: string): readonly string[] => {
  try {
    const found = namedFiles(parse(readFileSync(policy, 'utf8')))
    return found.map(name => resolve(dirname(policy), name)).filter(path => existsSync(path))
  } catch {
    return []
  }
}

const namedFiles = (value: unknown): readonly string[] => {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, member]: [string, unknown]) => {
    if (typeof member !== 'string') return namedFiles(member)
    return key === 'schema' || key === 'ca' ? [member] : []
  })
}

/**
 * The options by which Node starts an appliance that can do no more than it has to: threads for the log writer, the one addon, and
 * the granted files.
 */
export const confiningOptions = ({ read, write }: Grants): readonly string[] => [
  '--permission',
  '--allow-addons',
  '--allow-worker',
  // From Node 25 on the network is a permission of its own; Node 24 does not know the option.
  ...(process.allowedNodeEnvironmentFlags.has('--allow-net') ? ['--allow-net'] : []),
  // Node warns that addons and workers weaken the model: it is said above, and in docs/deployment.md.
  '--disable-warning=SecurityWarning',
  ...read.map(path => `--allow-fs-read=${path}`),
  ...write.map(path => `--allow-fs-write=${path}`),
]

/**
 * Starts this program anew with the options of `confiningOptions`, in the same process: same id, same standard streams, same
 * parent. Returns only where that is not possible (Windows) or has been done already.
 */
export const confine = (grants: Grants): void => {
  if (confinement().isConfined || typeof process.execve !== 'function' || process.platform === 'win32') return
  const own = [...process.execArgv, ...confiningOptions(grants), ...process.argv.slice(1)]
  process.execve(process.execPath, [process.execPath, ...own], withoutPreloads(process.env))
}

/** Modules that NODE_OPTIONS loads beforehand, as test runners and tracers do, are no part of the appliance. */
const withoutPreloads = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => {
  const { NODE_OPTIONS: options = '', ...others } = env
  const kept = options.replaceAll(preload, ' ').trim()
  return kept === '' ? others : { ...others, NODE_OPTIONS: kept }
}

/** The option with what it names, in either of the two spellings; each may stand in quotation marks. */
const preload =
  /(?:"(?:--import|--require|--(?:experimental-)?loader|-r)=[^"]*"|(?<!\S)(?:--import|--require|--(?:experimental-)?loader|-r)(?:=|\s+)(?:"[^"]*"|\S+))/g
