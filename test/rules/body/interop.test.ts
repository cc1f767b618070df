import * as fc from 'fast-check'
import t from 'tap'
import type { JsonValue } from '../../../rules/canonical.ts'
import { interopMetrics, versionsOf, type InteropMetric } from '../../../rules/body/interop-layout.ts'
import {
  decodeInterop,
  interopMetric,
  type InteropFault,
  type InteropReading,
  type InteropValue,
} from '../../../rules/body/interop.ts'
import { encodeInterop, InteropError } from '../../../rules/body/encode-interop.ts'
import { interopSchema } from '../../../rules/body/interop-schema.ts'
import { openings, propertyNames } from '../../../rules/closed-schema.ts'
import { scan } from '../../../rules/scan.ts'
import { compileSchema } from '../../../rules/schema.ts'
import { defaultLimits } from '../../../rules/policy.ts'
import { joined, octetsOf, type Piece } from '../../kit/interop-file.ts'

const limits = { maxMembers: 100_000 }
const read = (bytes: Uint8Array, metric: string): InteropReading => decodeInterop(bytes, metric, limits)

const f32 = Math.fround
const id = (lane: number, tile: number, ...cycle: number[]): Piece[] => [
  [2, lane],
  [2, tile],
  ...cycle.map((one): Piece => [2, one]),
]
const wideId = (lane: number, tile: number, ...cycle: number[]): Piece[] => [
  [2, lane],
  [4, tile],
  ...cycle.map((one): Piece => [2, one]),
]
const u16s = (...values: number[]): Piece[] => values.map((value): Piece => [2, value])
const u32s = (...values: number[]): Piece[] => values.map((value): Piece => [4, value])
const f32s = (...values: number[]): Piece[] => values.map((value): Piece => ['f', value])
const u8s = (...values: number[]): Piece[] => values.map((value): Piece => [1, value])
const histogram = (length: number): number[] =>
  Array.from({ length }, (_, score) => (score % 7 === 0 ? score * 9_001 : 0))

type Sample = { metric: InteropMetric; version: number; pieces: Piece[]; header?: object; records: object[] }

