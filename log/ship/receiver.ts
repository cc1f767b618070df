import type { SizedNote, StoredLine } from '../reading/record-source.ts'

/** A system on the network that takes records. */
export type Receiver = {
  /**
   * Hands over a batch, all of it or none: after a failure it is handed over again.
   * @param checkpoint - the signed checkpoint of all records up to the last one of the batch, to be handed over behind it
   * @returns once the receiver has said, as far as its protocol can say it, that it took all of them
   * @throws LogError `ERR_SHIP_UNDELIVERED` when a later try can succeed, `ERR_SHIP_REJECTED` when it cannot
   */
  readonly deliver: (batch: readonly StoredLine[], signal: AbortSignal, checkpoint?: SizedNote | null) => Promise<void>
  readonly close: () => Promise<void>
}

/** Files in PEM. Without `ca`, the authorities that Node trusts. */
export type TlsFiles = {
  readonly ca?: string | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
}
