import type { SpoolRow } from '../log/spool/spool-rows.ts'
import type { DataFolder } from '../proxy/data-folder.ts'
import {
  spoolRefusals,
  withSpoolAlone,
  type ActOnSpool,
  type SpoolRefusal,
  type SpoolRequest,
  type SpoolResult,
} from '../proxy/spool/spool-desk.ts'
import { exitCodes, type ExitCode } from './exit-codes.ts'
import { describe, Failure } from './failure.ts'
import { interruption } from './terminal/interruption.ts'
import { json, line, table } from './terminal/print.ts'
import { callAppliance, isRunning, osIdentity } from './review/review-client.ts'

type Options = { readonly because: string; readonly json?: boolean }

type Told = { readonly decision: string; readonly result: SpoolResult | Failure }

/**
 * Asks for the same about each of the requests that wait, one after the other, and tells how it went; of the running appliance, or of the log
 * itself while none runs. What fails for one keeps none of the others back; Ctrl-C does.
 */
export const decideEach = async (
  folder: DataFolder,
  action: SpoolRequest['action'],
  items: readonly SpoolRow[],
  { because, json: isJson = false }: Options,
): Promise<void> => {
  const interrupted = interruption()
  const told: Told[] = []
  await withSpool(folder, async act => {
    for (const { decision, state: seen } of items) {
      if (interrupted.aborted) break
      const result = await act({ action, decision, actor: osIdentity(), because, seen }).catch(describe)
      told.push({ decision, result })
    }
  })
  tell(told, isJson)
  if (!interrupted.aborted) process.exitCode = exitCodeOf(told.map(({ result }) => codeOf(result)))
}

const withSpool = async <T>(folder: DataFolder, use: (act: ActOnSpool) => Promise<T>): Promise<T> => {
  if (!(await isRunning(folder))) return withSpoolAlone(folder.log, use)
  return use(async request => (await callAppliance(folder.control, 'POST /spool', request)) as SpoolResult)
}

const codeOf = (result: Told['result']): ExitCode => {
  if (result instanceof Failure) return result.exitCode
  if (result.kind === 'done') return exitCodes.done
  return result.why === 'changed-meanwhile' ? exitCodes.changed : exitCodes.refused
}

/** One code for all: theirs where they agree, else that only a part was done, or the first reason why nothing was. */
const exitCodeOf = (codes: readonly ExitCode[]): ExitCode => {
  const first = codes[0] ?? exitCodes.done
  if (codes.every(code => code === first)) return first
  return codes.includes(exitCodes.done) ? exitCodes.partly : first
}

const tell = (told: readonly Told[], isJson: boolean): void => {
  if (isJson) return told.forEach(({ decision, result }) => json(documentOf(decision, result)))
  const [only, ...more] = told
  if (only && more.length === 0) return tellOne(only.result)
  table(
    ['id', 'result', 'what'],
    told.map(({ decision, result }) => [decision, kindOf(result), whatOf(result)]),
  )
}

const documentOf = (decision: string, result: Told['result']): object => {
  if (result instanceof Failure) return { kind: 'failed', decision, error: result.message, hint: result.hint }
  return result.kind === 'refused' ? { ...result, ...spoolRefusals[result.why] } : result
}

const kindOf = (result: Told['result']): string => (result instanceof Failure ? 'failed' : result.kind)

const whatOf = (result: Told['result']): string => {
  if (result instanceof Failure) return result.message
  return result.kind === 'refused' ? spellRefusal(result.why, result.detail) : `it is now ${result.state}`
}

const spellRefusal = (why: SpoolRefusal, detail: string | null): string =>
  `${why}: ${spoolRefusals[why].what}${detail === null ? '' : `: ${detail}`}`

const tellOne = (result: Told['result']): void => {
  if (result instanceof Failure) throw result
  if (result.kind === 'done') return line(whatOf(result))
  throw new Failure(`refused (${whatOf(result)})`, spoolRefusals[result.why].hint, codeOf(result))
}
