import { openJournal } from '../log/writing/journal.ts'
import { callControl, refusalIn } from '../proxy/watch/control.ts'
import type { DataFolder } from '../proxy/data-folder.ts'
import { logChanges, type LogChanges } from '../proxy/keeping/log-upkeep.ts'
import { ProxyError } from '../proxy/proxy-error.ts'
import { Failure } from './failure.ts'

/**
 * Has the log changed by its one writer: the running appliance, or ourselves when there is none.
 * @throws Failure, LogError, ProxyError
 */
export const changeLog = async <Change extends keyof LogChanges>(
  folder: DataFolder,
  change: Change,
  request: Parameters<LogChanges[Change]>[0],
): Promise<Awaited<ReturnType<LogChanges[Change]>>> => {
  type Result = Awaited<ReturnType<LogChanges[Change]>>
  const answer = await ask(folder, change, request)
  if (answer === null) return (await changeAlone(folder, change, request)) as Result
  if (answer.status === 200) return answer.document as Result
  throw refusalIn(answer.document) ?? new Failure('the appliance did not change the log', 'see "sluice status"')
}

/** @returns `null` when no appliance is running */
const ask = async (folder: DataFolder, change: keyof LogChanges, request: object) => {
  try {
    return await callControl(folder.control, `POST /log/${change}`, request)
  } catch (error) {
    if (error instanceof ProxyError && error.code === 'ERR_CONTROL_UNREACHABLE') return null
    throw error
  }
}

const changeAlone = async (folder: DataFolder, change: keyof LogChanges, request: object): Promise<object> => {
  const journal = await openJournal({ directory: folder.log })
  try {
    const act = logChanges(folder.log, journal)[change] as (request: object) => Promise<object>
    return await act(request)
  } finally {
    await journal.close()
  }
}
