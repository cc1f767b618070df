import type { IncomingMessage } from 'node:http'
import type { Content } from '../rules/message.ts'

/**
 * Reads the content of a request into memory, up to a limit.
 * @param maxBytes - octets; reading stops at the first octet beyond, and what was read is let go
 * @param broken - aborts when what follows on the connection cannot be read as the rest of this request
 * @returns `incomplete` when the client went away, was too slow, or broke the framing. Never rejects.
 */
export const readContent = (request: IncomingMessage, maxBytes: number, broken: AbortSignal): Promise<Content> =>
  new Promise(resolve => {
    const chunks: Buffer[] = []
    let bytes = 0
    const end = (content: Content): void => {
      request.off('data', onData)
      broken.removeEventListener('abort', onBroken)
      resolve(content)
    }
    const onBroken = (): void => end({ kind: 'incomplete' })
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length
      if (bytes <= maxBytes) chunks.push(chunk)
      else end({ kind: 'too-large' })
    }
    request.on('data', onData)
    request.once('end', () => {
      const trailers = request.rawTrailers.length / 2
      end(request.complete ? { kind: 'complete', bytes: Buffer.concat(chunks), trailers } : { kind: 'incomplete' })
    })
    request.once('error', onBroken)
    request.once('close', onBroken)
    broken.addEventListener('abort', onBroken)
    if (broken.aborted) onBroken()
  })
