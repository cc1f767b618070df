/** A request as its octets say, and the octets themselves. */
export type RawRequest = {
  readonly raw: Buffer
  readonly requestLine: string
  /** Names as received. */
  readonly fields: readonly (readonly [name: string, value: string])[]
  readonly body: Buffer
}

/**
 * Splits what came over one connection into requests, by Content-Length alone: octets that no length announces begin another
 * request, so that a smuggled one shows.
 */
export class RequestSplitter {
  #rest: Buffer = Buffer.alloc(0)

  push(chunk: Buffer): readonly RawRequest[] {
    this.#rest = Buffer.concat([this.#rest, chunk])
    const requests: RawRequest[] = []
    for (let request = this.#next(); request !== null; request = this.#next()) requests.push(request)
    return requests
  }

  #next(): RawRequest | null {
    const end = this.#rest.indexOf('\r\n\r\n')
    if (end < 0) return null
    const [requestLine = '', ...lines] = this.#rest.toString('latin1', 0, end).split('\r\n')
    const fields = lines.map(line => [line.split(':', 1)[0]!, line.slice(line.indexOf(':') + 1).trim()] as const)
    const length = Number(fields.find(([name]) => name.toLowerCase() === 'content-length')?.[1] ?? 0)
    const size = end + 4 + length
    if (this.#rest.length < size) return null
    const raw = this.#rest.subarray(0, size)
    this.#rest = this.#rest.subarray(size)
    return { raw, requestLine, fields, body: raw.subarray(end + 4) }
  }
}