/** Values of real runs, in files written by hand. */
const samples: readonly Sample[] = [
  {
    metric: 'TileMetrics',
    version: 2,
    pieces: [
      ...u8s(2, 10),
      ...id(7, 1114),
      [2, 100],
      ['f', 2355119.25],
      ...id(7, 1114),
      [2, 101],
      ['f', 1158081.5],
      ...id(7, 1114),
      [2, 102],
      ['f', 6470949],
      ...id(7, 1114),
      [2, 103],
      ['f', 3181956],
      ...id(7, 1114),
      [2, 200],
      ['f', 0.000797],
      ...id(7, 1114),
      [2, 201],
      ['f', -0.0014],
      ...id(7, 1114),
      [2, 206],
      ['f', 0.0011],
      ...id(7, 1114),
      [2, 303],
      ['f', NaN],
      ...id(6, 2114),
      [2, 400],
      ['f', 0],
    ],
    records: [
      { lane: 7, tile: 1114, clusterDensity: 2355119.25 },
      { lane: 7, tile: 1114, clusterDensityPf: 1158081.5 },
      { lane: 7, tile: 1114, clusterCount: 6470949 },
      { lane: 7, tile: 1114, clusterCountPf: 3181956 },
      { lane: 7, tile: 1114, read: 1, phasing: f32(0.000797) },
      { lane: 7, tile: 1114, read: 1, prephasing: f32(-0.0014) },
      { lane: 7, tile: 1114, read: 4, phasing: f32(0.0011) },
      { lane: 7, tile: 1114, read: 4, percentAligned: null },
      { lane: 6, tile: 2114, controlLane: 0 },
    ],
  },
  {
    metric: 'TileMetrics',
    version: 3,
    pieces: [
      ...u8s(3, 15),
      ['f', 1.38181],
      ...wideId(1, 2101),
      [1, 0x74],
      ['f', 4091900],
      ['f', 3490000],
      ...wideId(1, 2101),
      [1, 0x72],
      [4, 1],
      ['f', NaN],
    ],
    header: { density: f32(1.38181) },
    records: [
      { lane: 1, tile: 2101, clusterCount: 4091900, clusterCountPf: 3490000 },
      { lane: 1, tile: 2101, read: 1, percentAligned: null },
    ],
  },
  {
    metric: 'ExtendedTileMetrics',
    version: 1,
    pieces: [...u8s(1, 10), ...id(1, 1101), [2, 0], ['f', 3980000]],
    records: [{ lane: 1, tile: 1101, occupied: 3980000 }],
  },
  {
    metric: 'ExtendedTileMetrics',
    version: 2,
    pieces: [...u8s(2, 10), ...wideId(4, 23612), ['f', 3860000]],
    records: [{ lane: 4, tile: 23612, occupied: 3860000 }],
  },
  {
    metric: 'ExtendedTileMetrics',
    version: 3,
    pieces: [...u8s(3, 18), ...wideId(4, 2678), ...f32s(3990000, 349.5, 1126.25)],
    records: [{ lane: 4, tile: 2678, occupied: 3990000, upperLeft: { x: 349.5, y: 1126.25 } }],
  },
  {
    metric: 'ErrorMetrics',
    version: 3,
    pieces: [...u8s(3, 30), ...id(7, 1114, 1), ['f', 0.4501009], ...u32s(9_000, 40, 3, 0, 1)],
    records: [{ lane: 7, tile: 1114, cycle: 1, errorRate: f32(0.4501009), mismatchCounts: [9_000, 40, 3, 0, 1] }],
  },
  {
    metric: 'ErrorMetrics',
    version: 4,
    pieces: [...u8s(4, 12), ...wideId(1, 2101, 151), ['f', 2.13]],
    records: [{ lane: 1, tile: 2101, cycle: 151, errorRate: f32(2.13) }],
  },
  {
    metric: 'ErrorMetrics',
    version: 5,
    pieces: [...u8s(5, 16), ...wideId(1, 2101, 151), ...f32s(0.059, 0.25)],
    records: [{ lane: 1, tile: 2101, cycle: 151, errorRate: f32(0.059), phixAdapterRate: 0.25 }],
  },
  {
    metric: 'QMetrics',
    version: 4,
    pieces: [...u8s(4, 206), ...id(1, 1104, 1), ...u32s(...histogram(50))],
    records: [{ lane: 1, tile: 1104, cycle: 1, hist: histogram(50) }],
  },
  {
    metric: 'QMetrics',
    version: 5,
    pieces: [...u8s(5, 206, 1, 2, 1, 20, 19, 41, 14, 37), ...id(1, 1103, 1), ...u32s(...histogram(50))],
    header: {
      bins: [
        { lower: 1, upper: 19, value: 14 },
        { lower: 20, upper: 41, value: 37 },
      ],
    },
    records: [{ lane: 1, tile: 1103, cycle: 1, hist: histogram(50) }],
  },
  {
    metric: 'QMetrics',
    version: 6,
    pieces: [
      ...u8s(6, 34, 1, 7, 2, 10, 20, 25, 30, 35, 40, 9, 19, 24, 29, 34, 39, 40, 2, 14, 21, 27, 32, 36, 40),
      ...id(7, 1114, 1),
      ...u32s(0, 267962, 118703, 4284, 2796110, 0, 0),
    ],
    header: {
      bins: [
        [2, 9, 2],
        [10, 19, 14],
        [20, 24, 21],
        [25, 29, 27],
        [30, 34, 32],
        [35, 39, 36],
        [40, 40, 40],
      ].map(([lower, upper, value]) => ({ lower, upper, value })),
    },
    records: [{ lane: 7, tile: 1114, cycle: 1, hist: [0, 267962, 118703, 4284, 2796110, 0, 0] }],
  },
  {
    metric: 'QMetrics',
    version: 6,
    pieces: [...u8s(6, 206, 0), ...id(1, 1110, 1), ...u32s(...histogram(50))],
    records: [{ lane: 1, tile: 1110, cycle: 1, hist: histogram(50) }],
  },
  {
    metric: 'QMetrics',
    version: 7,
    pieces: [
      ...u8s(7, 20, 1, 3, 2, 15, 11, 16, 29, 25, 30, 40, 37),
      ...wideId(1, 2101, 1),
      ...u32s(120_000, 260_000, 3_000_000),
    ],
    header: {
      bins: [
        { lower: 2, upper: 15, value: 11 },
        { lower: 16, upper: 29, value: 25 },
        { lower: 30, upper: 40, value: 37 },
      ],
    },
    records: [{ lane: 1, tile: 2101, cycle: 1, hist: [120_000, 260_000, 3_000_000] }],
  },
  {
    metric: 'ExtractionMetrics',
    version: 2,
    pieces: [
      ...u8s(2, 38),
      ...id(1, 1101, 1),
      ...f32s(2.4, 2.8, 3.2, 8.5),
      ...u16s(121, 395, 1217, 0),
      [8, (1n << 62n) | 638285534123456789n],
    ],
    records: [
      {
        lane: 1,
        tile: 1101,
        cycle: 1,
        focusScore: [2.4, 2.8, 3.2, 8.5].map(f32),
        maxIntensity: [121, 395, 1217, 0],
        dateTime: { kind: 'utc', time: '2023-08-25T09:43:32.3456789' },
      },
    ],
  },
  {
    metric: 'ExtractionMetrics',
    version: 3,
    pieces: [...u8s(3, 20, 2), ...wideId(1, 2101, 151), ...f32s(1.61, 1.6), ...u16s(1103, 1059)],
    header: { channelCount: 2 },
    records: [{ lane: 1, tile: 2101, cycle: 151, focusScore: [1.61, 1.6].map(f32), maxIntensity: [1103, 1059] }],
  },
  {
    metric: 'CorrectedIntMetrics',
    version: 2,
    pieces: [
      ...u8s(2, 48),
      ...id(1, 1101, 25),
      ...u16s(105, 90, 91, 92, 93, 401, 402, 403, 404),
      ...u32s(300, 140_000, 120_000, 110_000, 130_000),
      ['f', 8.7],
    ],
    records: [
      {
        lane: 1,
        tile: 1101,
        cycle: 25,
        averageIntensity: 105,
        correctedIntAll: [90, 91, 92, 93],
        correctedIntCalled: [401, 402, 403, 404],
        calledCounts: { NC: 300, A: 140_000, C: 120_000, G: 110_000, T: 130_000 },
        signalToNoise: f32(8.7),
      },
    ],
  },
  {
    metric: 'CorrectedIntMetrics',
    version: 3,
    pieces: [
      ...u8s(3, 34),
      ...id(1, 1101, 25),
      ...u16s(401, 402, 403, 404),
      ...u32s(300, 140_000, 120_000, 110_000, 130_000),
    ],
    records: [
      {
        lane: 1,
        tile: 1101,
        cycle: 25,
        correctedIntCalled: [401, 402, 403, 404],
        calledCounts: { NC: 300, A: 140_000, C: 120_000, G: 110_000, T: 130_000 },
      },
    ],
  },
  {
    metric: 'CorrectedIntMetrics',
    version: 4,
    pieces: [...u8s(4, 28), ...wideId(1, 2101, 25), ...u32s(300, 140_000, 120_000, 110_000, 130_000)],
    records: [
      { lane: 1, tile: 2101, cycle: 25, calledCounts: { NC: 300, A: 140_000, C: 120_000, G: 110_000, T: 130_000 } },
    ],
  },
  {
    metric: 'EmpiricalPhasingMetrics',
    version: 1,
    pieces: [...u8s(1, 14), ...id(1, 1101, 25), ...f32s(1.5, 0.75)],
    records: [{ lane: 1, tile: 1101, cycle: 25, phasingWeight: 1.5, prephasingWeight: 0.75 }],
  },
  {
    metric: 'EmpiricalPhasingMetrics',
    version: 2,
    pieces: [...u8s(2, 16), ...wideId(1, 2101, 25), ...f32s(5.25, 3.25)],
    records: [{ lane: 1, tile: 2101, cycle: 25, phasingWeight: 5.25, prephasingWeight: 3.25 }],
  },
  {
    metric: 'ImageMetrics',
    version: 1,
    pieces: [...u8s(1, 12), ...id(1, 1101, 25), ...u16s(3, 197, 403)],
    records: [{ lane: 1, tile: 1101, cycle: 25, channel: 3, minContrast: 197, maxContrast: 403 }],
  },
  {
    metric: 'ImageMetrics',
    version: 2,
    pieces: [...u8s(2, 14, 2), ...id(1, 1101, 25), ...u16s(239, 251, 468, 466)],
    header: { channelCount: 2 },
    records: [{ lane: 1, tile: 1101, cycle: 25, minContrast: [239, 251], maxContrast: [468, 466] }],
  },
  {
    metric: 'ImageMetrics',
    version: 3,
    pieces: [...u8s(3, 16, 2), ...wideId(1, 2101, 25), ...u16s(239, 251, 468, 466)],
    header: { channelCount: 2 },
    records: [{ lane: 1, tile: 2101, cycle: 25, minContrast: [239, 251], maxContrast: [468, 466] }],
  },
]

