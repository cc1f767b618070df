import type { DiskState } from '../log/disk-watch.ts'
import type { HandshakeNotice } from './handshakes.ts'

/** Something a person should hear of besides the decision log. It holds nothing of any payload. */
export type Notice =
  /** An instrument does not take our certificate; see `handshakes.ts`. */
  | HandshakeNotice
  | { readonly kind: 'log-failed'; readonly code: string }
  | { readonly kind: 'log-recovered' }
  /** An instrument has sent all the nucleotides in fragments that it may: look at what it sends. Told once an hour. */
  | { readonly kind: 'drip'; readonly instrument: string; readonly decision: string }
  /** A checkpoint of the log, for whoever keeps what we print; see `anchors.ts`. */
  | { readonly kind: 'anchor'; readonly size: number; readonly root: string; readonly checkpoint: string }
  | { readonly kind: 'anchor-failed'; readonly code: string }
  /** The anchors could not be read at the start, so the log was not held against them. */
  | { readonly kind: 'anchor-unread'; readonly code: string }
  /** Old records were moved into a segment, or could not be; see `log-upkeep.ts`. */
  | { readonly kind: 'segment-sealed'; readonly first: number; readonly last: number }
  | { readonly kind: 'segment-failed'; readonly code: string }
  /** How much room the disk of the log has left, in octets; see `disk-watch.ts`. */
  | { readonly kind: 'disk'; readonly state: DiskState; readonly freeBytes: number }
  /** Payloads were found at the start for which there is no decision, and were deleted: somebody else wrote to the log. */
  | { readonly kind: 'held-swept'; readonly payloads: number }
  | { readonly kind: 'policy-activated'; readonly number: number; readonly policy: string }

export type Notify = (notice: Notice) => void
