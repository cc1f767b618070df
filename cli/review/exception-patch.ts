import { existsSync } from 'node:fs'
import { userInfo } from 'node:os'
import { basename, dirname, resolve } from 'node:path'
import { createTwoFilesPatch } from 'diff'
import { stringify } from 'yaml'
import { writeExclusive } from '../../log/writing/exclusive-file.ts'
import { openLogReader } from '../../log/reading/query.ts'
import { readCase } from '../../log/review/case.ts'
import type { DataFolder } from '../../proxy/data-folder.ts'
import { readPolicySource, type PolicySource } from '../../proxy/policy/policy-file.ts'
import { ProxyError } from '../../proxy/proxy-error.ts'
import { policyFile, readSettings } from '../../proxy/settings.ts'
import type { Policy } from '../../rules/policy.ts'
import { parsePolicy } from '../../rules/policy/parse-policy.ts'
import { insertExceptions } from '../../rules/workbench/insert-exceptions.ts'
import {
  exceptionObstacles,
  suggestExceptions,
  type Answerable,
  type ExceptionObstacle,
  type FalseAlarm,
  type SuggestedException,
} from '../../rules/workbench/suggest-exceptions.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { json, line } from '../terminal/print.ts'
import { broken, columns } from '../terminal/screen.ts'

/** What follows for the policy from payloads that were rejected as false positives. Nothing is changed: a person applies it. */
export type ExceptionPatch = {
  /** The policy file that it is for. */
  readonly policy: string
  readonly exceptions: readonly SuggestedException[]
  /** A unified diff for `patch -p1` or `git apply` in the folder of the policy; null where there is nothing to add, or no place for it. */
  readonly patch: string | null
  /** Payloads for which none is suggested. `because`: null where the policy file cannot be read. */
  readonly without: readonly { readonly decision: string; readonly because: ExceptionObstacle | null }[]
}

const DAY = 86_400_000
/** Long enough to have a schema changed or a vendor asked, and short enough that somebody looks again. */
const LASTS = 90 * DAY

/** A payload that was rejected as a false positive, and why, as it stands in the log: that becomes the reason of its exceptions. */
export type Rejected = { readonly decision: string; readonly because: string }

export const exceptionPatch = (folder: DataFolder, rejected: readonly Rejected[]): ExceptionPatch => {
  const file = policyFile(folder, readSettings(folder))
  const source = readable(file)
  const reading = source && parsePolicy(source.text, source.readReference)
  if (source === null || !reading?.ok) {
    const without = rejected.map(({ decision }) => ({ decision, because: null }))
    return { policy: file, exceptions: [], patch: null, without }
  }
  const { exceptions, without } = suggestionsFor(folder, rejected, source, reading.policy)
  const fresh = exceptions.length === 0 ? null : insertExceptions(source.text, exceptions)
  return { policy: file, exceptions, patch: fresh && diffOf(file, source.text, fresh), without }
}

/** What was decided stays decided where the file cannot be read. */
const readable = (file: string): PolicySource | null => {
  try {
    return readPolicySource(file)
  } catch (error) {
    if (error instanceof ProxyError) return null
    throw error
  }
}

const suggestionsFor = (
  folder: DataFolder,
  rejected: readonly Rejected[],
  { text, readReference }: PolicySource,
  policy: Policy,
): Pick<ExceptionPatch, 'exceptions' | 'without'> => {
  const now = Date.now()
  const owner = ownerNow()
  const expires = new Date(now + LASTS).toISOString().slice(0, 10)
  const exceptions: SuggestedException[] = []
  const without: ExceptionPatch['without'][number][] = []
  const alarms = alarmsIn(folder, rejected)
  for (const { decision, because: reason } of rejected) {
    const alarm = alarms.get(decision)
    if (!alarm) continue
    const suggestion = suggestExceptions(alarm, policy, { owner, reason, expires }, now)
    if (suggestion.kind === 'obstacle') without.push({ decision, because: suggestion.obstacle })
    else if (isAdmitted(text, suggestion.exceptions, readReference)) exceptions.push(...suggestion.exceptions)
    else without.push({ decision, because: 'policy-moved' })
  }
  return { exceptions: merge(exceptions), without }
}

