import { gzipSync } from 'node:zlib'
import { base64, type Leak } from '../kit/leak.ts'

const vcf = `##fileformat=VCFv4.3
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO
chr7\t140453136\t.\tA\tT\t50\tPASS\t.
chr17\t43094464\t.\tG\tA\t61\tPASS\t.
`

export const leak: Leak = {
  name: 'a VCF file, compressed and in base64',
  detector: 'vcf',
  body: { details: ['upload', base64(gzipSync(vcf))] },
}
