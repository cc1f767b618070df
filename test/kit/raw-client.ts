import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import type { Reachable } from './appliance.ts'
import { vendorHost } from './vendor.ts'

/** How a client comes to the appliance; `plain` is HTTP in the clear. */
export type RawWay = 'connect' | 'gateway' | 'redirect' | 'plain'

export type RawOptions = {
  readonly way?: RawWay
  /** Loopback address to call from. */
  readonly from?: string
  /** SNI; null for none. */
  readonly serverName?: string | null
  /** What CONNECT asks for; by default the vendor at its port. */
  readonly authority?: string
  readonly vendorPort?: number
  /** Whether the certificate must be sound for the name; by default it must. */
  readonly verify?: boolean
  /** More for the TLS handshake: a client certificate, a session to resume. */
  readonly tls?: Pick<ConnectionOptions, 'cert' | 'key' | 'session' | 'maxVersion'>
}

/** One answer as it was on the wire. `status` 0: the connection ended without one. */
export type RawAnswer = {
  readonly status: number
  /** By lower-case name; repeated ones joined by a comma. */
  readonly fields: Readonly<Record<string, string>>
  readonly body: string
  readonly raw: string
}

export type RawClient = {
  /** The TCP socket, under the TLS of `stream`. */
  readonly tcp: Socket
  readonly stream: Socket
  readonly write: (bytes: string | Uint8Array) => void
  /** The next answer; `hasBody` is false after HEAD. */
  readonly answer: (hasBody?: boolean) => Promise<RawAnswer>
  /** Resolves once the appliance has ended the connection. */
  readonly closed: Promise<unknown>
}

const parse = (text: string, hasBody: boolean): { readonly answer: RawAnswer; readonly size: number } | null => {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return null
  const [statusLine = '', ...lines] = text.slice(0, end).split('\r\n')
  const fields: Record<string, string> = {}
  for (const line of lines) {
    const name = line.slice(0, line.indexOf(':')).toLowerCase()
    const value = line.slice(line.indexOf(':') + 1).trim()
    fields[name] = name in fields ? `${fields[name]}, ${value}` : value
  }
  const size = end + 4 + (hasBody ? Number(fields['content-length'] ?? 0) : 0)
  if (text.length < size) return null
  const answer = {
    status: Number(statusLine.split(' ')[1]),
    fields,
    body: text.slice(end + 4, size),
    raw: text.slice(0, size),
  }
  return { answer, size }
}

const reader = (stream: Socket): Pick<RawClient, 'answer' | 'closed'> => {
  let text = ''
  let isClosed = false
  let wake = (): void => undefined
  stream.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1')
    wake()
  })
  stream.on('error', () => undefined)
  const closed = new Promise<void>(resolve => {
    stream.once('close', () => {
      isClosed = true
      wake()
      resolve()
    })
  })
  const answer = async (hasBody = true): Promise<RawAnswer> => {
    for (;;) {
      const parsed = parse(text, hasBody)
      if (parsed) {
        text = text.slice(parsed.size)
        return parsed.answer
      }
      if (isClosed) return { status: 0, fields: {}, body: '', raw: text }
      await new Promise<void>(resolve => (wake = resolve))
    }
  }
  return { answer, closed }
}

const clientOn = (tcp: Socket, stream: Socket): RawClient => ({
  tcp,
  stream,
  write: bytes => void stream.write(bytes),
  ...reader(stream),
})

/** Opens a tunnel; the answer to CONNECT if it is not 200. */
const openTunnel = async (tcp: Socket, authority: string): Promise<RawAnswer | null> => {
  tcp.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`)
  const bytes: Buffer[] = []
  for (;;) {
    const [chunk] = (await once(tcp, 'data')) as [Buffer]
    bytes.push(chunk)
    const parsed = parse(Buffer.concat(bytes).toString('latin1'), true)
    if (parsed) return parsed.answer.status === 200 ? null : parsed.answer
  }
}

/** Connects as far as a first request can be written. */
export const openRaw = async (appliance: Reachable, options: RawOptions = {}): Promise<RawClient> => {
  const { way = 'gateway', from = '127.0.0.1', verify = true } = options
  const tcp = connectTcp({ host: '127.0.0.1', port: appliance.port, localAddress: from })
  tcp.on('error', () => undefined)
  await once(tcp, 'connect')
  if (way === 'plain') return clientOn(tcp, tcp)
  if (way === 'connect') {
    const refusal = await openTunnel(tcp, options.authority ?? `${vendorHost}:${options.vendorPort}`)
    if (refusal) throw new Error(`the tunnel was refused: ${refusal.raw}`)
  }
  const name =
    options.serverName === undefined ? (way === 'gateway' ? 'appliance.test' : vendorHost) : options.serverName
  const stream = connectTls({
    socket: tcp,
    ca: appliance.ca,
    host: name ?? '127.0.0.1',
    rejectUnauthorized: verify,
    ...(name === null ? {} : { servername: name }),
    ...options.tls,
  })
  await once(stream, 'secureConnect')
  return clientOn(tcp, stream)
}

/** Writes some bytes on a new connection and takes the first answer. */
export const sendRaw = async (
  appliance: Reachable,
  bytes: string | Uint8Array,
  options: RawOptions = {},
): Promise<RawAnswer> => {
  const client = await openRaw(appliance, options)
  client.write(bytes)
  const answer = await client.answer()
  client.stream.destroy()
  return answer
}

/** A request as a careful client writes it. */
export const requestText = (
  method: string,
  target: string,
  fields: Readonly<Record<string, string>> = {},
  body: string | null = null,
  host = 'appliance.test',
): string => {
  const all = { Host: host, ...(body === null ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }), ...fields }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n${body ?? ''}`
}

export const postJson = (target: string, body: string, fields: Readonly<Record<string, string>> = {}): string =>
  requestText('POST', target, { 'Content-Type': 'application/json', ...fields }, body)
