import { Worker } from 'node:worker_threads'
import { judgeCandidate, type Candidacy } from '../rules/workbench/judge-candidate.ts'
import type { PolicyBundle } from './policy-bundle.ts'
import { ProxyError } from './proxy-error.ts'

/**
 * What lint and its own cases say of the policy in a bundle, from nothing but the bundle.
 * @param time - milliseconds since the epoch
 */
export const fitnessOf = ({ text, references, cases }: PolicyBundle, time: number): Candidacy =>
  judgeCandidate(
    {
      text,
      readReference: name => (Object.hasOwn(references, name) ? references[name]! : null),
      cases: cases && {
        text: cases.text,
        readPayload: path => (Object.hasOwn(cases.files, path) ? Buffer.from(cases.files[path]!, 'base64') : null),
      },
    },
    time,
  )

/** Milliseconds that lint and cases may take. */
const JUDGE_MS = 120_000

/**
 * Asks of a bundle what `sluice rules bundle apply` asks before it hands one over. A thread does so, because lint takes as long as hundreds
 * of requests; it is stopped when it takes for ever.
 * @param signal - aborts when the appliance stops
 * @throws ProxyError `ERR_BUNDLE_UNFIT` (as a rejection)
 */
export const requireFit = async (bundle: PolicyBundle, signal: AbortSignal): Promise<void> => {
  const objection = objectionTo(await judgedAside(bundle, signal), bundle)
  if (objection !== null)
    throw new ProxyError('ERR_BUNDLE_UNFIT', `bundle ${bundle.serial} of ${bundle.issued} is not taken: ${objection}`)
}

const objectionTo = (candidacy: Candidacy, { policy }: PolicyBundle): string | null => {
  switch (candidacy.kind) {
    case 'fit':
      return candidacy.digest === policy ? null : 'its policy reads differently here than where it was signed'
    case 'lint':
      return `lint finds errors in its policy (${candidacy.findings.find(({ severity }) => severity === 'error')?.code})`
    case 'cases-invalid':
    case 'payload-missing':
      return 'its cases are not in order'
    case 'cases-failed':
      return `${candidacy.failed.length} of its ${candidacy.of} cases failed`
  }
}

const judgedAside = async (bundle: PolicyBundle, signal: AbortSignal): Promise<Candidacy> => {
  const thread = new Worker(new URL('./fitness-thread.ts', import.meta.url), { workerData: bundle })
  const { promise, resolve, reject } = Promise.withResolvers<Candidacy>()
  const fail = (what: string, cause?: unknown): void =>
    reject(new ProxyError('ERR_BUNDLE_UNFIT', `bundle ${bundle.serial} could not be looked at: ${what}`, { cause }))
  const timer = setTimeout(() => fail('that took too long'), JUDGE_MS)
  const end = (): void => fail('the appliance stops')
  signal.addEventListener('abort', end)
  thread.once('message', resolve)
  thread.once('error', cause => fail('lint failed', cause))
  thread.once('exit', () => fail('lint ended early'))
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', end)
    void thread.terminate()
  }
}
