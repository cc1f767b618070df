import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { packsFolder } from '../../proxy/policy/policy-file.ts'

/** What the instrument of the demo sends. Everything sensitive in it is made up. */
export type Attempt = {
  readonly title: string
  readonly kind: string
  readonly body: string
  /** Reason of the block that has to follow, and the detector that has to have found something; null: it has to pass. */
  readonly expected: { readonly reason: string; readonly detector: string | null } | null
}

type Json = Record<string, unknown>

/** A message of the shipped pack that passes. */
export const samplePath = (kind: string, name: string): string =>
  join(packsFolder, 'illumina-proactive', 'samples', kind, `${name}.json`)

const sample = (kind: string, name: string): Json => JSON.parse(readFileSync(samplePath(kind, name), 'utf8')) as Json

const runPerformance = sample('run-performance', 'novaseq-6000')
const instrumentPerformance = sample('instrument-performance', 'novaseq-6000')

/** Bases that are nobody's: a linear congruential walk over the alphabet. */
const bases = (length: number): string => {
  let state = 20_261
  return Array.from({ length }, () => 'ACGT'[(state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) >>> 29]).join(
    '',
  )
}

const reads = [1, 2]
  .map(
    read =>
      `@A00187:1009:HK33MDRX3:1:1101:1000:${read}000 1:N:0:1\n${bases(76)}\n+\n${'F'.repeat(60)}${',:F'.repeat(5)}F`,
  )
  .join('\n')

const variants = [
  '##fileformat=VCFv4.3',
  '#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO',
  'chr7\t140753336\trs113488022\tA\tT\t60\tPASS\tDP=31',
].join('\n')

export const attempts: readonly Attempt[] = [
  { title: 'real telemetry of a run', kind: 'run-performance', body: JSON.stringify(runPerformance), expected: null },
  {
    title: 'the same with a field that nobody has allowed',
    kind: 'run-performance',
    body: JSON.stringify({ ...runPerformance, flowCellGasket: 'B' }),
    expected: { reason: 'schema-violation', detector: null },
  },
  {
    title: 'FASTQ reads inside a log message',
    kind: 'instrument-performance',
    body: JSON.stringify({ ...instrumentPerformance, message: `focus lost, last reads: ${reads}` }),
    expected: { reason: 'sensitive-content', detector: 'fastq' },
  },
  {
    title: "a patient's name and birth date",
    kind: 'run-performance',
    body: JSON.stringify({ ...runPerformance, patient: { name: 'Marie Tremblay', birthDate: '1961-04-23' } }),
    expected: { reason: 'sensitive-content', detector: 'person-name' },
  },
  {
    title: 'a gzipped VCF in base64',
    kind: 'instrument-performance',
    body: JSON.stringify({ ...instrumentPerformance, blob: gzipSync(variants).toString('base64') }),
    expected: { reason: 'sensitive-content', detector: 'vcf' },
  },
]

/** The schema of run performance with the one field in it that the demo's lab comes to allow. */
export const widenedSchema = (): string => {
  const file = join(packsFolder, 'illumina-proactive', 'run-performance.schema.json')
  const schema = JSON.parse(readFileSync(file, 'utf8')) as { properties: Json }
  schema.properties.flowCellGasket = { enum: ['A', 'B'] }
  return JSON.stringify(schema, null, 2)
}
