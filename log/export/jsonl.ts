import type { Encoder } from './encoder.ts'

/** The record itself, byte for byte: SHA-256 over 0x00 and the line is its leaf in the Merkle tree (RFC 6962). */
export const jsonl: Encoder = { heading: null, lines: ({ body }) => [body] }
