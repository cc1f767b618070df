/**
 * How InterOp metric files are laid out: little-endian, a header (version, octets of a record, then what the version adds),
 * then records of that size to the end of the file. Facts from the format pages of Illumina's open InterOp library.
 * @see https://illumina.github.io/interop/binary_formats.html
 */

/**
 * How a value is spelled. `ticks` is the 64-bit form of a .NET DateTime: two bits of kind and 62 of 100 ns since the year 1.
 * @see https://learn.microsoft.com/dotnet/api/system.datetime.tobinary
 */
export type Spelling = 'u8' | 'u16' | 'u32' | 'f32' | 'ticks'

/** Sizes that the header of a file gives. */
export type Dimensions = { readonly channelCount: number; readonly binCount: number }

export type Field = {
  readonly name: string
  readonly spelling: Spelling
  /** How many values stand there: an array of that length. */
  readonly count?: number | keyof Dimensions
  /** One value for each name: an object. */
  readonly members?: readonly string[]
}

/** One of several meanings that a record can have. */
export type Variant = {
  /** What stands in the selector. */
  readonly code: number
  /** The read that the code speaks of. */
  readonly read?: number
  readonly fields: readonly Field[]
}

/** What a version adds to the header. Bins stand either as three columns (lower, upper, value) or as rows of three. */
export type HeaderPart = 'density' | 'channelCount' | 'bins-in-columns' | 'bins-in-rows'

export type Layout = {
  readonly header: HeaderPart | null
  /** Where the record belongs: lane, tile and, in most files, cycle. */
  readonly place: readonly Field[]
  readonly record:
    | { readonly fields: readonly Field[] }
    | { readonly selector: 'u8' | 'u16'; readonly variants: readonly [Variant, ...Variant[]] }
}

/** Quality scores that a histogram without bins counts. */
export const QUALITY_SCORES = 50

const octets = { u8: 1, u16: 2, u32: 4, f32: 4, ticks: 8 } as const satisfies Record<Spelling, number>

/** Octets that fields take. */
export const sizeOf = (fields: readonly Field[], dimensions: Dimensions): number =>
  fields.reduce((sum, field) => sum + octets[field.spelling] * lengthOf(field, dimensions), 0)

/** How many values a field holds. */
export const lengthOf = ({ count = 1, members }: Field, dimensions: Dimensions): number =>
  members ? members.length : typeof count === 'number' ? count : dimensions[count]

const u16 = (name: string): Field => ({ name, spelling: 'u16' })
const u32 = (name: string): Field => ({ name, spelling: 'u32' })
const f32 = (name: string): Field => ({ name, spelling: 'f32' })
const list = (field: Field, count: number | keyof Dimensions): Field => ({ ...field, count })
const named = (field: Field, members: readonly string[]): Field => ({ ...field, members })

/** Tile numbers outgrew 16 bits with flow cells of more tiles. */
const narrowTile = [u16('lane'), u16('tile')]
const narrowCycle = [...narrowTile, u16('cycle')]
const wideTile = [u16('lane'), u32('tile')]
const wideCycle = [...wideTile, u16('cycle')]

const READS = Array.from({ length: 50 }, (_, index) => index + 1)

/** Codes 100 to 103 speak of the tile, from 200 and 300 on of a read. */
const tileVariants: readonly [Variant, ...Variant[]] = [
  { code: 100, fields: [f32('clusterDensity')] },
  { code: 101, fields: [f32('clusterDensityPf')] },
  { code: 102, fields: [f32('clusterCount')] },
  { code: 103, fields: [f32('clusterCountPf')] },
  ...READS.map(read => ({ code: 198 + 2 * read, read, fields: [f32('phasing')] })),
  ...READS.map(read => ({ code: 199 + 2 * read, read, fields: [f32('prephasing')] })),
  ...READS.map(read => ({ code: 299 + read, read, fields: [f32('percentAligned')] })),
  { code: 400, fields: [f32('controlLane')] },
]

const bases = ['A', 'C', 'G', 'T']
const calledCounts = named(u32('calledCounts'), ['NC', ...bases])
const correctedIntCalled = list(u16('correctedIntCalled'), 4)
const phasingWeights = [f32('phasingWeight'), f32('prephasingWeight')]
const contrasts = [list(u16('minContrast'), 'channelCount'), list(u16('maxContrast'), 'channelCount')]

