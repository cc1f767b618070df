import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'

/** Milliseconds for which what a client still sends is read and dropped. */
const LINGER_MS = 1_000

/**
 * Reads and drops what still comes, for a while. A connection closed with unread octets is reset, and the client may then lose the
 * answer that it was sent.
 * @see RFC 9112 section 9.6
 */
export const drained = (stream: Readable): Promise<void> =>
  new Promise(resolve => {
    const timer = setTimeout(resolve, LINGER_MS)
    const settle = (): void => {
      clearTimeout(timer)
      resolve()
    }
    stream.once('end', settle).once('close', settle).once('error', settle).resume()
  })

/** Writes the last octets to a connection, and closes it once the client has had time to read them. */
export const endGently = async (socket: Socket, bytes: Uint8Array): Promise<void> => {
  if (!socket.writable) return void socket.destroy()
  socket.end(bytes)
  await drained(socket)
  socket.destroySoon()
}
