import { base64, quality, read, type Leak } from '../kit/leak.ts'

export const leak: Leak = {
  name: 'a FASTQ record in base64 with zero-width characters in between',
  detector: 'fastq',
  body: { message: base64(`@r1\n${read}\n+\n${quality}\n`).replace(/.{8}/g, '$&\u200b') },
}
