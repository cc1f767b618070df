import type { JsonValue } from '../canonical.ts'
import type { Detector, DetectorSettings } from '../detector.ts'
import type { Path } from '../json-pointer.ts'
import { defaultDetectors, defaultPanels, panelsOf, type Panels } from '../panel.ts'
import { detectors } from '../registry.ts'
import type { RawDetector } from './raw-policy.ts'
import { documentSchema, schemaFaults } from './yaml-document.ts'

export type DetectorsReading = {
  /** Those that are asked, as they are set; those that are on by default where there are problems. */
  readonly asked: readonly Detector[]
  readonly panels: Panels
  /** At keys of the policy. */
  readonly problems: readonly (readonly [path: Path, message: string])[]
}

type RawDetectors = Readonly<Record<string, RawDetector>>

const all: readonly Detector[] = detectors

/** Which detectors are asked, and how they are set. */
export const readDetectors = (raw: RawDetectors | undefined): DetectorsReading => {
  const byDefault = { asked: defaultDetectors, panels: defaultPanels }
  if (raw === undefined) return { ...byDefault, problems: [] }
  const problems = Object.entries(raw).flatMap(([id, entry]) =>
    problemsOf(id, entry).map(([path, message]) => [['detectors', id, ...path], message] as const),
  )
  if (problems.length > 0) return { ...byDefault, problems }
  const asked = all.filter(detector => isAsked(detector, raw)).map(detector => configured(detector, raw[detector.id]))
  return { asked, panels: panelsOf(asked), problems }
}

const isAsked = ({ id, onByDefault }: Detector, raw: RawDetectors): boolean => raw[id]?.enabled ?? onByDefault !== false

/** Why a detector is mandatory, in words for whoever wants to do without it. */
export const mandatory = 'it goes by a structure that telemetry does not have, so what it finds is no false alarm'

const problemsOf = (id: string, entry: RawDetector): readonly (readonly [Path, string])[] => {
  const detector = all.find(one => one.id === id)
  if (!detector) return [[[], 'there is no such detector: docs/detectors.md lists those there are']]
  const faults = schemaFaults(settingsIn(entry), documentSchema(schemaOf(detector))())
  const isOff = detector.mandatory && entry.enabled === false
  return isOff ? [...faults, [['enabled'], `this detector cannot be switched off: ${mandatory}`]] : faults
}

const settingsOf = (detector: Detector): DetectorSettings | undefined =>
  detector.kind === 'text' ? detector.settings : undefined

const noSettings = { type: 'object', additionalProperties: false, properties: {} } as const

const schemaOf = (detector: Detector): DetectorSettings['schema'] => settingsOf(detector)?.schema ?? noSettings

/** What an entry says beside the keys that all detectors have. */
const settingsIn = ({ enabled: _enabled, reason: _reason, ...settings }: RawDetector): { [name: string]: JsonValue } =>
  settings as { [name: string]: JsonValue }

const configured = (detector: Detector, entry: RawDetector = {}): Detector => {
  const settings = settingsOf(detector)
  if (detector.kind !== 'text' || !settings) return detector
  const defaults = Object.entries(settings.schema.properties).map(([name, property]) => [name, property.default])
  const values = { ...(Object.fromEntries(defaults) as object), ...settingsIn(entry) }
  return { ...detector, find: settings.find(values as never) }
}