/** Room in front of the octets: a body may be a part of a larger buffer. */
const inTheMiddle = (bytes: Uint8Array): Uint8Array => joined(new Uint8Array(5).fill(9), bytes).subarray(5)

t.test('interop: every published version is read, and written again octet for octet', async t => {
  for (const { metric, version, pieces, header, records } of samples) {
    const bytes = octetsOf(...pieces)
    const reading = read(inTheMiddle(bytes), metric)
    t.strictSame(reading, { ok: true, value: { kind: metric, version, ...header, records } }, `${metric} ${version}`)
    if (reading.ok) t.strictSame(encodeInterop(reading.value), bytes)
  }
  const covered = new Set(samples.map(({ metric, version }) => `${metric} ${version}`))
  t.equal(covered.size, interopMetrics.flatMap(versionsOf).length, 'no version is left out here')
})

t.test('interop: a file without records is one', async t => {
  const reading = read(octetsOf(...u8s(4, 12)), 'ErrorMetrics')
  t.strictSame(reading, { ok: true, value: { kind: 'ErrorMetrics', version: 4, records: [] } })
  if (reading.ok) t.strictSame(encodeInterop(reading.value), octetsOf(...u8s(4, 12)))
})

const errorRecord = wideId(1, 2101, 3)
const nan = (bits: number): Uint8Array => octetsOf(...u8s(4, 12), ...errorRecord, ['f', 0.5], ...errorRecord, [4, bits])

