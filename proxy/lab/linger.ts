import { Socket } from 'node:net'
import type { Readable } from 'node:stream'

/** Milliseconds without an octet after which a client is taken to have said all. */
const QUIET_MS = 1_000
/** Milliseconds for which what a client still sends is read and dropped at the most. */
const LINGER_MS = 10_000

/**
 * Reads and drops what still comes, for a while. A connection closed with unread octets is reset, and the client may then lose the
 * answer that it was sent.
 * @param socket - the connection that the stream comes over
 * @see RFC 9112 section 9.6
 */
export const drained = (stream: Readable, socket: Socket): Promise<void> =>
  new Promise(resolve => {
    if (stream.readableEnded || stream.destroyed) return resolve()
    const began = performance.now()
    let before = socket.bytesRead
    const settle = (): void => {
      clearInterval(watch)
      stream.off('end', settle).off('close', settle).off('error', settle)
      resolve()
    }
    const watch = setInterval(() => {
      if (socket.bytesRead === before || performance.now() - began > LINGER_MS) settle()
      before = socket.bytesRead
    }, QUIET_MS)
    stream.once('end', settle).once('close', settle).once('error', settle).resume()
  })

/** Writes the last octets to a connection, and closes it once the client has had time to read them. */
export const endGently = async (socket: Socket, bytes: Uint8Array): Promise<void> => {
  if (!socket.writable) return void socket.destroy()
  socket.end(bytes)
  await drained(socket, socket)
  closeAtOnce(socket)
}

/**
 * Has node:http end a connection gently. Behind a last answer it calls `destroySoon`, which closes the connection although the client may
 * have sent more by then, and be sending still.
 */
export const closeGently = (socket: Socket): void => {
  socket.destroySoon = () => {
    if (socket.writable) socket.end()
    void drained(socket, socket).then(() => closeAtOnce(socket))
  }
}

/** As soon as everything is written. */
const closeAtOnce = (socket: Socket): void => Socket.prototype.destroySoon.call(socket)
