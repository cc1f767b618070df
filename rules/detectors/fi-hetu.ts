import { validate } from 'stdnum/lib/cjs/fi/hetu.js'
import { keywords } from './parts/context.ts'
import { numberedId, whole } from './parts/numbered-id.ts'

/** Signs added in 2023 mean the same centuries as the old ones, which are all that the library knows. */
const oldSign = (written: string): string =>
  written
    .toUpperCase()
    .replace(
      /^(\d{6})([A-Z])/,
      (_, date: string, sign: string) => date + (/[B-F]/.test(sign) ? 'A' : sign === 'A' ? 'A' : '-'),
    )

export const fiHetu = numberedId({
  id: 'fi-hetu',
  title: 'Henkilötunnus (Finland)',
  source: 'https://dvv.fi/en/personal-identity-code (check character: modulus 31; signs of 2023)',
  candidate: whole('[0-3]\\d[01]\\d{3}[-+A-FU-Y]\\d{3}[\\dA-FHJ-NPR-Y]', 'i'),
  form: { digits: 9 },
  sure: [{ looks: [/^0{6}A0{3}[0A]$/] }, { digits: 9, looks: [/^0{3}A$/] }, { digitGroups: 10 }],
  valid: (_, written) => validate(oldSign(written)).isValid,
  alone: () => true,
  keyword: keywords('hetu', 'henkilotunnus'),
  examples: {
    match: ['040380-123L', '040380Y123L', 'hetu 040380-123l'],
    noMatch: ['040380-123M', '993380-123L', '040380_123L'],
  },
})
