import type { Encoder } from './encoder.ts'

/**
 * The record itself, byte for byte: SHA-256 over 0x00 and the line is its leaf in the Merkle tree (RFC 6962). The line of a checkpoint has
 * `kind` and `checkpoint`, and no `sequence`.
 */
export const jsonl: Encoder & Required<Pick<Encoder, 'checkpoint'>> = {
  heading: null,
  lines: ({ body }) => [body],
  checkpoint: note => JSON.stringify({ checkpoint: note, kind: 'checkpoint' }),
}
