/** Octets with their length before them, a number of so many octets. */
const vector = (lengthOctets: number, ...parts: readonly Uint8Array[]): Buffer => {
  const bytes = Buffer.concat(parts)
  const length = Buffer.alloc(lengthOctets)
  length.writeUIntBE(bytes.length, 0, lengthOctets)
  return Buffer.concat([length, bytes])
}

const extension = (type: number, data: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from([type >> 8, type & 0xff]), vector(2, data)])

/** A ClientHello of the least that RFC 8446 section 4.1.2 asks for, in one record. @param serverName - null for none */
export const clientHelloOf = (
  serverName: string | null,
  ...further: readonly (readonly [number, Uint8Array])[]
): Buffer => {
  const name =
    serverName === null ? [] : [[0, vector(2, Buffer.from([0]), vector(2, Buffer.from(serverName)))] as const]
  const extensions = [...name, [43, Buffer.from([2, 3, 4])] as const, ...further].map(([type, data]) =>
    extension(type, data),
  )
  const hello = Buffer.concat([
    Buffer.from([3, 3]),
    Buffer.alloc(32, 7),
    vector(1),
    vector(2, Buffer.from([0x13, 0x01])),
    vector(1, Buffer.from([0])),
    vector(2, ...extensions),
  ])
  return Buffer.concat([Buffer.from([0x16, 3, 1]), vector(2, Buffer.from([1]), vector(3, hello))])
}
