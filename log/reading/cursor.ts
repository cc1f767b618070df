import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { syncFolder } from '../writing/exclusive-file.ts'
import { lockFile } from '../writing/file-lock.ts'
import { LogError } from '../log-error.ts'
import type { RecordSource, StoredLine } from './record-source.ts'

/**
 * How far a log was handed on, kept in a file that survives a crash. Whoever hands on records makes them safe first and
 * advances the cursor then: a crash in between leads to a repeat, never to a loss.
 */
export type Cursor = {
  /** Sequence of the first record that was not handed on. */
  readonly next: () => number
  /** Remembers, durably, that everything up to this record was handed on. */
  readonly advance: (last: Pick<StoredLine, 'sequence' | 'leaf'>) => void
  readonly close: () => void
}

/** `leaf`: leaf hash of the last record that was handed on, in hexadecimal; a log that has another one there is not the same log. */
type State = { readonly log: string; readonly next: number; readonly leaf: string | null }

/**
 * Opens the cursor, or begins one where the file does not exist. It is locked for other processes by `<file>.lock`.
 * @param first - where a new cursor begins
 * @throws LogError `ERR_CURSOR_BUSY`, `ERR_CURSOR_UNREADABLE`; `ERR_CURSOR_FOREIGN` when the log is not the one of the cursor, or
 *   does not have the last record any more that was handed on
 */
export const openCursor = (file: string, source: RecordSource, first = 0): Cursor => {
  const lock = lockFile(`${file}.lock`)
  if (lock === null) throw new LogError('ERR_CURSOR_BUSY', `another process uses the cursor ${file}`)
  try {
    let { next } = readState(file, source) ?? { next: first }
    return {
      next: () => next,
      advance: ({ sequence, leaf }) => {
        next = sequence + 1
        replaceDurably(file, { log: source.origin, next, leaf: Buffer.from(leaf).toString('hex') })
      },
      close: lock.release,
    }
  } catch (fault) {
    lock.release()
    throw fault
  }
}

const readState = (file: string, source: RecordSource): State | null => {
  const text = readText(file)
  if (text === null) return null
  const state = parseState(text)
  if (state === null) throw new LogError('ERR_CURSOR_UNREADABLE', `${file} is not a cursor`)
  const leaf = state.next === 0 ? null : source.leafOf(state.next - 1)
  const isSame = state.log === source.origin && state.leaf === (leaf && Buffer.from(leaf).toString('hex'))
  if (!isSame) throw new LogError('ERR_CURSOR_FOREIGN', `the log is not the one that ${file} was made for`)
  return state
}

const readText = (file: string): string | null => {
  try {
    return readFileSync(file, 'utf8')
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw fault
  }
}

const parseState = (text: string): State | null => {
  try {
    const state = JSON.parse(text) as Partial<State> | null
    const isState =
      typeof state?.log === 'string' &&
      Number.isSafeInteger(state.next) &&
      (state.next ?? -1) >= 0 &&
      (state.leaf === null || /^[0-9a-f]{64}$/.test(state.leaf ?? ''))
    return isState ? (state as State) : null
  } catch {
    return null
  }
}

/** The file is at every moment either the old one or the new one, also after a power failure. */
const replaceDurably = (file: string, state: State): void => {
  const temporary = `${file}.new`
  const descriptor = openSync(temporary, 'w', 0o600)
  try {
    writeFileSync(descriptor, `${JSON.stringify(state)}\n`)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  renameSync(temporary, file)
  syncFolder(dirname(resolve(file)))
}
