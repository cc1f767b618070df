import { rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expositionOfNone } from './metrics.ts'
import type { Notify } from './notice.ts'

/**
 * Puts metrics where the textfile collector of node_exporter takes them: whole, or not at all. Others may read them.
 * @throws Error of node:fs
 * @see https://github.com/prometheus/node_exporter#textfile-collector
 */
export const writeMetrics = async (file: string, exposition: string): Promise<void> => {
  const unfinished = `${file}.${process.pid}.tmp`
  try {
    await writeFile(unfinished, exposition, { mode: 0o644 })
    await rename(unfinished, file)
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => undefined)
    throw error
  }
}

export type MetricsFile = {
  /** Ends with a file that says that the appliance is down. Never rejects. */
  readonly close: () => Promise<void>
}

/**
 * Writes `sluice.prom` into a folder on a schedule. Nothing waits for it, and a folder that hangs is not asked again until it has answered.
 * @param folder - null where none is wanted
 */
export const openMetricsFile = (
  folder: string | null,
  everyMs: number,
  exposition: () => Promise<string>,
  notify: Notify,
): MetricsFile => {
  if (folder === null) return { close: async () => undefined }
  const file = join(folder, 'sluice.prom')
  let isWriting = false
  let hasFailed = false
  const write = async (text: Promise<string>): Promise<void> => {
    if (isWriting) return
    isWriting = true
    try {
      await writeMetrics(file, await text)
      hasFailed = false
    } catch (error) {
      if (!hasFailed) notify({ kind: 'metrics-failed', code: (error as NodeJS.ErrnoException).code ?? 'EIO' })
      hasFailed = true
    } finally {
      isWriting = false
    }
  }
  const timer = setInterval(() => void write(exposition()), everyMs).unref()
  void write(exposition())
  return {
    close: async () => {
      clearInterval(timer)
      await write(Promise.resolve(expositionOfNone))
    },
  }
}
