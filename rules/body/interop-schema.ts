import correctedInt from '../packs/illumina-proactive/interop/corrected-int-metrics.schema.json' with { type: 'json' }
import empiricalPhasing from '../packs/illumina-proactive/interop/empirical-phasing-metrics.schema.json' with { type: 'json' }
import error from '../packs/illumina-proactive/interop/error-metrics.schema.json' with { type: 'json' }
import extendedTile from '../packs/illumina-proactive/interop/extended-tile-metrics.schema.json' with { type: 'json' }
import extraction from '../packs/illumina-proactive/interop/extraction-metrics.schema.json' with { type: 'json' }
import image from '../packs/illumina-proactive/interop/image-metrics.schema.json' with { type: 'json' }
import quality from '../packs/illumina-proactive/interop/q-metrics.schema.json' with { type: 'json' }
import tile from '../packs/illumina-proactive/interop/tile-metrics.schema.json' with { type: 'json' }
import { layoutOf, type InteropMetric } from './interop-layout.ts'

const schemas = {
  TileMetrics: tile,
  ExtendedTileMetrics: extendedTile,
  ErrorMetrics: error,
  QMetrics: quality,
  ExtractionMetrics: extraction,
  CorrectedIntMetrics: correctedInt,
  EmpiricalPhasingMetrics: empiricalPhasing,
  ImageMetrics: image,
} as const satisfies Record<InteropMetric, object>

/**
 * The closed JSON Schema (draft 2020-12) of the value that `decodeInterop` gives, with the ranges of real instruments.
 * @param version - the only one that is to pass; all that can be read when absent. With one, a refusal points at the
 *   member at fault, where with several it may point at the version
 * @returns null for a version that cannot be read
 */
export const interopSchema = (metric: InteropMetric, version?: number): object | null => {
  const schema = schemas[metric]
  if (version === undefined) return schema
  if (!layoutOf(metric, version)) return null
  const { anyOf: _all, $id, ...others } = schema
  return { ...others, $id: `${$id}:${version}`, $ref: `#/$defs/version${version}` }
}
