import { chmodSync, existsSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http'
import { CertError, hints as certHints, type CertErrorCode } from '../../certs/cert-error.ts'
import { hints as logHints, LogError, type LogErrorCode } from '../../log/log-error.ts'
import { hints, ProxyError, type ProxyErrorCode } from '../proxy-error.ts'

/** A status with a JSON document, or with a text of its own media type. */
export type ControlAnswer =
  | { readonly status: number; readonly document: object }
  | { readonly status: number; readonly text: string; readonly mediaType: string }

/** What can be asked of a running appliance, by method and path. */
export type ControlHandlers = Readonly<Record<string, (body: unknown) => Promise<ControlAnswer>>>

export type Control = { readonly close: () => Promise<void> }

/** Longest socket path that Linux takes, in octets, without the final NUL (unix(7)). */
const MAX_PATH = 107
/** Largest request, in octets: a held payload in base64 and some room. */
const MAX_BODY = 512 * 1024 * 1024

/**
 * Opens the control socket: HTTP on a Unix socket that only its owner can use. The one way to ask something of a running appliance;
 * no port is opened for it.
 * @throws ProxyError `ERR_CONTROL_UNAVAILABLE`, `ERR_CONTROL_PATH`, `ERR_CONTROL_MODE`
 */
export const openControl = async (path: string, handlers: ControlHandlers): Promise<Control> => {
  if (Buffer.byteLength(path) > MAX_PATH)
    throw new ProxyError(
      'ERR_CONTROL_PATH',
      `the path of the control socket is longer than ${MAX_PATH} octets: ${path}`,
    )
  if (existsSync(path)) await removeStale(path)
  const server = createServer((request, response) => {
    void answer(request, handlers).then(given => {
      const [type, text] =
        'text' in given ? [given.mediaType, given.text] : ['application/json', `${JSON.stringify(given.document)}\n`]
      response.writeHead(given.status, { 'content-type': type }).end(text)
    })
  })
  await bind(server, path)
  try {
    requireOwnersOnly(path)
  } catch (error) {
    server.close()
    throw error
  }
  return {
    close: () =>
      new Promise<void>(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const bind = (server: Server, path: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const mask = process.umask(0o177)
    server.once('error', cause => reject(new ProxyError('ERR_CONTROL_UNAVAILABLE', `cannot open ${path}`, { cause })))
    server.listen(path, () => {
      chmodSync(path, 0o600)
      resolve()
    })
    process.umask(mask)
  })

/**
 * Node cannot ask who is at the other end (`SO_PEERCRED`, unix(7)); it is the kernel that lets nobody in but the owner of the socket, by
 * its mode, as long as nobody else can put another one in its place. Some file systems keep no modes.
 * @throws ProxyError `ERR_CONTROL_MODE`
 */
const requireOwnersOnly = (path: string): void => {
  if (process.platform === 'win32') return
  const [socket, folder] = [statSync(path), statSync(dirname(path))]
  if (socket.uid === process.getuid?.() && (socket.mode & 0o077) === 0 && (folder.mode & 0o022) === 0) return
  throw new ProxyError(
    'ERR_CONTROL_MODE',
    `others could use the control socket: ${path} got mode ${octal(socket.mode)}, in a folder of mode ${octal(folder.mode)}`,
  )
}

const octal = (mode: number): string => (mode & 0o777).toString(8)

/** A socket file that nobody listens on is left over from a process that was killed. */
const removeStale = async (path: string): Promise<void> => {
  const answered = await callControl(path, 'GET /status').then(
    () => true,
    error => !(error instanceof ProxyError && error.code === 'ERR_CONTROL_UNREACHABLE'),
  )
  if (answered) throw new ProxyError('ERR_CONTROL_UNAVAILABLE', `another appliance answers on ${path}`)
  rmSync(path, { force: true })
}

const answer = async (request: IncomingMessage, handlers: ControlHandlers): Promise<ControlAnswer> => {
  const handler = handlers[`${request.method} ${request.url}`]
  if (!handler) return { status: 404, document: { error: 'no such command' } }
  try {
    return await handler(await readBody(request))
  } catch (error) {
    // A SyntaxError quotes what could not be read, and that may be a piece of a payload.
    const message = error instanceof Error && !(error instanceof SyntaxError) ? error.message : 'not readable'
    if (error instanceof ProxyError || error instanceof LogError || error instanceof CertError)
      return { status: 409, document: { code: error.code, error: message } }
    return { status: 500, document: { error: message } }
  }
}

const readBody = async (request: IncomingMessage): Promise<unknown> => {
  const content = await readContent(request)
  return content.length === 0 ? null : (JSON.parse(content.toString()) as unknown)
}

const readContent = async (message: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of message as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MAX_BODY) throw new Error('the request is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** What was refused over the control socket, as the error that it was there. Null for a document that is none. */
export const refusalIn = (document: unknown): ProxyError | LogError | null => {
  const { code, error } = (document ?? {}) as { readonly code?: unknown; readonly error?: unknown }
  if (typeof code !== 'string') return null
  if (Object.hasOwn(logHints, code)) return new LogError(code as LogErrorCode, String(error))
  if (!Object.hasOwn(hints, code)) return null
  return new ProxyError(code as ProxyErrorCode, String(error))
}

/** The same of a refusal that is about keys and certificates. */
export const certRefusalIn = (document: unknown): CertError | null => {
  const { code, error } = (document ?? {}) as { readonly code?: unknown; readonly error?: unknown }
  if (typeof code !== 'string' || !Object.hasOwn(certHints, code)) return null
  return new CertError(code as CertErrorCode, String(error))
}

/**
 * Asks a running appliance.
 * @param command - method and path, such as `GET /status`
 * @throws ProxyError `ERR_CONTROL_UNREACHABLE` when none is running
 */
export const callControl = async (
  path: string,
  command: string,
  body: object | null = null,
): Promise<{ readonly status: number; readonly document: unknown }> => {
  const { status, content } = await ask(path, command, body)
  try {
    return { status, document: content.length === 0 ? null : (JSON.parse(content.toString()) as unknown) }
  } catch (cause) {
    throw unreachable(cause)
  }
}

/** The same of what is answered with a text. */
export const readControl = async (path: string, command: string): Promise<string> =>
  (await ask(path, command, null)).content.toString()

const unreachable = (cause: unknown): ProxyError =>
  new ProxyError('ERR_CONTROL_UNREACHABLE', 'no appliance is running on this data folder', { cause })

const ask = (
  path: string,
  command: string,
  body: object | null,
): Promise<{ readonly status: number; readonly content: Buffer }> =>
  new Promise((resolve, reject) => {
    const [method = 'GET', url = '/'] = command.split(' ')
    const fail = (cause: unknown) => reject(unreachable(cause))
    const request = httpRequest({ socketPath: path, method, path: url, agent: false }, response => {
      readContent(response).then(content => resolve({ status: response.statusCode ?? 0, content }), fail)
    })
    request.once('error', fail)
    request.end(body === null ? undefined : JSON.stringify(body))
  })