/** By metric and version. What is not here is not read. */
export const layouts = {
  TileMetrics: {
    2: { header: null, place: narrowTile, record: { selector: 'u16', variants: tileVariants } },
    3: {
      header: 'density',
      place: wideTile,
      record: {
        selector: 'u8',
        variants: [
          { code: 0x74, fields: [f32('clusterCount'), f32('clusterCountPf')] },
          { code: 0x72, fields: [u32('read'), f32('percentAligned')] },
        ],
      },
    },
  },
  ExtendedTileMetrics: {
    1: {
      header: null,
      place: narrowTile,
      record: { selector: 'u16', variants: [{ code: 0, fields: [f32('occupied')] }] },
    },
    2: { header: null, place: wideTile, record: { fields: [f32('occupied')] } },
    3: {
      header: null,
      place: wideTile,
      record: { fields: [f32('occupied'), named(f32('upperLeft'), ['x', 'y'])] },
    },
  },
  ErrorMetrics: {
    3: { header: null, place: narrowCycle, record: { fields: [f32('errorRate'), list(u32('mismatchCounts'), 5)] } },
    4: { header: null, place: wideCycle, record: { fields: [f32('errorRate')] } },
    5: { header: null, place: wideCycle, record: { fields: [f32('errorRate'), f32('phixAdapterRate')] } },
  },
  QMetrics: {
    4: { header: null, place: narrowCycle, record: { fields: [list(u32('hist'), QUALITY_SCORES)] } },
    5: { header: 'bins-in-columns', place: narrowCycle, record: { fields: [list(u32('hist'), QUALITY_SCORES)] } },
    6: { header: 'bins-in-columns', place: narrowCycle, record: { fields: [list(u32('hist'), 'binCount')] } },
    7: { header: 'bins-in-rows', place: wideCycle, record: { fields: [list(u32('hist'), 'binCount')] } },
  },
  ExtractionMetrics: {
    2: {
      header: null,
      place: narrowCycle,
      record: {
        fields: [list(f32('focusScore'), 4), list(u16('maxIntensity'), 4), { name: 'dateTime', spelling: 'ticks' }],
      },
    },
    3: {
      header: 'channelCount',
      place: wideCycle,
      record: { fields: [list(f32('focusScore'), 'channelCount'), list(u16('maxIntensity'), 'channelCount')] },
    },
  },
  CorrectedIntMetrics: {
    2: {
      header: null,
      place: narrowCycle,
      record: {
        fields: [
          u16('averageIntensity'),
          list(u16('correctedIntAll'), 4),
          correctedIntCalled,
          calledCounts,
          f32('signalToNoise'),
        ],
      },
    },
    3: { header: null, place: narrowCycle, record: { fields: [correctedIntCalled, calledCounts] } },
    4: { header: null, place: wideCycle, record: { fields: [calledCounts] } },
  },
  EmpiricalPhasingMetrics: {
    1: { header: null, place: narrowCycle, record: { fields: phasingWeights } },
    2: { header: null, place: wideCycle, record: { fields: phasingWeights } },
  },
  ImageMetrics: {
    1: {
      header: null,
      place: narrowCycle,
      record: { fields: [u16('channel'), u16('minContrast'), u16('maxContrast')] },
    },
    2: { header: 'channelCount', place: narrowCycle, record: { fields: contrasts } },
    3: { header: 'channelCount', place: wideCycle, record: { fields: contrasts } },
  },
} as const satisfies Record<string, Record<number, Layout>>

/** A set of metrics, by the name of its file without `Out.bin`. */
export type InteropMetric = keyof typeof layouts

export const interopMetrics = Object.keys(layouts) as readonly InteropMetric[]

export const layoutOf = (metric: InteropMetric, version: number): Layout | null => {
  const versions: Readonly<Record<number, Layout>> = layouts[metric]
  return Object.hasOwn(versions, version) ? versions[version]! : null
}

/** Versions of a metric that are read, in ascending order. */
export const versionsOf = (metric: InteropMetric): readonly number[] => Object.keys(layouts[metric]).map(Number)

/** What a record of this layout can be, whether or not a selector says so. */
export const variantsOf = ({
  record,
}: Layout): readonly (Omit<Variant, 'code'> & { readonly code: number | null })[] =>
  'fields' in record ? [{ code: null, fields: record.fields }] : record.variants
