/** What is on its way out, so that a pause can end it. */
export type Underway = {
  /** @returns to be called when the request has ended */
  readonly begin: (instrument: string, request: AbortController) => () => void
  /** Aborts the requests of those instruments, with a reason. */
  readonly abort: (isMeant: (instrument: string) => boolean, reason: Error) => void
}

export const newUnderway = (): Underway => {
  const requests = new Map<AbortController, string>()
  return {
    begin: (instrument, request) => {
      requests.set(request, instrument)
      return () => void requests.delete(request)
    },
    abort: (isMeant, reason) => {
      for (const [request, instrument] of requests) if (isMeant(instrument)) request.abort(reason)
    },
  }
}
