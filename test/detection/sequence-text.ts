import type { JsonValue } from '../../rules/canonical.ts'
import type { Random } from '../kit/random.ts'
import { chromosome, complement, digits, genome, letters, protein, qualities, substitution } from './genome.ts'

/**
 * Ways to write sequencing data as text. Each makes one example; `b` is the half that no detector was tuned on, written with other
 * tools' habits (line widths, separators, order of columns) wherever a format leaves a choice.
 */
export type TextFamily = (random: Random, half: 'a' | 'b') => string

const wrap = (text: string, width: number, end = '\n'): string =>
  text.replace(new RegExp(`.{${width}}`, 'g'), `$&${end}`)
const rows = (count: number, row: (index: number) => string, end = '\n'): string =>
  Array.from({ length: count }, (_, index) => row(index)).join(end)
const position = (random: Random): string => digits(random, 5 + random.below(4))
const sample = (random: Random): string => `${letters(random, 2)}${digits(random, 4)}`

const illuminaName = (random: Random): string =>
  `A0${digits(random, 4)}:${digits(random, 2)}:H${letters(random, 4)}DSX${random.below(9)}:${1 + random.below(4)}:${1101 + random.below(500)}:${digits(random, 4)}:${digits(random, 4)}`

const cigarOf = (random: Random): string =>
  `${30 + random.below(60)}M${1 + random.below(4)}I${20 + random.below(50)}M${5 + random.below(20)}S`

const samRow = (random: Random): string => {
  const read = genome(random, 76)
  return [
    illuminaName(random),
    random.pick(['99', '147', '83', '163', '0', '16']),
    `chr${chromosome(random)}`,
    position(random),
    '60',
    cigarOf(random),
    '=',
    position(random),
    String(200 + random.below(300)),
    read,
    qualities(random, 76),
  ].join('\t')
}

const vcfRow = (random: Random, prefix: string): string => {
  const [ref, alt] = substitution(random)
  const id = random.chance(0.5) ? `rs${digits(random, 7)}` : '.'
  return [
    `${prefix}${chromosome(random)}`,
    position(random),
    id,
    ref,
    alt,
    digits(random, 3),
    'PASS',
    `DP=${digits(random, 2)}`,
    'GT',
    random.pick(['0/1', '1|1', '1/1']),
  ].join('\t')
}

const originLines = (sequence: string): string =>
  rows(Math.ceil(sequence.length / 60), index => {
    const line = sequence.slice(index * 60, index * 60 + 60).toLowerCase()
    return `${String(index * 60 + 1).padStart(9)} ${wrap(line, 10, ' ').trim()}`
  })

const strLoci = [
  'D3S1358',
  'vWA',
  'D16S539',
  'CSF1PO',
  'TPOX',
  'D8S1179',
  'D21S11',
  'D18S51',
  'D2S441',
  'D19S433',
  'TH01',
  'FGA',
  'D22S1045',
  'D5S818',
  'D13S317',
  'D7S820',
  'SE33',
  'D10S1248',
  'D1S1656',
  'D12S391',
  'D2S1338',
]

const threeLetter: Readonly<Record<string, string>> = {
  A: 'Ala',
  R: 'Arg',
  N: 'Asn',
  D: 'Asp',
  C: 'Cys',
  Q: 'Gln',
  E: 'Glu',
  G: 'Gly',
  H: 'His',
  I: 'Ile',
  L: 'Leu',
  K: 'Lys',
  M: 'Met',
  F: 'Phe',
  P: 'Pro',
  S: 'Ser',
  T: 'Thr',
  W: 'Trp',
  Y: 'Tyr',
  V: 'Val',
}