const hostile: readonly [
  what: string,
  metric: string,
  bytes: Uint8Array,
  fault: InteropFault,
  record: number | null,
][] = [
  ['index metrics by name', 'IndexMetrics', octetsOf(...u8s(1, 1)), 'index-metrics', null],
  ['index metrics by file name', 'IndexMetricsOut.bin', octetsOf(...u8s(2)), 'index-metrics', null],
  ['a metric that has no layout here', 'EventMetrics', octetsOf(...u8s(2, 10)), 'unknown-metric', null],
  ['a name of Object.prototype', 'constructor', octetsOf(...u8s(2, 10)), 'unknown-metric', null],
  ['an unknown version', 'TileMetrics', octetsOf(...u8s(1, 10)), 'unknown-version', null],
  [
    'adapter sequences in the header',
    'ErrorMetrics',
    octetsOf(...u8s(6, 16, 1, 0, 4, 0, 65, 67, 71, 84)),
    'adapter-sequences',
    null,
  ],
  ['no octet at all', 'TileMetrics', new Uint8Array(), 'partial-file', null],
  ['the version alone', 'TileMetrics', octetsOf(...u8s(2)), 'partial-file', null],
  ['a header cut short', 'TileMetrics', octetsOf(...u8s(3, 15, 0, 0)), 'partial-file', null],
  ['bins cut short', 'QMetrics', octetsOf(...u8s(6, 34, 1, 7, 2)), 'partial-file', null],
  ['a record size of another version', 'ErrorMetrics', octetsOf(...u8s(4, 16)), 'record-size', null],
  ['a record size beside the channels', 'ImageMetrics', octetsOf(...u8s(3, 16, 4)), 'record-size', null],
  [
    'octets behind the last record',
    'ErrorMetrics',
    octetsOf(...u8s(4, 12), ...errorRecord, ['f', 1], [1, 0]),
    'partial-file',
    null,
  ],
  ['a record cut short', 'ErrorMetrics', octetsOf(...u8s(4, 12), ...errorRecord), 'partial-file', null],
  ['a flag that is neither 0 nor 1', 'QMetrics', octetsOf(...u8s(6, 10, 2, 1, 1, 41, 37)), 'bad-header', null],
  ['no bin', 'QMetrics', octetsOf(...u8s(6, 206, 1, 0)), 'bad-header', null],
  ['51 bins', 'QMetrics', octetsOf(...u8s(6, 210, 1, 51, ...Array<number>(153).fill(1))), 'bad-header', null],
  [
    'columns where rows belong',
    'QMetrics',
    octetsOf(...u8s(7, 20, 1, 3, 2, 16, 30, 15, 29, 40, 11, 25, 37)),
    'bad-header',
    null,
  ],
  ['an unknown code', 'TileMetrics', octetsOf(...u8s(2, 10), ...id(1, 1101), [2, 104], ['f', 1]), 'unknown-record', 0],
  [
    'an unknown letter',
    'TileMetrics',
    octetsOf(...u8s(3, 15), ['f', 1], ...wideId(1, 1101), [1, 0x73], ...u32s(1, 1)),
    'unknown-record',
    0,
  ],
  ['infinity', 'ErrorMetrics', nan(0x7f800000), 'not-finite', 1],
  ['minus infinity', 'ErrorMetrics', nan(0xff800000), 'not-finite', 1],
  ['no number, with a payload', 'ErrorMetrics', nan(0x7fc00001), 'not-finite', 1],
  ['no number, signalling', 'ErrorMetrics', nan(0x7fa00000), 'not-finite', 1],
  ['no number, with a sign', 'ErrorMetrics', nan(0xffc00000), 'not-finite', 1],
  ['minus zero', 'ErrorMetrics', nan(0x80000000), 'negative-zero', 1],
  [
    'a time of no kind',
    'ExtractionMetrics',
    octetsOf(...u8s(2, 38), ...id(1, 1101, 1), ...u32s(0, 0, 0, 0, 0, 0), [8, 3n << 62n]),
    'bad-time',
    0,
  ],
  [
    'a time behind the year 9999',
    'ExtractionMetrics',
    octetsOf(...u8s(2, 38), ...id(1, 1101, 1), ...u32s(0, 0, 0, 0, 0, 0), [8, 3155378976000000000n]),
    'bad-time',
    0,
  ],
]

