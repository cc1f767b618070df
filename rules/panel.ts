import { ContainerSieve } from './container.ts'
import type { BytesDetector, Detector, TextDetector, ValueDetector } from './detector.ts'
import { fragments } from './drip/fragments.ts'
import { Paths } from './paths.ts'
import { detectors } from './registry.ts'
import { type Needy, Sieve } from './sieve.ts'
import { textCodings } from './unwrap.ts'

/** Paths and texts that a panel remembers: a few megabytes at the most. */
const REMEMBERED = 131_072

/** Letters that only look like Latin ones have to be read again in plain ones. */
const disguise: Needy = { needs: [{ beyond: 1 }] }

/** Detectors that are asked together, and what is known of their answers. Made once for a policy, not for a request. */
export class Panel {
  readonly text: readonly TextDetector[]
  readonly bytes: readonly BytesDetector[]
  readonly value: readonly ValueDetector[]
  /** Sifts the text detectors, then the codings, then whether a text may be in disguise, or spell nucleotides in fragments. */
  readonly sieve: Sieve
  /** Sifts the detectors of arrays and objects. */
  readonly containers: ContainerSieve
  /** Of these detectors alone: another panel may look for more. */
  readonly paths: Paths
  /** Whether texts are remembered as clean. */
  readonly remembers: boolean

  constructor(asked: readonly Detector[], remembers = true) {
    this.text = asked.filter(detector => detector.kind === 'text')
    this.bytes = asked.filter(detector => detector.kind === 'bytes')
    this.value = asked.filter(detector => detector.kind === 'value')
    this.containers = new ContainerSieve(this.value)
    this.sieve = new Sieve([...this.text, ...textCodings, disguise, fragments])
    this.paths = new Paths(this.sieve, this.containers, REMEMBERED)
    this.remembers = remembers
  }
}

/** What a policy asks. */
export type Panels = {
  readonly whole: Panel
  /** A credential is meant to be one; it is only looked through for what no credential has to hold, and not remembered. */
  readonly credentials: Panel
}

export const panelsOf = (asked: readonly Detector[]): Panels => ({
  whole: new Panel(asked),
  credentials: new Panel(
    asked.filter(({ category }) => category === 'sequence'),
    false,
  ),
})

const all: readonly Detector[] = detectors

/** The detectors that are asked where no policy says otherwise. */
export const defaultDetectors: readonly Detector[] = all.filter(({ onByDefault }) => onByDefault !== false)

export const defaultPanels: Panels = panelsOf(defaultDetectors)
