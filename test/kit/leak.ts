import type { Field } from '../../rules/message.ts'

/** One request that carries something out. All persons and identifiers in it are made up. */
export type Leak = {
  /** What leaks, and how. */
  readonly name: string
  /** A detector that has to find it. */
  readonly detector: string
  /** The request, as far as it is not a POST to /telemetry. */
  readonly method?: string
  readonly target?: string
  readonly fields?: readonly Field[]
  /** A value to be sent as JSON; nothing but `{}` when absent. */
  readonly body?: unknown
}

/** A read as a sequencer would write it; random. */
export const read = 'GTCAAGTCCATTGACGTTAGCCATACGATCGGATTACAGCT'
/** As many quality scores as it has bases. */
export const quality = 'FFFFFFFFFF:FFFFFFFFFFFFFF,FFFFFFFFF:FFFF,'

export const base64 = (data: string | Uint8Array): string => Buffer.from(data).toString('base64')