t.test('P1: interop: what the layout does not have is refused, each for its reason', async t => {
  for (const [what, metric, bytes, fault, record] of hostile)
    t.strictSame(read(bytes, metric), { ok: false, fault, record }, what)
  const three = octetsOf(...u8s(4, 12), ...[1, 2, 3].flatMap((cycle): Piece[] => [...wideId(1, 2101, cycle), ['f', 1]]))
  t.ok(decodeInterop(three, 'ErrorMetrics', { maxMembers: 15 }).ok)
  t.match(decodeInterop(three, 'ErrorMetrics', { maxMembers: 14 }), { ok: false, fault: 'too-many-records' })
})

t.test('P1: interop: an index metrics file passes as no other metric', async t => {
  const text = (value: string): Piece[] => [[2, value.length], ...u8s(...Buffer.from(value))]
  for (const version of [1, 2])
    for (const lane of [1, 2, 3, 4, 5, 6, 7, 8]) {
      const place: Piece[] = version === 1 ? [...id(lane, 1101), [2, 1]] : [...wideId(lane, 1101), [2, 1]]
      const counts: Piece[] = version === 1 ? [[4, 900]] : [[8, 900n]]
      const file = octetsOf(
        [1, version],
        ...place,
        ...text('ATTACTCG-TATAGCCT'),
        ...counts,
        ...text('S-0001'),
        ...text('Cohort'),
      )
      for (const metric of interopMetrics) t.notOk(read(file, metric).ok, `${metric}, version ${version}, lane ${lane}`)
    }
})

