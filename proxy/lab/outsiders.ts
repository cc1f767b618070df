import type { Arrival } from '../../rules/message.ts'

export type OutsiderStatus = {
  readonly connections: number
  /** Address, and time (RFC 3339); null where there was none. */
  readonly last: { readonly client: string; readonly time: string } | null
}

/** Counts callers that are not of the lab, and remembers the last of them. */
export class Outsiders {
  #connections = 0
  #last: Arrival | null = null

  count(arrival: Arrival): void {
    this.#connections++
    this.#last = arrival
  }

  status(): OutsiderStatus {
    const last = this.#last && { client: this.#last.client, time: new Date(this.#last.time).toISOString() }
    return { connections: this.#connections, last }
  }
}
