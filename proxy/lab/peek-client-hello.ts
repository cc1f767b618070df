import type { Socket } from 'node:net'
import { readClientHello, type ClientHello } from '../../rules/splice/client-hello.ts'

/**
 * Waits for the ClientHello at the beginning of a connection, and leaves all octets to be read again.
 * @param timeout - milliseconds
 * @returns `late` when not all of it came in time, `closed` when the peer went away
 */
export const peekClientHello = (socket: Socket, timeout: number): Promise<Known | 'late' | 'closed'> =>
  new Promise(resolve => {
    const chunks: Buffer[] = []
    const settle = (kind: Known | 'late' | 'closed'): void => {
      clearTimeout(timer)
      socket.off('readable', onReadable).off('close', onClose).off('end', onClose).off('error', onClose)
      resolve(kind)
    }
    const onReadable = (): void => {
      const chunk = socket.read() as Buffer | null
      if (chunk === null) return
      chunks.push(chunk)
      const bytes = Buffer.concat(chunks)
      const hello = readClientHello(bytes)
      if (hello.kind === 'more') return
      socket.unshift(bytes)
      settle(hello)
    }
    const onClose = (): void => settle('closed')
    const timer = setTimeout(() => settle('late'), timeout)
    socket.on('readable', onReadable).once('close', onClose).once('end', onClose).once('error', onClose)
  })

type Known = Exclude<ClientHello, { readonly kind: 'more' }>
