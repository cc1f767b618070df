import { Command } from 'commander'
import { openJournal } from '../../log/writing/journal.ts'
import { openLogReader } from '../../log/reading/query.ts'
import { callControl, refusalIn } from '../../proxy/watch/control.ts'
import type { DataFolder } from '../../proxy/data-folder.ts'
import { openPauses, type PauseRequest, type PauseResult, type PauseStatus } from '../../proxy/pauses.ts'
import { ProxyError } from '../../proxy/proxy-error.ts'
import { readSettings } from '../../proxy/settings.ts'
import { startPolicy } from '../../proxy/policy/start-policy.ts'
import { readyFolder, type CommonOptions } from '../context.ts'
import { examples } from '../terminal/examples.ts'
import { Failure } from '../failure.ts'
import { actor } from '../review/held.ts'
import { json, line } from '../terminal/print.ts'

type PauseOptions = CommonOptions & { readonly instrument?: string }

export const pauseCommand = (): Command =>
  new Command('pause')
    .description(
      'let nothing out any more, at once: of one instrument, or of all; what is under way is broken off. Is recorded and outlives a restart.',
    )
    .option('--instrument <id>', 'only what this instrument sends')
    .addHelpText('after', examples('sluice pause', 'sluice pause --instrument novaseq-01'))
    .action((options: PauseOptions) => turn('pause', options))

export const resumeCommand = (): Command =>
  new Command('resume')
    .description('undo "sluice pause": of one instrument, or the pause of all; each is a switch of its own')
    .option('--instrument <id>', 'the pause of this instrument')
    .addHelpText('after', examples('sluice resume', 'sluice resume --instrument novaseq-01'))
    .action((options: PauseOptions) => turn('resume', options))

const turn = async (action: PauseRequest['action'], options: PauseOptions): Promise<void> => {
  const folder = readyFolder(options)
  const { instrument = null } = options
  const request: PauseRequest = { action, instrument, actor: actor() }
  const result = await turnThroughAppliance(folder, request)
  if (options.json) return json(result)
  const whose = instrument ?? 'all traffic'
  const states = { pause: 'is paused', resume: 'is not paused' }
  line(`${whose} ${states[action]}${result.isChanged ? '' : ', as before'}`)
  const others = spellPaused(result.paused)
  line(others === null ? 'nothing is paused' : `paused: ${others}`)
}

/** Null when nothing is. */
export const spellPaused = ({ all, instruments }: PauseStatus): string | null => {
  const parts = [
    ...(all ? [`all traffic since ${all.since} by ${all.actor}`] : []),
    ...instruments.map(({ instrument, since, actor: by }) => `${instrument} since ${since} by ${by}`),
  ]
  return parts.length > 0 ? parts.join('; ') : null
}

const turnThroughAppliance = async (folder: DataFolder, request: PauseRequest): Promise<PauseResult> => {
  try {
    const { status, document } = await callControl(folder.control, 'POST /pauses', request)
    if (status === 200) return document as PauseResult
    throw (
      refusalIn(document) ?? new Failure('the appliance did not take the command', 'see "sluice status" for its state')
    )
  } catch (error) {
    if (error instanceof ProxyError && error.code === 'ERR_CONTROL_UNREACHABLE') return turnAlone(folder, request)
    throw error
  }
}

/** Into the log, where the next start finds it. */
const turnAlone = async (folder: DataFolder, request: PauseRequest): Promise<PauseResult> => {
  const { policy } = startPolicy(folder, readSettings(folder))
  const journal = await openJournal({ directory: folder.log })
  const reader = openLogReader(folder.log)
  try {
    const isInstrument = (named: string): boolean => policy.instruments.some(({ id }) => id === named)
    const switches = openPauses({ rows: reader.switches(), journal, isInstrument, onPause: () => undefined })
    return await switches.turn(request)
  } finally {
    reader.close()
    await journal.close()
  }
}
