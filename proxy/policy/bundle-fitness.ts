import { Worker } from 'node:worker_threads'
import { judgeCandidate } from '../../rules/workbench/judge-candidate.ts'
import type { PolicyBundle } from './policy-bundle.ts'
import { ProxyError } from '../proxy-error.ts'

/**
 * What `sluice rules bundle apply` asks of a bundle before it hands one over: lint, its own cases, and that its policy reads here as it
 * did where it was signed. From nothing but the bundle.
 * @param time - milliseconds since the epoch
 * @returns what speaks against the bundle, or null
 */
export const objectionTo = ({ text, references, cases, policy }: PolicyBundle, time: number): string | null => {
  const readReference = (name: string): string | null => (Object.hasOwn(references, name) ? references[name]! : null)
  const readPayload = (path: string): Uint8Array | null =>
    cases !== null && Object.hasOwn(cases.files, path) ? Buffer.from(cases.files[path]!, 'base64') : null
  const candidate = { text, readReference, cases: cases && { text: cases.text, readPayload } }
  const candidacy = judgeCandidate(candidate, time)
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

/** Milliseconds that lint and cases may take. */
const JUDGE_MS = 120_000

/**
 * Holds a bundle to `objectionTo`, in a thread, because lint takes as long as hundreds of requests; it is stopped when it takes for ever.
 * @param signal - aborts when the appliance stops
 * @throws ProxyError `ERR_BUNDLE_UNFIT` (as a rejection)
 */
export const requireFit = async (bundle: PolicyBundle, signal: AbortSignal): Promise<void> => {
  const objection = await judgedAside(bundle, signal)
  if (objection !== null) throw unfit(bundle, `is not taken: ${objection}`)
}

const unfit = ({ serial, issued }: PolicyBundle, why: string, options?: ErrorOptions): ProxyError =>
  new ProxyError('ERR_BUNDLE_UNFIT', `bundle ${serial} of ${issued} ${why}`, options)

const judgedAside = async (bundle: PolicyBundle, signal: AbortSignal): Promise<string | null> => {
  const thread = new Worker(new URL('./fitness-thread.ts', import.meta.url), { workerData: bundle })
  const { promise, resolve, reject } = Promise.withResolvers<string | null>()
  const fail = (what: string, cause?: unknown): void => reject(unfit(bundle, `could not be judged: ${what}`, { cause }))
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