t.test('P7: interop: a refusal holds nothing of the file', async t => {
  const file = octetsOf(...u8s(6, 16, 1, 0, 8, 0), ...u8s(...Buffer.from('GATTACAG')))
  t.strictSame(Object.keys(read(file, 'ErrorMetrics')).sort(), ['fault', 'ok', 'record'])
})

t.test('interop: only known metrics have a name', async t => {
  t.equal(interopMetric('TileMetrics'), 'TileMetrics')
  t.equal(interopMetric('tilemetrics'), 'unknown-metric')
  t.equal(interopMetric('IndexMetrics'), 'index-metrics')
})

const valueOf = (metric: string, version: number): InteropValue => {
  const { pieces } = samples.find(sample => sample.metric === metric && sample.version === version)!
  const reading = read(octetsOf(...pieces), metric)
  if (!reading.ok) throw new Error(reading.fault)
  return reading.value
}

const changed = (value: JsonValue, pointer: string, to: JsonValue | undefined): JsonValue => {
  const copy = structuredClone(value)
  const path = pointer.split('/').slice(1)
  const last = path.pop()!
  const parent = path.reduce((here, step) => (here as Record<string, JsonValue>)[step]!, copy) as Record<
    string,
    JsonValue
  >
  if (to === undefined) delete parent[last]
  else parent[last] = to
  return copy
}

t.test('P2: interop: what is not exactly a file is not written', async t => {
  const tile = valueOf('TileMetrics', 2)
  const error = valueOf('ErrorMetrics', 3)
  const quality = valueOf('QMetrics', 6)
  const times = valueOf('ExtractionMetrics', 2)
  const wrong: [JsonValue, string, JsonValue | undefined][] = [
    [tile, '/kind', 'IndexMetrics'],
    [tile, '/version', 4],
    [tile, '/records', {}],
    [tile, '/more', 1],
    [valueOf('TileMetrics', 3), '/more', 1],
    [valueOf('ImageMetrics', 3), '/more', 1],
    [quality, '/more', 1],
    [tile, '/records/0/more', 1],
    [tile, '/records/0/lane', undefined],
    [tile, '/records/0/clusterCount', 4],
    [tile, '/records/0/clusterDensity', 0.1],
    [tile, '/records/0/clusterDensity', -0],
    [tile, '/records/0/clusterDensity', '1'],
    [tile, '/records/4/read', 51],
    [tile, '/records/4/read', undefined],
    [tile, '/records/0/lane', 65_536],
    [tile, '/records/0/lane', 1.5],
    [tile, '/records/0/lane', -1],
    [error, '/records/0/mismatchCounts', [1, 2, 3, 4]],
    [error, '/records/0', null],
    [quality, '/bins', undefined],
    [quality, '/bins/0/value', 41],
    [quality, '/bins/0/more', 41],
    [quality, '/records/0/hist', [1]],
    [times, '/records/0/dateTime', '2023-08-25T06:10:12.3456789'],
    [times, '/records/0/dateTime/kind', 'other'],
    [times, '/records/0/dateTime/time', '2023-02-30T06:10:12.3456789'],
    [times, '/records/0/dateTime/time', '2023-08-25T06:10:12.345678'],
    [times, '/records/0/dateTime/more', 1],
  ]
  for (const [value, pointer, to] of wrong)
    t.throws(() => encodeInterop(changed(value, pointer, to)), InteropError, `${pointer} ${JSON.stringify(to)}`)
})

/** A file of real records, in any order and number, with other octets here and there. */
const fileLike = fc
  .record({
    sample: fc.constantFrom(...samples),
    picks: fc.array(fc.record({ nth: fc.nat(), at: fc.nat(), octets: fc.uint8Array({ maxLength: 4 }) }), {
      maxLength: 6,
    }),
  })
  .map(({ sample, picks }) => {
    const file = octetsOf(...sample.pieces)
    const size = file[1]!
    const start = file.length - size * sample.records.length
    const records = picks.map(({ nth, at, octets }) => {
      const from = start + (nth % sample.records.length) * size
      const record = file.slice(from, from + size)
      record.set(octets, at % (size - 4))
      return record
    })
    return { metric: sample.metric, bytes: joined(file.subarray(0, start), ...records) }
  })

