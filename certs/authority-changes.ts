/**
 * Changes of the authority that the decision log has not been told of yet: `changes.jsonl` in the folder of the authority. A change is
 * noted before it is made, so that one which was made while no appliance ran, or just before a crash, is not lost.
 */
import { closeSync, constants, existsSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { CertError } from './cert-error.ts'

export type AuthorityChange = {
  /** RFC 3339, UTC, milliseconds. */
  readonly time: string
  readonly action: 'add' | 'activate' | 'retire' | 'discard'
  /** SHA-256 of the certificate that the change is about, and of the one that it takes the place of, if any: 64 hexadecimal digits. */
  readonly certificate: string
  readonly previous: string | null
  /** The operating system's name for who asked for it. */
  readonly actor: string
}

const fileIn = (directory: string): string => join(directory, 'changes.jsonl')

/** `AA:BB:…` as hexadecimal digits. */
export const digestOf = (fingerprint256: string): string => fingerprint256.replaceAll(':', '').toLowerCase()

/** Each write is on the disk when it returns: Node's permission model, which confines the appliance, has no synchronous fsync. */
const DURABLY = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_DSYNC

/** @throws CertError ERR_CA_NOT_WRITTEN */
export const noteChange = (directory: string, change: AuthorityChange): void => {
  try {
    const file = openSync(fileIn(directory), DURABLY, 0o600)
    try {
      writeSync(file, `${JSON.stringify(change)}\n`)
    } finally {
      closeSync(file)
    }
  } catch (cause) {
    throw new CertError('ERR_CA_NOT_WRITTEN', `cannot write ${fileIn(directory)}`, { cause })
  }
}

/** The oldest first. A line that was torn by a crash is of a change that was not made. */
export const notedChanges = (directory: string): readonly AuthorityChange[] => {
  if (!existsSync(fileIn(directory))) return []
  return readFileSync(fileIn(directory), 'utf8')
    .split('\n')
    .flatMap(line => {
      try {
        return [JSON.parse(line) as AuthorityChange]
      } catch {
        return []
      }
    })
}

/** Once the log has them all. */
export const forgetChanges = (directory: string): void => rmSync(fileIn(directory), { force: true })
