import { CommanderError } from 'commander'
import { CertError, hints as certHints } from '../certs/cert-error.ts'
import { FleetError, type FleetErrorCode, hints as fleetHints } from '../fleet/fleet-error.ts'
import { hints as logHints, LogError, type LogErrorCode } from '../log/log-error.ts'
import { hints as proxyHints, ProxyError, type ProxyErrorCode } from '../proxy/proxy-error.ts'
import { exitCodes, type ExitCode } from './exit-codes.ts'

/** Something a command could not do: what went wrong, what to do about it, and the exit code. */
export class Failure extends Error {
  override readonly name = 'Failure'
  readonly hint: string
  readonly exitCode: ExitCode
  constructor(message: string, hint: string, exitCode: ExitCode = exitCodes.failed) {
    super(message)
    this.hint = hint
    this.exitCode = exitCode
  }
}

const codes: Partial<Record<ProxyErrorCode | LogErrorCode | FleetErrorCode, ExitCode>> = {
  ERR_CONTROL_UNREACHABLE: exitCodes.unreachable,
  ERR_FLEET_ADDRESS: exitCodes.usage,
  ERR_FLEET_CLEAR: exitCodes.refused,
  ERR_FLEET_UNREACHABLE: exitCodes.unreachable,
  ERR_FLEET_SCHEMA: exitCodes.notFound,
  ERR_FLEET_EXISTS: exitCodes.refused,
  ERR_FLEET_ENROLLED: exitCodes.refused,
  ERR_FLEET_NAMELESS: exitCodes.usage,
  ERR_FLEET_QUESTION: exitCodes.notFound,
  ERR_LOG_MISSING: exitCodes.notFound,
  ERR_REVIEWER_NAME: exitCodes.usage,
  ERR_REVIEWER_UNKNOWN: exitCodes.notFound,
  ERR_REVIEWER_EXISTS: exitCodes.refused,
  ERR_REVIEWER_LAST: exitCodes.refused,
  ERR_REVIEWER_SAME_KEY: exitCodes.refused,
  ERR_PASSPHRASE_SHORT: exitCodes.usage,
  ERR_PASSPHRASE_WRONG: exitCodes.permission,
  ERR_SEAL_NOT_RECIPIENT: exitCodes.permission,
  ERR_LOG_PURGE_CHANGED: exitCodes.changed,
  ERR_LOG_PURGE_YOUNG: exitCodes.refused,
  ERR_LOG_REDACT_KIND: exitCodes.refused,
  ERR_LOG_REDACT_SEALED: exitCodes.refused,
  ERR_LOG_REDACT_HELD: exitCodes.refused,
  ERR_SPOOL_UNKNOWN: exitCodes.notFound,
  ERR_SPOOL_UNRECORDED: exitCodes.unreachable,
  ERR_REVIEW_UNKNOWN: exitCodes.notFound,
  ERR_REVIEW_UNRECORDED: exitCodes.unreachable,
  ERR_REVIEW_STATE: exitCodes.changed,
}

/** What to do about a fault. */
export const hintOf = (code: ProxyErrorCode | LogErrorCode): string => ({ ...logHints, ...proxyHints })[code]

/** Any error as one that says what to do. */
export const describe = (error: unknown): Failure => {
  if (error instanceof Failure) return error
  if (error instanceof ProxyError) return new Failure(error.message, proxyHints[error.code], codes[error.code])
  if (error instanceof LogError) return new Failure(error.message, logHints[error.code], codes[error.code])
  if (error instanceof FleetError) return new Failure(error.message, fleetHints[error.code], codes[error.code])
  if (error instanceof CertError) return new Failure(error.message, certHints[error.code])
  // Its own message quotes what could not be read, and that may be a piece of a payload.
  if (error instanceof SyntaxError)
    return new Failure('something that was read is not JSON', 'check the files that you named')
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ERR_ACCESS_DENIED')
    return new Failure(
      `the appliance is confined and may not use ${(error as { resource?: string }).resource || 'what it asked for'}`,
      'keep what it needs in its data folder or the folder of its policy (docs/deployment.md, "What the process may do")',
      exitCodes.permission,
    )
  if (code === 'EACCES' || code === 'EPERM')
    return new Failure(message, 'run the command as the user that owns the data folder', exitCodes.permission)
  if (code === 'ENOENT') return new Failure(message, 'check the path', exitCodes.notFound)
  return new Failure(message, 'this should not happen: please report it with the command that you ran')
}

/** Ends the process after an error, with two lines: what went wrong, and what to do. */
export const fail = (error: unknown): void => {
  if (error instanceof CommanderError) {
    // commander has printed its message already; its own codes do not tell usage errors from --help.
    process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.usage
    return
  }
  const { message, hint, exitCode } = describe(error)
  process.stderr.write(`sluice: error: ${message}\nsluice: hint: ${hint}\n`)
  process.exitCode = exitCode
}