export const textFamilies = {
  // nucleotides and proteins, bare
  'dna-20': random => genome(random, 20),
  'dna-150': random => genome(random, 150),
  'dna-lower': random => genome(random, 60).toLowerCase(),
  'dna-in-prose': (random, half) =>
    half === 'a' ? `cycle 12: expected ${genome(random, 24)} at tile 1101` : `primer=${genome(random, 22)};tm=61.2`,
  'rna-40': random => genome(random, 40).replaceAll('T', 'U'),
  'dna-grouped': (random, half) => wrap(genome(random, 60), half === 'a' ? 10 : 3, half === 'a' ? ' ' : '-'),
  'dna-lines': random => wrap(genome(random, 180), 60),
  'dna-gapped': random =>
    Array.from(genome(random, 80))
      .map(base => (random.chance(0.15) ? '-' : base))
      .join(''),
  'dna-iupac': random =>
    Array.from(genome(random, 80))
      .map(base => (random.chance(0.1) ? random.pick(['R', 'Y', 'K', 'M', 'S', 'W', 'N']) : base))
      .join(''),
  'dna-reversed': random => Array.from(genome(random, 60)).toReversed().join(''),
  'dna-complement': random => complement(genome(random, 60)),
  'protein-60': random => protein(random, 60),
  'protein-3-letter': (random, half) =>
    Array.from(protein(random, 20))
      .map(one => threeLetter[one])
      .join(half === 'a' ? '-' : ' '),
  // records
  fasta: (random, half) =>
    `>${half === 'a' ? sample(random) : `contig_${digits(random, 3)} length=240`}\n${wrap(genome(random, 240), half === 'a' ? 60 : 80)}\n`,
  'fasta-protein': random => `>sp|P${digits(random, 5)}|X_HUMAN\n${wrap(protein(random, 120), 60)}\n`,
  fastq: random =>
    rows(2, () => `@${illuminaName(random)} 1:N:0:1\n${genome(random, 75)}\n+\n${qualities(random, 75)}`),
  'fastq-anonymous': random => rows(3, index => `@r${index}\n${genome(random, 50)}\n+\n${qualities(random, 50)}`),
  sam: random => rows(2, () => samRow(random)),
  'sam-header': random => `@HD\tVN:1.6\tSO:coordinate\n@SQ\tSN:chr1\tLN:248956422\n@RG\tID:1\tSM:${sample(random)}`,
  vcf: (random, half) =>
    `##fileformat=VCFv4.${half === 'a' ? 2 : 3}\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS1\n${rows(3, () => vcfRow(random, 'chr'))}`,
  'vcf-rows': (random, half) => rows(4, () => vcfRow(random, half === 'a' ? 'chr' : '')),
  gvcf: random =>
    rows(
      3,
      () =>
        `chr${chromosome(random)}\t${position(random)}\t.\t${random.pick(['A', 'C', 'G', 'T'])}\t<NON_REF>\t.\t.\tEND=${position(random)}\tGT:DP\t0/0:31`,
    ),
  'variant-tuple': (random, half) => {
    const [ref, alt] = substitution(random)
    return half === 'a'
      ? `chr${chromosome(random)}:${position(random)} ${ref}>${alt}`
      : `${chromosome(random)}-${position(random)}-${ref}-${alt}`
  },
  genbank: random =>
    `LOCUS       AB${digits(random, 6)}               180 bp    DNA     linear   PRI 01-JAN-2020\nORIGIN\n${originLines(genome(random, 180))}\n//`,
  embl: random => {
    const lines = wrap(genome(random, 120).toLowerCase(), 60).trimEnd().split('\n')
    return `ID   X${digits(random, 5)}; SV 1; linear; genomic DNA; STD; HUM; 120 BP.\nSQ   Sequence 120 BP; 40 A; 20 C; 25 G; 35 T; 0 other;\n${lines.map((line, index) => `     ${wrap(line, 10, ' ').trim()}${String((index + 1) * 60).padStart(10)}`).join('\n')}\n//`
  },
  gff: random =>
    `##gff-version 3\n${rows(3, () => `chr${chromosome(random)}\tensembl\texon\t${position(random)}\t${position(random)}\t.\t+\t.\tID=exon:${digits(random, 4)};Parent=transcript:ENST${digits(random, 11)}`)}`,
  gtf: random =>
    rows(
      3,
      () =>
        `chr${chromosome(random)}\tHAVANA\tgene\t${position(random)}\t${position(random)}\t.\t-\t.\tgene_id "ENSG${digits(random, 11)}"; gene_name "TP53";`,
    ),
  bed: random => rows(4, () => `chr${chromosome(random)}\t${position(random)}\t${position(random)}`),
  ped: random =>
    rows(
      2,
      index =>
        `FAM${index} IND${index} 0 0 ${1 + random.below(2)} -9 ${rows(12, () => Array.from(genome(random, 2)).join(' '), ' ')}`,
    ),
  bim: random =>
    rows(
      4,
      () => `${chromosome(random)}\trs${digits(random, 7)}\t0\t${position(random)}\t${substitution(random).join('\t')}`,
    ),
  '23andme': (random, half) =>
    rows(
      5,
      () => `rs${digits(random, 7)}\t${chromosome(random)}\t${position(random)}\t${genome(random, 2)}`,
      half === 'a' ? '\n' : '\r\n',
    ),
  ancestry: random =>
    rows(
      4,
      () =>
        `rs${digits(random, 7)}\t${chromosome(random)}\t${position(random)}\t${Array.from(genome(random, 2)).join('\t')}`,
    ),
  'csv-genotypes': random =>
    rows(4, () => `"rs${digits(random, 7)}","${chromosome(random)}","${position(random)}","${genome(random, 2)}"`),
  maf: random =>
    `##maf version=1\na score=23262.0\n${rows(3, index => `s hg${16 + index}.chr7 ${position(random)} 38 + 158545518 ${genome(random, 38)}`)}`,
  paf: random =>
    rows(
      2,
      () =>
        `${letters(random, 8)}\t5000\t10\t4900\t+\tchr${chromosome(random)}\t248956422\t${position(random)}\t${position(random)}\t4700\t4890\t60\ttp:A:P\tcg:Z:100M2D200M1I300M`,
    ),
  clustal: random =>
    `CLUSTAL O(1.2.4) multiple sequence alignment\n\n${rows(3, index => `seq${index}      ${genome(random, 60)}`)}`,
  stockholm: random => `# STOCKHOLM 1.0\n#=GF ID X\n${rows(3, index => `s${index}/1-40   ${genome(random, 40)}`)}\n//`,
  phylip: random => ` 3 50\n${rows(3, index => `taxon${index}    ${genome(random, 50)}`)}`,
  'phred-string': random => qualities(random, 100, false),
  'phred-binned': random => qualities(random, 100, true),
  qual: random => `>${sample(random)}\n${rows(40, () => String(20 + random.below(21)), ' ')}`,
  slow5: random =>
    `#slow5_version\t0.2.0\n#num_read_groups\t1\n@asic_id\t${digits(random, 9)}\n#char*\tuint32_t\tdouble\n#read_id\tread_group\tdigitisation\n`,
  'sample-sheet': (random, half) =>
    `[Data]\nSample_ID,${half === 'a' ? 'index,index2' : 'I7_Index_ID,index,I5_Index_ID,index2'}\n${rows(3, () => (half === 'a' ? `${sample(random)},${genome(random, 8)},${genome(random, 8)}` : `${sample(random)},D701,${genome(random, 8)},D501,${genome(random, 8)}`))}`,
  'barcode-table': random => `#Sample\tBarcode\n${rows(8, () => `${sample(random)}\t${genome(random, 10)}`)}`,
  'sequencing-summary': random =>
    `read_id\tsequence_length_template\tmean_qscore_template\tbarcode_front_foundseq\n${letters(random, 8).toLowerCase()}\t512\t11.2\t${genome(random, 24)}`,
  'md-tag': random =>
    `NM:i:2\tMD:Z:${20 + random.below(30)}${random.pick(['A', 'C', 'G', 'T'])}${10 + random.below(20)}^${genome(random, 3)}${20 + random.below(20)}`,
  cigar: random => `CIGAR ${cigarOf(random)}`,
  'read-name-illumina': random => illuminaName(random),
  'read-name-illumina-1.4': random =>
    `HWUSI-EAS${digits(random, 3)}:6:73:${digits(random, 3)}:${digits(random, 4)}#0/1`,
  'read-name-mgi': random => `V3000${digits(random, 5)}L1C001R00${1 + random.below(9)}${digits(random, 7)}/1`,
  'read-name-pacbio': random => `m64${digits(random, 3)}_2209${10 + random.below(20)}_101112/${digits(random, 6)}/ccs`,
  'read-name-ont': random =>
    `@0b1e2c3d-4e5f-4f3a-8d4a-b2f5ff474366 runid=${letters(random, 40, '0123456789abcdef')} read=${digits(random, 4)} ch=${digits(random, 3)} start_time=2024-01-01T00:00:00Z`,
  'str-profile': (random, half) =>
    rows(
      13,
      index =>
        `${strLoci[index]}${half === 'a' ? ': ' : ' '}${8 + random.below(20)}${half === 'a' ? ',' : '/'}${8 + random.below(20)}`,
      half === 'a' ? '; ' : '\n',
    ),
  hgvs: (random, half) => {
    const [ref, alt] = substitution(random)
    return half === 'a'
      ? `NM_${digits(random, 6)}.3:c.${digits(random, 3)}${ref}>${alt}`
      : `NC_0000${10 + random.below(12)}.11:g.${position(random)}del`
  },
  'hgvs-protein': random =>
    `NP_${digits(random, 6)}.2:p.${threeLetter[protein(random, 1)]}${digits(random, 3)}${threeLetter[protein(random, 1)]}`,
  spdi: random => `NC_0000${10 + random.below(12)}.11:${position(random)}:${substitution(random).join(':')}`,
  'rsid-list': (random, half) => rows(8, () => `rs${digits(random, 7)}`, half === 'a' ? ',' : ' '),
  'rsid-genotype': (random, half) =>
    half === 'a'
      ? `rs${digits(random, 7)}: ${genome(random, 2)}`
      : `rs${digits(random, 7)}(${Array.from(genome(random, 2)).join(';')})`,
  'accession-list': random => rows(4, () => `SRR${digits(random, 7)}`, ' '),
  'refget-digest': random =>
    `refget://SQ.${letters(random, 32, 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_')}`,
  'maf-mutation': (random, half) => {
    const [ref, alt] = substitution(random)
    const start = position(random)
    return half === 'a'
      ? `Hugo_Symbol\tEntrez_Gene_Id\tCenter\tNCBI_Build\tChromosome\tStart_Position\tEnd_Position\tStrand\tVariant_Classification\tVariant_Type\tReference_Allele\tTumor_Seq_Allele1\tTumor_Seq_Allele2\nTP53\t7157\tX\tGRCh38\tchr${chromosome(random)}\t${start}\t${start}\t+\tMissense_Mutation\tSNP\t${ref}\t${ref}\t${alt}`
      : `Hugo_Symbol,Chromosome,Start_Position,End_Position,Reference_Allele,Tumor_Seq_Allele2,Tumor_Sample_Barcode\nKRAS,${chromosome(random)},${start},${start},${ref},${alt},${sample(random)}`
  },
  psl: random =>
    `psLayout version 3\n\nmatch\tmis-match\n${rows(2, () => `59\t9\t0\t0\t1\t823\t1\t96\t+-\tFS_CONTIG\t1955\t171\t1062\tchr${chromosome(random)}\t${position(random)}\t${position(random)}\t${position(random)}\t2\t48,20,\t171,1042,\t34674832,34674976,`)}`,
  gfa: random => `H\tVN:Z:1.0\n${rows(3, index => `S\t${index}\t${genome(random, 30)}`)}\nL\t0\t+\t1\t-\t4M`,
  ace: random =>
    `AS 1 3\n\nCO Contig1 60 3 7 U\n${genome(random, 60)}\n\nBQ\n${rows(30, () => digits(random, 2), ' ')}`,
  phd: random =>
    `BEGIN_SEQUENCE ${sample(random)}\nBEGIN_DNA\n${rows(20, index => `${genome(random, 1).toLowerCase()} ${10 + random.below(50)} ${index * 12}`)}\nEND_DNA\nEND_SEQUENCE`,
  nexus: random =>
    `#NEXUS\nBEGIN DATA;\nFORMAT DATATYPE=DNA;\nMATRIX\n${rows(3, index => `t${index} ${genome(random, 30)}`)}\n;\nEND;`,
  'gcg-msf': random =>
    `!!NA_MULTIPLE_ALIGNMENT 1.0\n  MSF: 50 Type: N Check: 7038 ..\n\n${rows(3, index => `seq${index} ${wrap(genome(random, 50), 10, ' ')}`)}`,
  pileup: (random, half) =>
    rows(
      3,
      () =>
        `${half === 'a' ? 'chr' : ''}${chromosome(random)}\t${position(random)}\t${genome(random, 1)}\t12\t${rows(12, () => random.pick(['.', ',', '.', ',', 'A', 't']), '')}\t${qualities(random, 12, true)}`,
    ),
  'interval-list': random =>
    rows(3, index => `chr${chromosome(random)}\t${position(random)}\t${position(random)}\t+\ttarget_${index}`),
  bedpe: random =>
    rows(
      2,
      index =>
        `chr${chromosome(random)}\t${position(random)}\t${position(random)}\tchr${chromosome(random)}\t${position(random)}\t${position(random)}\tfusion${index}\t60\t+\t-`,
    ),
  'slow5-row': random =>
    `0b1e2c3d-4e5f-4f3a-8d4a-b2f5ff474366\t0\t8192\t23\t1467.61\t4000\t40\t${rows(40, () => String(400 + random.below(300)), ',')}`,
  'genotyping-report': random =>
    `[Header]\nGSGT Version\t2.0.4\n[Data]\nSNP Name\tSample ID\tAllele1 - Forward\tAllele2 - Forward\n${rows(3, () => `rs${digits(random, 7)}\t${sample(random)}\t${genome(random, 1)}\t${genome(random, 1)}`)}`,
  'hla-type': (random, half) =>
    half === 'a'
      ? `HLA-A*0${1 + random.below(9)}:0${1 + random.below(9)} HLA-B*${10 + random.below(40)}:01`
      : `A*0${1 + random.below(9)}:01:01, DRB1*15:0${1 + random.below(9)}`,
  'star-alleles': (random, half) =>
    half === 'a' ? `CYP2D6 *1/*${2 + random.below(9)}` : `CYP2C19*${2 + random.below(9)}/*17`,
  'k-mer-dump': (random, half) =>
    rows(5, () =>
      half === 'a' ? `>${random.below(900)}\n${genome(random, 21)}` : `${genome(random, 21)} ${random.below(900)}`,
    ),
  'swiss-prot': random => {
    const residues = protein(random, 60)
    return `ID   X_HUMAN                 Reviewed;          60 AA.\nSQ   SEQUENCE   60 AA;  6800 MW;  0123456789ABCDEF CRC64;\n     ${wrap(residues, 10, ' ').trim()}\n//`
  },
  'four-letters-other': random =>
    Array.from(genome(random, 64))
      .map(base => 'WXYZ'['ACGT'.indexOf(base)])
      .join(''),
  'four-digits': random =>
    Array.from(genome(random, 64))
      .map(base => 'ACGT'.indexOf(base))
      .join(''),
  'four-emoji': random =>
    Array.from(genome(random, 64))
      .map(base => ['🍎', '🍋', '🍇', '🍉']['ACGT'.indexOf(base)])
      .join(''),
  'run-length': random => wrap(genome(random, 40), 1, '').replace(/(.)\1*/g, run => `${run[0]}${run.length}`),
} as const satisfies Readonly<Record<string, TextFamily>>