/** The reviewer, until somebody writes down the role that answers for it. */
const ownerNow = (): Answerable['owner'] => {
  const { username } = userInfo()
  return /^[A-Za-z0-9][A-Za-z0-9 ._@+-]{0,127}$/.test(username) ? username : 'reviewer'
}

const alarmsIn = (folder: DataFolder, rejected: readonly Rejected[]): ReadonlyMap<string, FalseAlarm> => {
  const reader = openLogReader(folder.log)
  try {
    return new Map(
      rejected.flatMap(({ decision }) => {
        const record = readCase(reader, decision)?.decision
        return record ? [[decision, record] as const] : []
      }),
    )
  } finally {
    reader.close()
  }
}

/** Whether the policy reads well with them; where there is no place for them in the text, a person will see. */
const isAdmitted = (
  text: string,
  exceptions: readonly SuggestedException[],
  readReference: Parameters<typeof parsePolicy>[1],
): boolean => {
  const fresh = insertExceptions(text, exceptions)
  return fresh === null || parsePolicy(fresh, readReference).ok
}

/** One for each detector and place, as long as the longest that was found there. */
const merge = (exceptions: readonly SuggestedException[]): readonly SuggestedException[] => {
  const merged = new Map<string, SuggestedException>()
  for (const one of exceptions) {
    const { detector, route, instrument, surface, pointer } = one
    const key = JSON.stringify([detector, route, instrument, surface, pointer])
    const known = merged.get(key)
    merged.set(key, known ? { ...known, maxLength: Math.max(known.maxLength, one.maxLength) } : one)
  }
  return [...merged.values()]
}

const diffOf = (file: string, before: string, after: string): string => {
  const name = basename(file)
  return createTwoFilesPatch(`a/${name}`, `b/${name}`, before, after, undefined, undefined, {
    headerOptions: { includeIndex: false, includeUnderline: false, includeFileHeaders: true },
  })
}

/**
 * Writes the patch to a file where one is named, and tells what follows for the policy. Where it cannot be written it is printed, because
 * what was rejected cannot be rejected again.
 * @param file - a new file
 */
export const tellExceptions = (suggested: ExceptionPatch, file: string | undefined, isJson: boolean): void => {
  try {
    if (suggested.patch !== null && file !== undefined) writeExclusive(file, suggested.patch, 0o600)
  } catch (error) {
    printExceptions(suggested, undefined, isJson)
    throw error
  }
  printExceptions(suggested, file, isJson)
}

const printExceptions = (suggested: ExceptionPatch, file: string | undefined, isJson: boolean): void => {
  const { patch, exceptions, without, policy } = suggested
  if (isJson) return json({ kind: 'suggestion', ...suggested })
  for (const { decision, because } of without) spellObstacle(decision, because).forEach(tell)
  if (exceptions.length === 0) return
  tell(`suggested for ${policy}; nothing is changed yet. Read it, set owner and end, then apply it:`)
  if (patch === null) return line(`add this under "exceptions" by hand:\n\n${stringify(exceptions).trimEnd()}`)
  line(`  patch -p1 -d ${dirname(policy)} < ${file ?? 'FILE (--patch FILE writes it)'}`)
  if (file === undefined) line(`\n${patch.trimEnd()}`)
}

/** Fitted to a terminal, as it is where a program reads. */
const tell = (text: string): void =>
  (process.stdout.isTTY ? broken(text, columns(), '  ') : [text]).forEach(one => line(one))

const spellObstacle = (decision: string, obstacle: ExceptionObstacle | null): readonly string[] => {
  if (obstacle === null)
    return [`no exception is suggested for ${decision}: the policy file has problems; "sluice rules lint" names them`]
  const { what, hint } = exceptionObstacles[obstacle]
  return [`no exception is suggested for ${decision} (${obstacle}): ${what}`, `  ${hint}`]
}

/**
 * Sees that the file of a patch is not there yet, before anything is decided.
 * @throws Failure
 */
export const requireFree = (file: string | undefined): void => {
  if (file === undefined || (!existsSync(file) && existsSync(dirname(resolve(file))))) return
  throw new Failure(
    `${file} cannot be made`,
    'name a new file for the patch, in a folder that there is; nothing was done',
    exitCodes.usage,
  )
}
