import type { Detector } from '../../../rules/detector.ts'
import { detectors } from '../../../rules/registry.ts'

/** The detectors of sequencing data. */
export const sequenceDetectors: readonly Detector[] = detectors.filter(({ category }) => category === 'sequence')
