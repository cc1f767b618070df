import type { IncomingMessage } from 'node:http'
import type { Content, Incomplete } from '../../rules/message.ts'

export type ContentLimits = {
  /** Octets; reading stops at the first octet beyond, and what was read is let go. */
  readonly maxBytes: number
  /** Octets a second that have to come, over any stretch of `rateWindow` milliseconds. */
  readonly minBytesPerSecond: number
  readonly rateWindow: number
}

/**
 * Reads the content of a request into memory, up to a limit.
 * @param broken - aborts when what follows on the connection cannot be read as the rest of this request; its reason says why
 * @returns `incomplete` when the client went away, was too slow, or broke the framing. Never rejects.
 */
export const readContent = (
  request: IncomingMessage,
  { maxBytes, minBytesPerSecond, rateWindow }: ContentLimits,
  broken: AbortSignal,
): Promise<Content> =>
  new Promise(resolve => {
    const chunks: Buffer[] = []
    let bytes = 0
    let before = 0
    const end = (content: Content): void => {
      clearInterval(watch)
      request.off('data', onData)
      broken.removeEventListener('abort', onBroken)
      resolve(content)
    }
    const fail = (cause: Incomplete): void => end({ kind: 'incomplete', cause })
    const onBroken = (): void => fail(broken.reason as Incomplete)
    const onClosed = (): void => fail('closed')
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length
      if (bytes <= maxBytes) chunks.push(chunk)
      else end({ kind: 'too-large' })
    }
    const watch = setInterval(() => {
      if ((bytes - before) * 1_000 < minBytesPerSecond * rateWindow) fail('minimum-rate')
      before = bytes
    }, rateWindow)
    request.on('data', onData)
    request.once('end', () => {
      const trailers = request.rawTrailers.length / 2
      if (request.complete) end({ kind: 'complete', bytes: Buffer.concat(chunks), trailers })
      else onClosed()
    })
    request.once('error', onClosed)
    request.once('close', onClosed)
    broken.addEventListener('abort', onBroken)
    if (broken.aborted) onBroken()
  })
