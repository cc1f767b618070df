/**
 * Writes InterOp files by hand, with nothing of `rules/body/`: octets as the format pages of the open InterOp library
 * give them. `[size in octets or 'f', value]`, little-endian.
 */
export type Piece = readonly [kind: 1 | 2 | 4 | 8 | 'f', value: number | bigint]

export const octetsOf = (...pieces: readonly Piece[]): Uint8Array => {
  const size = pieces.reduce((sum, [kind]) => sum + (kind === 'f' ? 4 : kind), 0)
  const bytes = new Uint8Array(size)
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const [kind, value] of pieces) {
    if (kind === 1) view.setUint8(at, Number(value))
    if (kind === 2) view.setUint16(at, Number(value), true)
    if (kind === 4) view.setUint32(at, Number(value), true)
    if (kind === 8) view.setBigUint64(at, BigInt(value), true)
    if (kind === 'f') view.setFloat32(at, Number(value), true)
    at += kind === 'f' ? 4 : kind
  }
  return bytes
}

export const joined = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts))
