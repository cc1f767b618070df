import { CleanTexts } from './clean-texts.ts'
import type { BytesDetector, Detector, TextDetector } from './detector.ts'
import { detectors } from './registry.ts'

/** The detectors that are asked about a text, a number, octets, and what they are known to find nothing in. */
export type Panel = {
  readonly text: readonly TextDetector[]
  readonly number: readonly TextDetector[]
  readonly bytes: readonly BytesDetector[]
  /** Of these detectors alone: another panel may look for more. Null: nothing is remembered. */
  readonly clean: CleanTexts | null
}

/** Texts and names that a panel remembers as clean: a few megabytes at the most. */
const REMEMBERED = 32_768

/** A panel with a memory of its own. Made once for a policy, not for a request. */
export const panelOf = (asked: readonly Detector[], clean: CleanTexts | null = new CleanTexts(REMEMBERED)): Panel => {
  const text = asked.filter(detector => detector.kind === 'text')
  return {
    text,
    number: text.filter(({ numbers }) => numbers !== false),
    bytes: asked.filter(detector => detector.kind === 'bytes'),
    clean,
  }
}

/** What a policy asks. */
export type Panels = {
  readonly whole: Panel
  /** A credential is meant to be one; it is only looked through for what no credential has to hold, and not remembered. */
  readonly credentials: Panel
}

export const panelsOf = (asked: readonly Detector[]): Panels => ({
  whole: panelOf(asked),
  credentials: panelOf(
    asked.filter(({ category }) => category === 'sequence'),
    null,
  ),
})

const all: readonly Detector[] = detectors

/** The detectors that are asked where no policy says otherwise. */
export const defaultDetectors: readonly Detector[] = all.filter(({ onByDefault }) => onByDefault !== false)

export const defaultPanels: Panels = panelsOf(defaultDetectors)
