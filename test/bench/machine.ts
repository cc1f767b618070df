import { execFileSync } from 'node:child_process'
import { cpus, loadavg, totalmem } from 'node:os'

/** What a figure was measured on: it means little anywhere else. */
export type Machine = {
  readonly cpu: string
  readonly cores: number
  /** Gibibytes. */
  readonly memory: number
  /** Processes that wanted a core over the last minute: with more than there are cores, only ratios count. */
  readonly load: number
  readonly node: string
  readonly v8: string
  readonly platform: string
  /** The commit that is checked out; null outside a repository. */
  readonly commit: string | null
  readonly time: string
}

const commit = (): string | null => {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty'], {
      cwd: import.meta.dirname,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
  } catch {
    return null
  }
}

export const machine = (): Machine => ({
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  cores: cpus().length,
  memory: Math.round(totalmem() / 2 ** 30),
  load: Math.round(loadavg()[0]! * 10) / 10,
  node: process.version,
  v8: process.versions.v8,
  platform: `${process.platform}-${process.arch}`,
  commit: commit(),
  time: new Date().toISOString(),
})
