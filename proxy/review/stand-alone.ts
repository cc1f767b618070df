import { openJournal } from '../../log/writing/journal.ts'
import type { DataFolder } from '../data-folder.ts'
import { createForwarder } from '../upstream/forwarder.ts'
import { ledgerFrom } from '../ledger.ts'
import { openPauses, switchesIn } from '../pauses.ts'
import { noInspectors } from '../inspection/no-inspectors.ts'
import { createPipeline } from '../pipeline.ts'
import { readCopy } from '../policy/policy-copies.ts'
import { ProxyError } from '../proxy-error.ts'
import { openDesk, recordReads, type ReviewDesk } from './review-desk.ts'
import { openReviewers } from './reviewers.ts'
import { railSettings, readSettings } from '../settings.ts'
import { spliceLedgerFrom } from '../splice/splice-ledger.ts'
import { createSplicer } from '../splice/splicer.ts'
import { noSpool } from '../spool/spool-gate.ts'
import { lastActivation } from '../policy/start-policy.ts'

/**
 * Opens a desk for held payloads while no appliance runs, with the same pipeline: under the policy that was in force last, whatever the
 * policy file says by now. It is the log's writer as long as it is open.
 * @throws LogError `ERR_LOG_BUSY` while an appliance runs; ProxyError `ERR_NO_POLICY`, `ERR_POLICY_COPY`
 */
export const withDesk = async <T>(folder: DataFolder, use: (desk: ReviewDesk) => Promise<T>): Promise<T> => {
  const settings = readSettings(folder)
  const journal = await openJournal({ directory: folder.log })
  const forwarder = createForwarder(folder.upstream)
  try {
    const last = lastActivation(folder)
    if (last === null) throw new ProxyError('ERR_NO_POLICY', 'no policy was ever in force here')
    // Whose signature counts has to stand in the log before the signature does.
    const reviewers = await openReviewers(folder, journal)
    const pauses = openPauses({
      rows: switchesIn(folder.log),
      journal,
      isInstrument: () => false,
      onPause: () => undefined,
    })
    const pipeline = createPipeline({
      inspectors: noInspectors,
      policy: readCopy(folder, last),
      journal,
      forwarder,
      reviewers: reviewers.current,
      whenFull: settings.held.whenFull,
      ledger: ledgerFrom(folder.log),
      splices: spliceLedgerFrom(folder.log),
      splicer: createSplicer(folder.upstream),
      spool: noSpool,
      notify: () => undefined,
      hasRoom: () => true,
      pauses: pauses.now,
    })
    const desk = openDesk({
      log: folder.log,
      journal,
      pipeline,
      reviewers: reviewers.current,
      settings: railSettings(settings),
    })
    await desk.recover()
    await desk.sweep()
    return await use(desk)
  } finally {
    forwarder.close()
    await journal.close()
  }
}

/**
 * Opens the log to record that payloads are read, while no appliance runs: without the policy, which takes a while to compile and has no
 * part in it.
 * @throws LogError `ERR_LOG_BUSY` while an appliance runs
 */
export const withReads = async <T>(folder: DataFolder, use: (read: ReviewDesk['read']) => Promise<T>): Promise<T> => {
  const journal = await openJournal({ directory: folder.log })
  try {
    return await use((actor, decisions) => recordReads(journal, actor, decisions))
  } finally {
    await journal.close()
  }
}
