import { base64, type Leak } from '../kit/leak.ts'

const header = '@HD\tVN:1.6\tSO:coordinate\n'
const bam = Buffer.concat([
  Buffer.from('BAM\x01'),
  Buffer.from(Uint32Array.of(header.length).buffer),
  Buffer.from(header),
  Buffer.alloc(4),
])

export const leak: Leak = {
  name: 'octets of a BAM file in base64',
  detector: 'genomic-magic',
  body: { message: `core dump: ${base64(bam)}` },
}
