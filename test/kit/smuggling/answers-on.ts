import { once } from 'node:events'
import type { Socket } from 'node:net'

/** An answer as it was on the wire. */
export type WireAnswer = {
  readonly status: number
  /** By lower-case name. */
  readonly fields: ReadonlyMap<string, string>
  readonly body: string
}

/** Everything that came back over a connection until it was closed. `rest` is what is no whole answer. */
export type Answers = {
  readonly answers: readonly WireAnswer[]
  readonly rest: string
  /** Whether the reader waited for more, until the client ended the connection. */
  readonly wasWaiting: boolean
}

/** Octets that no reader of HTTP takes for the beginning of a request. */
export const noRequest = Buffer.from(`${'\0'.repeat(64)}\r\n\r\n`)
/** Milliseconds for what may come behind an answer that is said to be the last: a client hangs up at once. */
const CLOSING_MS = 30

/**
 * Writes octets and takes all that comes back until the connection is closed.
 * @param patienceMs - milliseconds after which a reader that says nothing is taken to wait for more, and left
 */
export const answersOn = async (stream: Socket, octets: Uint8Array, patienceMs: number): Promise<Answers> => {
  const chunks: Buffer[] = []
  let wasWaiting = false
  let isTold = false
  const give = () =>
    setTimeout(
      () => {
        wasWaiting = !isTold
        stream.end()
      },
      isTold ? CLOSING_MS : patienceMs,
    )
  let patience = give()
  stream.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    clearTimeout(patience)
    isTold ||= /^connection: close\r$/im.test(chunk.toString('latin1'))
    patience = give()
  })
  stream.on('error', () => undefined)
  stream.write(octets)
  if (!stream.closed) await once(stream, 'close')
  clearTimeout(patience)
  return { ...splitAnswers(Buffer.concat(chunks).toString('latin1')), wasWaiting }
}

/** Splits answers by Content-Length; those that announce others (1xx) are left out. */
const splitAnswers = (text: string): Omit<Answers, 'wasWaiting'> => {
  const answers: WireAnswer[] = []
  let rest = text
  for (let end = rest.indexOf('\r\n\r\n'); end >= 0; end = rest.indexOf('\r\n\r\n')) {
    const [statusLine = '', ...lines] = rest.slice(0, end).split('\r\n')
    const fields = new Map(lines.map(line => [line.split(':', 1)[0]!.toLowerCase(), line.replace(/^[^:]*:\s*/, '')]))
    const size = end + 4 + Number(fields.get('content-length') ?? 0)
    const status = Number(statusLine.split(' ')[1])
    if (!statusLine.startsWith('HTTP/1.1 ') || rest.length < size) break
    if (status >= 200) answers.push({ status, fields, body: rest.slice(end + 4, size) })
    rest = rest.slice(size)
  }
  return { answers, rest }
}
