import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packsFolder } from '../../proxy/policy/policy-file.ts'
import type { JsonValue } from '../../rules/canonical.ts'
import { telemetryPayloads } from '../rules/detectors/telemetry-values.ts'
import type { Random } from '../kit/random.ts'
import { digits, letters } from './genome.ts'

/** What instruments really send, never the same twice: nothing in it may be found. */
export type Telemetry = { readonly family: string; readonly payload: JsonValue }

const samples: readonly Telemetry[] = readdirSync(packsFolder).flatMap(pack =>
  readdirSync(join(packsFolder, pack, 'samples'), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.json') && !file.startsWith('blocked'))
    .map(file => ({
      family: `pack ${pack}`,
      payload: JSON.parse(readFileSync(join(packsFolder, pack, 'samples', file), 'utf8')) as JsonValue,
    })),
)

const shapes: readonly Telemetry[] = [
  ...samples,
  ...telemetryPayloads.map(payload => ({ family: 'run metadata', payload: payload as JsonValue })),
]

/** Another payload of the same shape: every number moved, every digit and letter of what looks like an identifier exchanged. */
const vary = (value: JsonValue, random: Random): JsonValue => {
  if (typeof value === 'number') return moved(value, random)
  if (typeof value === 'string') return /\d/.test(value) ? exchanged(value, random) : value
  if (Array.isArray(value)) return value.map(item => vary(item, random))
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, vary(inner, random)]))
  return value
}

const moved = (value: number, random: Random): number => {
  if (Number.isInteger(value)) return Math.max(0, Math.round(value * (0.7 + random.next() * 0.6)))
  const decimals = String(value).split('.')[1]?.length ?? 0
  return Number((value * (0.7 + random.next() * 0.6)).toFixed(Math.min(decimals, 6)))
}

/** Versions, dates and paths keep their letters; a run of capitals and digits is an identifier. */
const exchanged = (value: string, random: Random): string =>
  value.replaceAll(/[A-Z0-9]{6,}/g, run =>
    run.replaceAll(/\d/g, () => String(random.below(10))).replaceAll(/[A-Z](?=[A-Z0-9]*\d)/g, () => letters(random, 1)),
  )

const hexadecimal = '0123456789abcdef'
const base64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

const identifiers = (random: Random): JsonValue => ({
  runId: `${230000 + random.below(9999)}_A0${digits(random, 4)}_${digits(random, 4)}_AH${letters(random, 5, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789')}DRX${1 + random.below(5)}`,
  traceId: letters(random, 32, hexadecimal),
  spanId: letters(random, 16, hexadecimal),
  sha1: letters(random, 40, hexadecimal),
  digest: letters(random, 64, hexadecimal),
  uuid: [8, 4, 4, 4, 12].map(length => letters(random, length, hexadecimal)).join('-'),
  etag: `${letters(random, 43, base64)}=`,
  nonce: letters(random, 22, `${base64.slice(0, 62)}-_`),
  chip: letters(random, 16, '0123456789ABCDEF'),
  lot: digits(random, 8),
  serial: letters(random, 12, base64.slice(0, 26) + '0123456789'),
})

const logLines = [
  (random: Random) =>
    `${clock(random)} INFO  Thermal Controller 2: set point 60.0 C reached in ${digits(random, 4)} ms`,
  (random: Random) =>
    `${clock(random)} WARN  FLU-${digits(random, 4)} pressure ${random.below(40)}.${random.below(10)} kPa outside -2..30`,
  (random: Random) =>
    `[${clock(random)}] cycle ${random.below(318)} lane ${1 + random.below(4)} tile ${1101 + random.below(900)} focus ${random.next().toFixed(3)} um`,
  (random: Random) =>
    `Board ${digits(random, 7)}BA0${random.below(9)}N, CHIPID=${letters(random, 16, '0123456789ABCDEF')}`,
  (random: Random) =>
    `Left Buffer Interface Board: firmware novaseq_bib_${random.below(4)}@NovaSeq_1.${random.below(30)}.${random.below(20)}`,
  (random: Random) =>
    `RTA ${clock(random)} Processed read ${1 + random.below(4)} cycle ${random.below(151)}: 76.${digits(random, 2)} % PF, 94.${digits(random, 2)} % >= Q30`,
  (random: Random) =>
    `disk D: ${random.below(900)} GB free of 3,814 GB; copy queue ${random.below(50)} files, ${digits(random, 9)} bytes`,
  (random: Random) =>
    `rs485 port COM${random.below(9)} timeout after ${digits(random, 3)} ms, retry ${random.below(4)} of 3`,
  (random: Random) =>
    `camera 2 tdi line rate ${digits(random, 5)} Hz, exposure ${random.next().toFixed(4)} s, gain ${random.below(500)}`,
  (random: Random) =>
    `Acquisition ${[8, 4, 4, 4, 12].map(length => letters(random, length, hexadecimal)).join('-')} started on position X${random.below(5)}`,
] as const

const clock = (random: Random): string =>
  `2024-0${1 + random.below(9)}-${10 + random.below(19)}T0${random.below(10)}:${10 + random.below(49)}:${10 + random.below(49)}.${digits(random, 3)}Z`

