import { accession } from './detectors/accession.ts'
import { accountNumber } from './detectors/account-number.ts'
import { ageOver89 } from './detectors/age-over-89.ts'
import { alignment } from './detectors/alignment.ts'
import { alleleName } from './detectors/allele-name.ts'
import { apiKey } from './detectors/api-key.ts'
import { auMedicare } from './detectors/au-medicare.ts'
import { auTfn } from './detectors/au-tfn.ts'
import { bed } from './detectors/bed.ts'
import { biometric } from './detectors/biometric.ts'
import { caOhip } from './detectors/ca-ohip.ts'
import { caRamq } from './detectors/ca-ramq.ts'
import { caSin } from './detectors/ca-sin.ts'
import { cigar } from './detectors/cigar.ts'
import { crai } from './detectors/crai.ts'
import { dateOfBirth } from './detectors/date-of-birth.ts'
import { deKvnr } from './detectors/de-kvnr.ts'
import { deSteuerId } from './detectors/de-steuer-id.ts'
import { dkCpr } from './detectors/dk-cpr.ts'
import { email } from './detectors/email.ts'
import { esDniNie } from './detectors/es-dni-nie.ts'
import { fasta } from './detectors/fasta.ts'
import { fastq } from './detectors/fastq.ts'
import { fiHetu } from './detectors/fi-hetu.ts'
import { flatFile } from './detectors/flat-file.ts'
import { frNir } from './detectors/fr-nir.ts'
import { genomicMagic } from './detectors/genomic-magic.ts'
import { genomicsJson } from './detectors/genomics-json.ts'
import { genotypeRecord } from './detectors/genotype-record.ts'
import { rawGenotypes, rsidGenotype, rsidList } from './detectors/genotype.ts'
import { gff } from './detectors/gff.ts'
import { healthTerms } from './detectors/health-terms.ts'
import { iban } from './detectors/iban.ts'
import { indexPair } from './detectors/index-pair.ts'
import { insuranceNumber } from './detectors/insurance-number.ts'
import { ipAddress } from './detectors/ip-address.ts'
import { itCodiceFiscale } from './detectors/it-codice-fiscale.ts'
import { iupacRun } from './detectors/iupac-run.ts'
import { jwt } from './detectors/jwt.ts'
import { lowAlphabet } from './detectors/low-alphabet.ts'
import { licenceNumber } from './detectors/licence-number.ts'
import { macAddress } from './detectors/mac-address.ts'
import { mrn } from './detectors/mrn.ts'
import { noFodselsnummer } from './detectors/no-fodselsnummer.ts'
import { nucleotideGroups } from './detectors/nucleotide-groups.ts'
import { nucleotideRun } from './detectors/nucleotide-run.ts'
import { passportNumber } from './detectors/passport-number.ts'
import { patientDevice } from './detectors/patient-device.ts'
import { paymentCard } from './detectors/payment-card.ts'
import { personDate } from './detectors/person-date.ts'
import { personName } from './detectors/person-name.ts'
import { personalUrl } from './detectors/personal-url.ts'
import { phone } from './detectors/phone.ts'
import { photo } from './detectors/photo.ts'
import { phredQuality } from './detectors/phred-quality.ts'
import { pileup } from './detectors/pileup.ts'
import { postalAddress } from './detectors/postal-address.ts'
import { privateKey } from './detectors/private-key.ts'
import { proteinRun } from './detectors/protein-run.ts'
import { rawSignal } from './detectors/raw-signal.ts'
import { readName } from './detectors/read-name.ts'
import { sam } from './detectors/sam.ts'
import { sampleSheet } from './detectors/sample-sheet.ts'
import { sePersonnummer } from './detectors/se-personnummer.ts'
import { shortSequence } from './detectors/short-sequence.ts'
import { spreadComposition } from './detectors/spread-composition.ts'
import { spreadLetters } from './detectors/spread-letters.ts'
import { strProfile } from './detectors/str-profile.ts'
import { strRecord } from './detectors/str-record.ts'
import { ukNhs } from './detectors/uk-nhs.ts'
import { ukNino } from './detectors/uk-nino.ts'
import { usSsn } from './detectors/us-ssn.ts'
import { userPath } from './detectors/user-path.ts'
import { variantRecord } from './detectors/variant-record.ts'
import { variant } from './detectors/variant.ts'
import { variantTable } from './detectors/variant-table.ts'
import { vcf } from './detectors/vcf.ts'
import { vehicle } from './detectors/vehicle.ts'
import type { Detector } from './detector.ts'

/** Every detector there is. To add one, write it in `detectors/` and name it here; a test runs its examples. */
export const detectors = [
  // sequence
  nucleotideRun,
  nucleotideGroups,
  spreadLetters,
  spreadComposition,
  iupacRun,
  shortSequence,
  proteinRun,
  lowAlphabet,
  phredQuality,
  fasta,
  fastq,
  sam,
  vcf,
  flatFile,
  alignment,
  gff,
  bed,
  pileup,
  rawSignal,
  readName,
  variant,
  variantRecord,
  variantTable,
  alleleName,
  rsidGenotype,
  rsidList,
  rawGenotypes,
  genotypeRecord,
  strProfile,
  strRecord,
  cigar,
  crai,
  sampleSheet,
  indexPair,
  accession,
  genomicsJson,
  genomicMagic,
  // identity and health
  personName,
  dateOfBirth,
  personDate,
  ageOver89,
  email,
  phone,
  postalAddress,
  userPath,
  ipAddress,
  macAddress,
  mrn,
  insuranceNumber,
  accountNumber,
  licenceNumber,
  passportNumber,
  vehicle,
  patientDevice,
  personalUrl,
  biometric,
  photo,
  healthTerms,
  usSsn,
  caSin,
  caOhip,
  caRamq,
  ukNhs,
  ukNino,
  frNir,
  deKvnr,
  deSteuerId,
  esDniNie,
  itCodiceFiscale,
  sePersonnummer,
  noFodselsnummer,
  dkCpr,
  fiHetu,
  auMedicare,
  auTfn,
  iban,
  paymentCard,
  // secret
  privateKey,
  jwt,
  apiKey,
] as const satisfies readonly Detector[]

export type DetectorId = (typeof detectors)[number]['id']
