import { loadPolicy } from '../../proxy/policy/policy-file.ts'
import { policyFile, readSettings, type Settings } from '../../proxy/settings.ts'
import type { DataFolder } from '../../proxy/data-folder.ts'
import { examineBundles } from './bundles.ts'
import { examineClock } from './clock.ts'
import { examineCustody } from './custody.ts'
import { examineEgress } from './egress.ts'
import { attempt, type Finding } from './finding.ts'
import { examineIsolationBriefly } from './isolation-summary.ts'
import { examineLog } from './log.ts'
import { examineMachine } from './machine.ts'
import { examinePolicy } from './policy.ts'
import { examineProcess } from './process.ts'
import { examineRunning } from './running.ts'
import { askAppliance, type Subject } from './subject.ts'

/**
 * All that usually goes wrong in an installation, theme by theme, from the machine to the instruments.
 * @param dial - whether to connect with the destinations, as far as a TLS handshake
 */
export const examine = async function* (folder: DataFolder, dial: boolean): AsyncGenerator<Finding> {
  let settings: Settings | null = null
  const legible = attempt('settings', 'correct appliance.yaml', () => {
    settings = readSettings(folder)
    return folder.settings
  })
  yield legible
  if (settings === null) return
  const subject = await subjectOf(folder, settings)
  yield* examineMachine(subject)
  yield* examineClock(subject)
  yield* examinePolicy(subject)
  yield* examineEgress(subject, dial)
  yield* examineBundles(subject, dial)
  yield* examineCustody(subject)
  yield* examineLog(subject)
  yield* examineProcess(subject)
  yield* examineRunning(subject)
  yield* examineIsolationBriefly(subject)
}

const subjectOf = async (folder: DataFolder, settings: Settings): Promise<Subject> => {
  const appliance = await askAppliance(folder)
  let policy: Subject['policy'] = null
  try {
    policy = loadPolicy(policyFile(folder, settings))
  } catch {
    // examinePolicy says what is wrong with it
  }
  return { folder, settings, policy, appliance, now: Date.now() }
}
