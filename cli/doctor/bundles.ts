import { resolve } from 'node:path'
import { readVerifierKey } from '../../log/review/signing-key.ts'
import { bundleSource } from '../../proxy/policy/bundle-source.ts'
import type { ApplianceStatus } from '../../proxy/watch/control-handlers.ts'
import { hints } from '../../proxy/proxy-error.ts'
import { bundleHint, spellBundle, spellPull } from '../spell-bundle.ts'
import { examineWay } from './egress.ts'
import { attempt, found, holds, warning, type Finding } from './finding.ts'
import { endsWithin, type Subject } from './subject.ts'

/** Days before its end in which a bundle should have been followed by a newer one. */
const BUNDLE_DAYS = 7

/** Policies that come as signed bundles: the key, the server if there is one, and what is in force. @param dial - whether to connect */
export const examineBundles = async function* (subject: Subject, dial: boolean): AsyncGenerator<Finding> {
  const { folder, settings, appliance, now } = subject
  const { key } = settings.bundles
  if (key === null && settings.bundles.url === null) return
  if (key !== null)
    yield attempt('bundle key', hints.ERR_BUNDLE_KEY, () => readVerifierKey(resolve(folder.root, key)).name)
  yield* await examineServer(subject, dial)
  if (appliance === null) return
  if (appliance.policy.bundle !== null) yield inForce(appliance.policy.bundle, now)
  if (appliance.bundlePull !== null) yield pulled(appliance.bundlePull)
}

const examineServer = async (subject: Subject, dial: boolean): Promise<readonly Finding[]> => {
  try {
    const source = bundleSource(subject.folder, subject.settings)
    return source === null ? [] : await examineWay(subject, source.destination, dial)
  } catch (error) {
    return [found('bundle server', (error as Error).message, hints.ERR_BUNDLE_SOURCE)]
  }
}

const inForce = (bundle: NonNullable<ApplianceStatus['policy']['bundle']>, now: number): Finding => {
  const seen = spellBundle(bundle, now)
  const end = new Date(bundle.expires)
  if (endsWithin(0, end, now)) return found('bundle in force', seen, hints.ERR_BUNDLE_EXPIRED)
  if (!endsWithin(BUNDLE_DAYS, end, now)) return holds('bundle in force', seen)
  return warning('bundle in force', seen, 'have whoever signs it issue the next one')
}

const pulled = (pull: NonNullable<ApplianceStatus['bundlePull']>): Finding => {
  const seen = spellPull(pull)
  return pull.fault === null ? holds('newer bundles', seen) : found('newer bundles', seen, bundleHint(pull.fault))
}