t.test('P2: interop: whatever is read is written again as it was, and everything else is refused', async t => {
  const seen = { read: 0, refused: 0 }
  const holds = ({ metric, bytes }: { metric: InteropMetric; bytes: Uint8Array }): boolean => {
    const reading = read(bytes, metric)
    seen[reading.ok ? 'read' : 'refused']++
    return !reading.ok || Buffer.compare(encodeInterop(reading.value), bytes) === 0
  }
  fc.assert(fc.property(fileLike, holds), { numRuns: 2_000 })
  const anything = fc.record({ metric: fc.constantFrom(...interopMetrics), bytes: fc.uint8Array({ maxLength: 80 }) })
  const beginning = fc
    .tuple(fc.constantFrom(...samples), fc.uint8Array({ maxLength: 60 }), fc.nat(40))
    .map(([sample, noise, at]) => {
      const bytes = octetsOf(...sample.pieces).slice(0, 40 + noise.length)
      bytes.set(noise.subarray(0, Math.max(0, bytes.length - at)), Math.min(at, bytes.length))
      return { metric: sample.metric, bytes }
    })
  fc.assert(fc.property(fc.oneof(anything, beginning), holds), { numRuns: 2_000 })
  t.ok(seen.read > 200 && seen.refused > 200, `${seen.read} read, ${seen.refused} refused`)
})

t.test('interop: any time stamp is read and written, or is none', async () => {
  const stamps = fc.oneof(
    fc.bigInt(0n, (1n << 64n) - 1n),
    fc.tuple(fc.bigInt(0n, 3n), fc.bigInt(0n, 3155378975999999999n)).map(([kind, ticks]) => (kind << 62n) | ticks),
  )
  fc.assert(
    fc.property(stamps, bits => {
      const bytes = octetsOf(...u8s(2, 38), ...id(1, 1101, 1), ...u32s(0, 0, 0, 0, 0, 0), [8, bits])
      const reading = read(bytes, 'ExtractionMetrics')
      const isTime = bits >> 62n < 3n && (bits & ((1n << 62n) - 1n)) <= 3155378975999999999n
      return reading.ok ? isTime && Buffer.compare(encodeInterop(reading.value), bytes) === 0 : !isTime
    }),
    { numRuns: 2_000 },
  )
})

const outside = [
  ['/records/0/lane', 9],
  ['/records/0/tile', 1],
  ['/records/0/tile', 65_535],
  ['/records/0/more', 0],
  ['/more', 0],
  ['/version', 9],
] as const

t.test('interop schemas: closed, and they admit real values and nothing beside', async t => {
  for (const metric of interopMetrics) {
    for (const version of [undefined, ...versionsOf(metric)])
      t.strictSame(openings(interopSchema(metric, version)), [], `${metric} ${version ?? ''}`)
    const validate = compileSchema(interopSchema(metric)!)
    for (const { version } of samples.filter(sample => sample.metric === metric)) {
      const value = valueOf(metric, version)
      t.ok(validate(value).ok, `${metric} ${version}`)
      for (const [pointer, to] of outside) t.notOk(validate(changed(value, pointer, to)).ok, pointer)
    }
  }
  t.equal(interopSchema('TileMetrics', 4), null)
})

t.test('interop schemas: with a version, a refusal points at the member at fault', async t => {
  const validate = compileSchema(interopSchema('ErrorMetrics', 4)!)
  t.strictSame(validate(changed(valueOf('ErrorMetrics', 4), '/records/0/errorRate', 101)), {
    ok: false,
    keyword: 'maximum',
    path: ['records', 0, 'errorRate'],
  })
})

t.test('interop: no detector takes real values, nor the names of the schemas, for something sensitive', async t => {
  for (const { metric, version } of samples) {
    const names = propertyNames(interopSchema(metric))
    const value = [valueOf(metric, version), ...[...names].map(name => ({ [name]: null }))]
    t.strictSame(scan([{ surface: 'body', value, names: null }], defaultLimits).findings, [], metric)
  }
})
