/** What a ClientHello says of where it wants to go; `server` is null where it names none. */
export type ClientHello =
  | { readonly kind: 'hello'; readonly serverName: string | null }
  /** Not all of it has come. */
  | { readonly kind: 'more' }
  /** It is none, or one that readers could differ on. */
  | { readonly kind: 'none' }

/** Octets of a ClientHello at the most: those of one TLS record (RFC 8446 section 5.1), four times what browsers send. */
const MAX_BYTES = 16_384

const HANDSHAKE = 0x16
const CLIENT_HELLO = 0x01
const SERVER_NAME = 0
const HOST_NAME = 0
/** Extension `encrypted_client_hello` (RFC 9849): the name that is meant is another one than the one that can be read. */
const ENCRYPTED_CLIENT_HELLO = 0xfe0d

const none: ClientHello = { kind: 'none' }

/**
 * Reads the server name out of the first octets of a TLS connection, and ends nothing. Stricter than a server has to be: one record, no
 * extension twice, no name besides one host name, no encrypted hello.
 * @see RFC 8446 sections 4.1.2 and 5.1; RFC 6066 section 3
 */
export const readClientHello = (bytes: Uint8Array): ClientHello => {
  const record = new Cursor(bytes)
  const start = [record.take(1), record.take(1), record.take(1)]
  if (start.some((octet, at) => octet !== null && !isRecordStart[at]!(octet))) return none
  const length = record.take(2)
  if (length === null) return { kind: 'more' }
  if (length > MAX_BYTES || length < 4) return none
  const body = record.slice(length)
  if (body === null) return { kind: 'more' }
  const isHello = body.take(1) === CLIENT_HELLO
  const hello = body.vector(3)
  return isHello && hello !== null && body.isEmpty ? readHello(hello) : none
}

/** Content type, and a legacy version that is 3.1 to 3.4. */
const isRecordStart: readonly ((octet: number) => boolean)[] = [
  octet => octet === HANDSHAKE,
  octet => octet === 3,
  octet => octet >= 1 && octet <= 4,
]

const readHello = (hello: Cursor): ClientHello => {
  const isWhole =
    hello.slice(2 + 32) !== null && hello.vector(1) !== null && hello.vector(2) !== null && hello.vector(1) !== null
  if (!isWhole) return none
  if (hello.isEmpty) return { kind: 'hello', serverName: null }
  const extensions = hello.vector(2)
  return extensions === null || !hello.isEmpty ? none : readExtensions(extensions)
}

const readExtensions = (extensions: Cursor): ClientHello => {
  const seen = new Set<number>()
  let serverName: string | null = null
  while (!extensions.isEmpty) {
    const type = extensions.take(2)
    const data = extensions.vector(2)
    if (type === null || data === null || seen.has(type) || type === ENCRYPTED_CLIENT_HELLO) return none
    seen.add(type)
    if (type !== SERVER_NAME) continue
    serverName = readServerName(data)
    if (serverName === null) return none
  }
  return { kind: 'hello', serverName }
}

const readServerName = (data: Cursor): string | null => {
  const list = data.vector(2)
  if (list === null || !data.isEmpty || list.take(1) !== HOST_NAME) return null
  const name = list.vector(2)
  if (name === null || !list.isEmpty) return null
  const text = Buffer.from(name.rest).toString('latin1')
  return /^[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$/.test(text) ? text.toLowerCase() : null
}

/** Reads numbers (most significant octet first) and vectors from the front; null where there is not enough left. */
class Cursor {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get isEmpty(): boolean {
    return this.#at === this.#bytes.length
  }

  get rest(): Uint8Array {
    return this.#bytes.subarray(this.#at)
  }

  take(octets: number): number | null {
    const taken = this.#cut(octets)
    return taken === null ? null : taken.reduce((number, octet) => number * 256 + octet, 0)
  }

  slice(octets: number): Cursor | null {
    const taken = this.#cut(octets)
    return taken === null ? null : new Cursor(taken)
  }

  /** What stands behind its own length, which is a number of so many octets. */
  vector(lengthOctets: number): Cursor | null {
    const length = this.take(lengthOctets)
    return length === null ? null : this.slice(length)
  }

  #cut(octets: number): Uint8Array | null {
    if (this.#bytes.length - this.#at < octets) {
      this.#at = this.#bytes.length
      return null
    }
    this.#at += octets
    return this.#bytes.subarray(this.#at - octets, this.#at)
  }
}
