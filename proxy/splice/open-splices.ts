import { isDeepStrictEqual } from 'node:util'
import type { Instrument, Policy } from '../../rules/policy.ts'
import type { SplicedDestination } from '../../rules/splice/splice.ts'
import { UpstreamError } from '../upstream/upstream-fault.ts'

type Open = {
  readonly instrument: Instrument | undefined
  readonly to: SplicedDestination
  readonly cut: AbortController
  readonly ended: Promise<unknown>
}

/** The connections that pass unopened right now. They would outlive a policy, and the appliance: here they are ended. */
export class OpenSplices {
  readonly #all = new Set<Open>()

  /** @param ended - resolves when its outcome is recorded; never rejects */
  add(policy: Policy, instrument: string, to: SplicedDestination, cut: AbortController, ended: Promise<unknown>): void {
    const open = { instrument: policy.instruments.find(({ id }) => id === instrument), to, cut, ended }
    this.#all.add(open)
    void ended.finally(() => this.#all.delete(open))
  }

  /** Cuts those for which anything at all is different under another policy. */
  review({ instruments, destinations }: Policy): void {
    for (const { instrument, to, cut } of this.#all) {
      const isSame =
        destinations.some(one => isDeepStrictEqual(one, to)) &&
        instruments.some(one => isDeepStrictEqual(one, instrument))
      if (!isSame) cut.abort(new UpstreamError('splice_withdrawn'))
    }
  }

  /** Cuts all, and waits for their records. */
  async close(): Promise<void> {
    for (const { cut } of this.#all) cut.abort(new UpstreamError('splice_stopped'))
    await Promise.all([...this.#all].map(({ ended }) => ended))
  }
}
