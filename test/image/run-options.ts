/**
 * Prints, a line each, the options by which `podman run` or `docker run` hardens a container as compose.yaml does, so that what
 * is tried is what is deployed. Networks and volumes are the caller's.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

type Service = {
  readonly read_only: boolean
  readonly tmpfs: readonly string[]
  readonly cap_drop: readonly string[]
  readonly security_opt: readonly string[]
  readonly sysctls: Readonly<Record<string, string>>
  readonly mem_limit: string
  readonly memswap_limit: string
  readonly ulimits: Readonly<Record<string, number>>
  readonly pids_limit: number
}

const compose = join(import.meta.dirname, '..', '..', 'compose.yaml')
const { sluice } = (parse(readFileSync(compose, 'utf8'), { merge: true }) as { services: { sluice: Service } }).services

const options = [
  ...(sluice.read_only ? ['--read-only'] : []),
  ...sluice.tmpfs.map(mount => `--tmpfs=${mount}`),
  ...sluice.cap_drop.map(capability => `--cap-drop=${capability}`),
  ...sluice.security_opt.map(option => `--security-opt=${option}`),
  ...Object.entries(sluice.sysctls).map(([name, value]) => `--sysctl=${name}=${value}`),
  `--memory=${sluice.mem_limit}`,
  `--memory-swap=${sluice.memswap_limit}`,
  ...Object.entries(sluice.ulimits).map(([name, limit]) => `--ulimit=${name}=${limit}:${limit}`),
  `--pids-limit=${sluice.pids_limit}`,
]
process.stdout.write(`${options.join('\n')}\n`)