/** Sequence that is spread over the values or the names of a JSON document. */
export type ValueFamily = (random: Random, half: 'a' | 'b') => JsonValue

const object = (entries: readonly (readonly [string, JsonValue])[]): JsonValue => Object.fromEntries(entries)

export const valueFamilies = {
  'array-of-letters': random => ({ calls: Array.from(genome(random, 40)) }),
  'array-of-k-mers': random => ({ windows: Array.from({ length: 10 }, () => genome(random, 6)) }),
  'one-field-per-base': random => object(Array.from(genome(random, 36)).map((base, index) => [`c${index + 1}`, base])),
  'k-mer-counts': random => object(Array.from({ length: 16 }, () => [genome(random, 6), random.below(900)] as const)),
  umis: random => ({
    umi: object(Array.from({ length: 6 }, () => [genome(random, 12), 1 + random.below(9)] as const)),
  }),
  'halves-in-two-fields': random => ({ left: genome(random, 14), right: genome(random, 14) }),
  'base-codes': random => ({ codes: Array.from(genome(random, 80)).map(base => 'ACGT'.indexOf(base)) }),
  'one-hot': random => ({
    matrix: Array.from(genome(random, 48)).map(base => ['A', 'C', 'G', 'T'].map(one => (one === base ? 1 : 0))),
  }),
  'one-hot-records': random => ({
    cycles: Array.from(genome(random, 48)).map(base =>
      Object.fromEntries(['A', 'C', 'G', 'T'].map(one => [one, one === base ? 1 : 0])),
    ),
  }),
  'ascii-codes': random => ({ bytes: Array.from(genome(random, 60)).map(base => base.charCodeAt(0)) }),
  'amplicon-composition': random => ({
    composition: Array.from(genome(random, 40)).map(base =>
      Object.fromEntries(
        ['A', 'C', 'G', 'T'].map(one => [one, one === base ? 970 + random.below(20) : random.below(9)]),
      ),
    ),
  }),
  'genotype-map': random =>
    object(Array.from({ length: 6 }, () => [`rs${digits(random, 7)}`, genome(random, 2)] as const)),
  'variant-objects': (random, half) => ({
    variants: Array.from({ length: 3 }, () => {
      const [ref, alt] = substitution(random)
      return half === 'a'
        ? { chrom: `chr${chromosome(random)}`, pos: Number(position(random)), ref, alt }
        : {
            chromosome: chromosome(random),
            position: Number(position(random)),
            reference: ref,
            alternate: alt,
            zygosity: 'het',
          }
    }),
  }),
  vrs: random => ({
    type: 'Allele',
    location: {
      type: 'SequenceLocation',
      sequenceReference: { refgetAccession: `SQ.${letters(random, 32)}` },
      start: 44908821,
      end: 44908822,
    },
    state: { type: 'LiteralSequenceExpression', sequence: genome(random, 1) },
  }),
  'fhir-observation': random => ({
    resourceType: 'Observation',
    code: { coding: [{ system: 'http://loinc.org', code: '69548-6' }] },
    component: [
      { code: { coding: [{ code: '48018-6' }] }, valueCodeableConcept: { text: 'BRCA1' } },
      { code: { coding: [{ code: '81254-5' }] }, valueRange: { low: { value: Number(position(random)) } } },
    ],
  }),
  htsget: random => ({
    htsget: { format: 'BAM', urls: [{ url: `https://reads.example/${sample(random)}`, class: 'body' }] },
  }),
  'str-map': random =>
    object(strLoci.slice(0, 13).map(locus => [locus, [8 + random.below(20), 8 + random.below(20)]] as const)),
  'sam-json': random => ({
    qname: illuminaName(random),
    flag: 99,
    rname: 'chr1',
    pos: 1000,
    cigar: cigarOf(random),
    seq: genome(random, 50),
    qual: qualities(random, 50),
  }),
  'zarr-vcf': () => ({ zarr_format: 2, call_genotype: { shape: [2, 2] }, vcf_header: '##' }),
  'index-list': random => ({ indexes: Array.from({ length: 9 }, () => genome(random, 8)) }),
  'short-under-key': (random, half) =>
    half === 'a' ? { index1: genome(random, 8), index2: genome(random, 8) } : { i7Sequence: genome(random, 10) },
  'adapter-under-key': random => ({ adapterRead1: genome(random, 13) }),
} as const satisfies Readonly<Record<string, ValueFamily>>
