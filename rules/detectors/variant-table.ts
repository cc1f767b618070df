import type { TextDetector } from '../detector.ts'
import { spansOf } from './parts/pattern-spans.ts'

const COLUMN =
  /(?<![A-Za-z0-9])(?:Hugo_Symbol|Tumou?r_Seq_Allele[12]|Tumou?r_Sample_Barcode|Match_Norm_Seq_Allele[12]|Reference_Allele|GSGT Version|Allele[12] - (?:Forward|Top|AB|Plus|Design)|(?:AAChange|Func|ExonicFunc|GeneDetail)\.(?:refGene|knownGene|ensGene)\w{0,20}|HGVSc|HGVSp(?:_Short)?)(?![A-Za-z])/g

/** How a word that begins with `HGVSc` or `HGVSp` looks. */
const HGVS = /^A{5}(?!A)/

/**
 * Tables of somatic mutations (MAF), of annotated variants (ANNOVAR, VEP) and of genotyping arrays, by a column that nothing else has. The names
 * are whole words with marks or case inside, none of which stands in 830 generated telemetry payloads.
 */
export const variantTable = {
  kind: 'text',
  id: 'variant-table',
  title: 'Table of mutations or array genotypes',
  category: 'sequence',
  mandatory: true,
  source:
    'https://docs.gdc.cancer.gov/Data/File_Formats/MAF_Format/; https://annovar.openbioinformatics.org/en/latest/user-guide/gene/; GenomeStudio Final Report',
  needs: [
    { has: '_', letterRun: 4, letters: 9 },
    { has: ' ', letterRun: 6, letters: 8 },
    { has: '.', letterRun: 4, letters: 11 },
    { upper: 4, looks: [HGVS] },
  ],
  find: ({ text }) => spansOf(text, COLUMN),
  examples: {
    match: [
      'Hugo_Symbol\tChromosome\tStart_Position',
      'Chromosome,Start_Position,Reference_Allele,Tumor_Seq_Allele2',
      'SNP Name\tSample ID\tAllele1 - Forward',
      'Func.refGene,AAChange.refGene',
      'Consequence|HGVSc|HGVSp',
      'HGVSp',
    ],
    noMatch: ['Start_Position 12', 'GSGT', 'reference allele', 'Func.refresh', 'Sample Name'],
  },
} as const satisfies TextDetector
