import type { Detector } from '../../../rules/detector.ts'
import { accession } from '../../../rules/detectors/accession.ts'
import { alignment } from '../../../rules/detectors/alignment.ts'
import { bed } from '../../../rules/detectors/bed.ts'
import { cigar } from '../../../rules/detectors/cigar.ts'
import { fasta } from '../../../rules/detectors/fasta.ts'
import { fastq } from '../../../rules/detectors/fastq.ts'
import { flatFile } from '../../../rules/detectors/flat-file.ts'
import { genomicMagic } from '../../../rules/detectors/genomic-magic.ts'
import { genomicsJson } from '../../../rules/detectors/genomics-json.ts'
import { rawGenotypes, rsidGenotype, rsidList } from '../../../rules/detectors/genotype.ts'
import { gff } from '../../../rules/detectors/gff.ts'
import { iupacRun } from '../../../rules/detectors/iupac-run.ts'
import { nucleotideGroups } from '../../../rules/detectors/nucleotide-groups.ts'
import { nucleotideRun } from '../../../rules/detectors/nucleotide-run.ts'
import { phredQuality } from '../../../rules/detectors/phred-quality.ts'
import { proteinRun } from '../../../rules/detectors/protein-run.ts'
import { readName } from '../../../rules/detectors/read-name.ts'
import { sam } from '../../../rules/detectors/sam.ts'
import { sampleSheet } from '../../../rules/detectors/sample-sheet.ts'
import { shortSequence } from '../../../rules/detectors/short-sequence.ts'
import { strProfile } from '../../../rules/detectors/str-profile.ts'
import { variant } from '../../../rules/detectors/variant.ts'
import { vcf } from '../../../rules/detectors/vcf.ts'

/** The detectors of category `sequence`, for the tests in this folder. */
export const sequenceDetectors = [
  nucleotideRun,
  nucleotideGroups,
  iupacRun,
  shortSequence,
  proteinRun,
  phredQuality,
  fasta,
  fastq,
  sam,
  vcf,
  flatFile,
  gff,
  bed,
  alignment,
  readName,
  variant,
  rsidGenotype,
  rsidList,
  rawGenotypes,
  strProfile,
  cigar,
  accession,
  sampleSheet,
  genomicsJson,
  genomicMagic,
] as const satisfies readonly Detector[]
