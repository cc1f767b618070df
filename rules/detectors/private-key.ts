import type { TextDetector } from '../detector.ts'

const header =
  /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|PuTTY-User-Key-File-[23]:|AGE-SECRET-KEY-1[A-Z0-9]{20}/g

export const privateKey = {
  kind: 'text',
  id: 'private-key',
  title: 'Private key',
  category: 'secret',
  mandatory: true,
  source: 'RFC 7468 (PEM); RFC 4880 section 6.2 (armor); https://age-encryption.org/v1',
  needs: [{ has: '-', letterRun: 5, upper: 6, length: 20 }],
  *find({ text }) {
    for (const { 0: written, index } of text.matchAll(header)) yield { start: index, end: index + written.length }
  },
  examples: {
    match: [
      '-----BEGIN PRIVATE KEY-----\nMIIB',
      'x -----BEGIN OPENSSH PRIVATE KEY-----',
      '-----BEGIN PGP PRIVATE KEY BLOCK-----',
    ],
    noMatch: ['-----BEGIN CERTIFICATE-----', '-----BEGIN PUBLIC KEY-----', 'PRIVATE KEY'],
  },
} as const satisfies TextDetector
