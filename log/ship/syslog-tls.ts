import { once } from 'node:events'
import { isIP } from 'node:net'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import type { Encoder, Sender } from '../export/encoder.ts'
import { LogError } from '../log-error.ts'
import type { StoredLine } from '../reading/record-source.ts'
import type { Receiver } from './receiver.ts'
import { checkpointMessage, octetCounted, syslogMessages, type SyslogOptions } from './syslog-message.ts'

export type SyslogTarget = SyslogOptions & {
  readonly host: string
  readonly port: number
  /** Certificates and keys in PEM. */
  readonly tls: Pick<ConnectionOptions, 'ca' | 'cert' | 'key'>
  readonly encoder: Encoder
  readonly sender: Sender
  /** How long a delivery may take, in milliseconds. Default 30 seconds. */
  readonly timeout?: number
}

/**
 * A syslog server over TLS (RFC 5425). Its protocol has no acknowledgement. What can be known is this: each batch has a connection of its own,
 * which we end after the last message; when the server then ends its side in order, it has read everything up to our end. That it also
 * keeps it is up to the server. A server that ends first, or breaks off, did not acknowledge. One case cannot be told apart: a server that
 * is shut down within the one round trip in which a batch ends.
 */
export const syslogReceiver = (target: SyslogTarget): Receiver => ({
  deliver: async (batch, signal, checkpoint = null) => {
    const frames = batch.flatMap(stored => framesOf(stored, target))
    if (checkpoint !== null) frames.push(octetCounted(checkpointMessage(checkpoint, target)))
    const limit = AbortSignal.any([signal, AbortSignal.timeout(target.timeout ?? 30_000)])
    const socket = dial(target)
    const abort = (): void => void socket.destroy(new Error('it took too long'))
    limit.addEventListener('abort', abort, { once: true })
    try {
      await send(socket, frames)
    } catch (cause) {
      throw new LogError('ERR_SHIP_UNDELIVERED', `${target.host} did not take the records: ${reasonOf(cause)}`, {
        cause,
      })
    } finally {
      limit.removeEventListener('abort', abort)
      socket.destroy()
    }
  },
  close: async () => undefined,
})

const framesOf = (stored: StoredLine, target: SyslogTarget): readonly string[] =>
  syslogMessages(stored, target.encoder, target.sender, target).map(octetCounted)

const dial = ({ host, port, tls }: SyslogTarget): TLSSocket =>
  connect({ host, port, minVersion: 'TLSv1.2', ...(isIP(host) === 0 && { servername: host }), ...tls })

/** Resolves when the server has ended its side after we had ended ours. */
const send = async (socket: TLSSocket, frames: readonly string[]): Promise<void> => {
  let isFinished = false
  const broken = new Promise<never>((_resolve, reject) => {
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('the connection broke off')))
  })
  // Reading is what makes the end be noticed; a syslog server has nothing to say.
  const ended = new Promise<void>((resolve, reject) => {
    socket.resume().once('end', () => (isFinished ? resolve() : reject(new Error('the server ended the connection'))))
  })
  const written = async (): Promise<void> => {
    await once(socket, 'secureConnect')
    for (const frame of frames) if (!socket.write(frame)) await once(socket, 'drain')
    socket.end(() => (isFinished = true))
    await ended
  }
  await Promise.race([written(), broken, ended])
}

const reasonOf = (fault: unknown): string => {
  const { code, message } = fault as NodeJS.ErrnoException
  return code ?? message
}
