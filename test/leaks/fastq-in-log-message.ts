import { quality, read, type Leak } from '../kit/leak.ts'

export const leak: Leak = {
  name: 'a FASTQ record inside a log message',
  detector: 'fastq',
  body: {
    message: `WARN basecaller stuck at\n@A00187:1009:HK33MDRX3:1:1101:1018:1000 1:N:0:1\n${read}\n+\n${quality}\n, retrying`,
  },
}
