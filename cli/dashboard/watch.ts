import { setTimeout } from 'node:timers/promises'
import type { DataFolder } from '../../proxy/data-folder.ts'
import { exitCodes } from '../exit-codes.ts'
import { interruption } from '../terminal/interruption.ts'
import { json, line, row, type Cell } from '../terminal/print.ts'
import { dashboard, troublesOf } from './dashboard.ts'
import { openScreen, type Screen } from './screen.ts'
import { takeSnapshot, type Snapshot } from './snapshot.ts'

/** Milliseconds over which rates are reckoned. */
const RATE_MS = 10_000

/**
 * Shows an appliance until it is enough: on a terminal as a picture that is drawn anew in place, otherwise as a line each time. One that does not run is
 * waited for.
 * @param everyMs - from one look to the next
 */
export const watchAppliance = async (folder: DataFolder, everyMs: number, asJson: boolean): Promise<void> => {
  const stopped = new AbortController()
  const signal = AbortSignal.any([interruption(), stopped.signal])
  if (asJson || !process.stdout.isTTY) return watchAsLines(folder, everyMs, asJson, signal)
  await watchOnScreen(folder, everyMs, stopped, signal)
}

const rest = (everyMs: number, signal: AbortSignal): Promise<void> =>
  setTimeout(everyMs, undefined, { signal }).catch(() => undefined)

const watchAsLines = async (
  folder: DataFolder,
  everyMs: number,
  asJson: boolean,
  signal: AbortSignal,
): Promise<void> => {
  if (!asJson) line(row(headings))
  while (!signal.aborted) {
    const { time, status, instruments } = await takeSnapshot(folder)
    const at = new Date(time).toISOString()
    if (asJson) json({ time: at, isRunning: status !== null, instruments, status })
    else line(row([at, ...cellsOf(status)]))
    await rest(everyMs, signal)
  }
}

const headings = ['time', 'state', 'connections', 'forwarded', 'blocked', 'failed', 'records', 'held', 'disk']

const cellsOf = (status: Snapshot['status']): readonly Cell[] => {
  if (status === null) return ['not running', null, null, null, null, null, null, null]
  const { listen, requests, log, disk } = status
  const state = troublesOf(status).join('; ') || 'serving'
  const failed = requests.failed + requests.unrecorded
  const { forwarded, blocked } = requests
  return [state, listen.connections, forwarded, blocked, failed, log.size, log.held.payloads, disk.state]
}

const watchOnScreen = async (
  folder: DataFolder,
  everyMs: number,
  stopped: AbortController,
  signal: AbortSignal,
): Promise<void> => {
  let seen: readonly Snapshot[] = []
  const show = (screen: Screen): void => {
    const [before, now] = [seen[0], seen.at(-1)]
    if (before && now) screen.draw(dashboard(now, before, { columns: screen.columns(), rows: screen.rows() }))
  }
  const screen: Screen = openScreen(
    () => show(screen),
    key => {
      // the terminal is in raw mode: Ctrl-C is a key like any other
      if (key === CTRL_C) process.exitCode = exitCodes.interrupted
      if (key === CTRL_C || key === 'q' || key === 'Q') stopped.abort()
    },
  )
  try {
    while (!signal.aborted) {
      const now = await takeSnapshot(folder)
      seen = [...seen.filter(({ time }) => now.time - time <= RATE_MS), now]
      show(screen)
      await rest(everyMs, signal)
    }
  } finally {
    screen.close()
  }
}

const CTRL_C = '\u{3}'
