/**
 * What is promised of a spooled request when nobody knows whether the destination took it: the process or the connection died after the first
 * octet had left and before the answer. The promise is kept for each request that was accepted; who sends one anew has sent another.
 */
export const promises = {
  'at-most-once': 'it is not sent again; a person is shown it and decides',
  'at-least-once': 'it is sent again, so that the destination may get it twice',
} as const

export type DeliveryPromise = keyof typeof promises

/** How requests of a route wait for their destination: the instrument is answered 202 as soon as one is durable, and it is sent later. */
export type SpoolTerms = {
  readonly promise: DeliveryPromise
  /** Milliseconds from its acceptance after which a request that waits is given up. */
  readonly expires: number
  /** Whether each attempt carries the same `Idempotency-Key`, so that a destination that knows the field takes the request once. */
  readonly idempotencyKey: boolean
}

/**
 * What holds where the policy does not say. Of the two promises the one under which nothing leaves more often than it was decided; three
 * days outlast a weekend.
 */
export const defaultSpoolTerms: SpoolTerms = { promise: 'at-most-once', expires: 72 * 3_600_000, idempotencyKey: false }
