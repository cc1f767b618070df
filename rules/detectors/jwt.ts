import type { TextDetector } from '../detector.ts'

/** Both parts begin with `{"` in base64url, `eyJ`. The signature may be empty (alg none). */
const token =
  /(?<![A-Za-z\d_-])eyJ[A-Za-z\d_-]{8,4000}\.(?:eyJ[A-Za-z\d_-]{4,8000}\.[A-Za-z\d_-]{0,2000}|[A-Za-z\d_-]{0,2000}\.[A-Za-z\d_-]{8,200}\.[A-Za-z\d_-]{8,8000}\.[A-Za-z\d_-]{8,200})/g

export const jwt = {
  kind: 'text',
  id: 'jwt',
  title: 'JSON Web Token',
  category: 'secret',
  source: 'RFC 7519 section 3; RFC 7515 section 7.1; RFC 7516 section 7.1',
  needs: [{ has: '.', base64Run: 11, lower: 2, upper: 1 }],
  *find({ text }) {
    for (const { 0: written, index } of text.matchAll(token)) yield { start: index, end: index + written.length }
  },
  examples: {
    match: [
      'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtYWRlIHVwIn0.c2lnbmF0dXJlLW1hZGUtdXA',
      'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.',
    ],
    noMatch: ['eyJhbGciOiJIUzI1NiJ9', 'a.b.c', 'eyJ.eyJ.eyJ'],
  },
} as const satisfies TextDetector