/** Columns as InterOp files give them, hundreds of rows long. */
const columns = (random: Random): JsonValue => {
  const rows = 64 + random.below(200)
  const column = (make: (row: number) => number): number[] => Array.from({ length: rows }, (_, row) => make(row))
  return {
    lane: column(row => 1 + Math.floor((4 * row) / rows)),
    tile: column(() => 1101 + random.below(600)),
    cycle: column(() => 1 + random.below(318)),
    surface: column(row => 1 + (Math.floor(row / 8) % 2)),
    state: column(() => random.below(3)),
    medianQ: column(() => 30 + random.below(9)),
    percentBase: ['A', 'C', 'G', 'T'].map(() => column(() => Number((22 + random.next() * 6).toFixed(1)))),
    composition: Array.from({ length: 40 }, (_, cycle) => ({
      cycle,
      A: 240_000 + random.below(9_000),
      C: 250_000 + random.below(9_000),
      G: 245_000 + random.below(9_000),
      T: 248_000 + random.below(9_000),
    })),
    clusters: column(() => 3_300_000 + random.below(200_000)),
    bins: { lower: [2, 12, 30], upper: [11, 29, 40], value: [11, 25, 37] },
  }
}

/** Arrays and objects that come close to sequence spread over their members: heads of tables, letters, states, references. */
const containers = (random: Random): JsonValue => {
  const cycles = 24 + random.below(130)
  const each = (make: (cycle: number) => JsonValue): JsonValue[] => Array.from({ length: cycles }, (_, at) => make(at))
  const dark = random.pick(['A', 'G'])
  return {
    header: ['Lane', 'Cycle', 'A', 'C', 'G', 'T', 'N'],
    long: each(at => ({ cycle: at >> 2, base: 'ACGT'[at & 3]!, percent: Number((22 + random.next() * 6).toFixed(1)) })),
    ranked: each(at => ({ cycle: at, bases: Array.from('ACGT').toSorted(() => random.next() - 0.5) })),
    /** Two-colour chemistry without signal: all clusters are called the dark base. */
    failed: each(cycle => ({
      cycle,
      ...Object.fromEntries(Array.from('ACGT', base => [base, base === dark ? 97.1 : 0.9])),
    })),
    side: each(() => random.pick(['A', 'B'])),
    section: each(() => random.pick(['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H'])),
    passed: each(() => random.pick(['T', 'F'])),
    answer: each(() => random.pick(['Y', 'N'])),
    missing: each(() => random.pick(['NA', '1', '2'])),
    states: each(() => [0, 0, 0].map(() => random.below(2))),
    flags: each(() => Array.from({ length: 4 }, () => random.below(2))),
    bins: each(() => [random.below(900), random.below(900), random.below(9_000), 2_900_000 + random.below(9_000)]),
    focus: each(() => Array.from({ length: 4 }, () => Number((2.4 + random.next()).toFixed(2)))),
    intensity: each(() => Array.from({ length: 2 }, () => 100 + random.below(900)).concat(0, 0)),
    tiles: each(() => [1 + random.below(8), 1101 + random.below(30_000), random.pick(['A', 'B', 'C']), 'T']),
    reads: ['Read1', 'Index1', 'Index2', 'Read2'].map(name => ({ name, cycles: 8 + random.below(150) })),
    index1: { cycles: 10, errorRate: random.next() },
    index2: { cycles: 10, errorRate: random.next() },
    kit: { index1: `UDP00${digits(random, 2)}`, index2: `UDP00${digits(random, 2)}`, adapter: 'TruSeq' },
    ports: { rs232: 'ok', rs485: random.pick(['A', 'B']), rs422: { value: 'D' } },
    release: { ref: `v${random.below(9)}.1`, alt: `v${random.below(9)}.0`, build: digits(random, 4) },
    valve: { from: random.pick(['A', 'B', 'C']), to: random.pick(['A', 'C', 'G']), position: random.below(12) },
    stage: { reference: random.next(), observed: random.next(), position: random.below(90_000) },
    boards: { FGA: digits(random, 3), CPLD: digits(random, 3), TPOX: true },
    transform: [
      [1, 0, 0, 0],
      [0, 1, 0, 0],
      [0, 0, 1, 0],
      [0, 0, 0, 1],
    ],
  }
}

/** `count` payloads of each family. */
export const telemetry = function* (random: Random, count: number): Iterable<Telemetry> {
  for (let index = 0; index < count; index++) {
    for (const { family, payload } of shapes) yield { family, payload: vary(payload, random) }
    for (let more = 0; more < 10; more++) yield { family: 'identifiers', payload: identifiers(random) }
    for (const line of logLines) yield { family: 'log lines', payload: { message: line(random) } }
    yield {
      family: 'log file',
      payload: { log: Array.from({ length: 40 }, () => random.pick(logLines)(random)).join('\n') },
    }
    yield { family: 'columns', payload: columns(random) }
    yield { family: 'containers', payload: containers(random) }
  }
}
