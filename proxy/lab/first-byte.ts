import type { Socket } from 'node:net'

/** Content type of a TLS record that holds a ClientHello (RFC 8446 section 5.1). */
const HANDSHAKE = 0x16

export type FirstByte = 'tls' | 'other' | 'late' | 'closed'

/**
 * Waits for the first octet of a connection and leaves it to be read again.
 * @param timeout - milliseconds
 * @returns `late` when nothing came in time, `closed` when the peer went away
 */
export const firstByte = (socket: Socket, timeout: number): Promise<FirstByte> =>
  new Promise(resolve => {
    const settle = (kind: FirstByte): void => {
      clearTimeout(timer)
      socket.off('readable', onReadable).off('close', onClose).off('end', onClose).off('error', onClose)
      resolve(kind)
    }
    const onReadable = (): void => {
      const chunk = socket.read() as Buffer | null
      if (chunk === null) return
      socket.unshift(chunk)
      settle(chunk[0] === HANDSHAKE ? 'tls' : 'other')
    }
    const onClose = (): void => settle('closed')
    const timer = setTimeout(() => settle('late'), timeout)
    socket.on('readable', onReadable).once('close', onClose).once('end', onClose).once('error', onClose)
  })
