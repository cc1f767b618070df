/** Something a person should hear of besides the decision log. It holds nothing of any payload. */
export type Notice =
  | { readonly kind: 'handshake-failed'; readonly client: string; readonly code: string; readonly trusts: boolean }
  | { readonly kind: 'log-failed'; readonly code: string }
  | { readonly kind: 'log-recovered' }
  /** An instrument has sent all the nucleotides in fragments that it may: look at what it sends. Told once an hour. */
  | { readonly kind: 'drip'; readonly instrument: string; readonly decision: string }
  | { readonly kind: 'policy-activated'; readonly number: number; readonly policy: string }

export type Notify = (notice: Notice) => void
