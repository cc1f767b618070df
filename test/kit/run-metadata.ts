import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packsFolder } from '../../proxy/policy/policy-file.ts'
import type { JsonValue } from '../../rules/canonical.ts'
import type { Observation } from '../../rules/workbench/learn.ts'
import { compileSchema } from '../../rules/schema.ts'

/** Random numbers in [0, 1) that are the same for the same seed (mulberry32). */
export const seeded = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export const kinds = [
  'instrument-performance',
  'run-performance',
  'run-status',
  'instrument-configuration',
  'run-configuration',
] as const

type Kind = (typeof kinds)[number]

const pack = join(packsFolder, 'illumina-proactive')
const readJsonFile = (file: string): JsonValue => JSON.parse(readFileSync(file, 'utf8')) as JsonValue

export const samplesOf = (kind: Kind): readonly JsonValue[] => {
  const folder = join(pack, 'samples', kind)
  return readdirSync(folder)
    .sort()
    .map(file => readJsonFile(join(folder, file)))
}

const INSTRUMENTS_PER_MODEL = 3
const DAYS = 12

/**
 * Payloads of one kind as several instruments would send them over twelve days: each is a sample of the pack with other serial
 * numbers, runs, times, lots, versions and measurements, some optional fields left out, and some elements of arrays repeated
 * or left out. All of them fit the schema of the pack.
 */
export const runMetadata = (kind: Kind, count: number, random: () => number): readonly Observation[] => {
  const validate = compileSchema(readJsonFile(join(pack, `${kind}.schema.json`)) as object)
  const samples = samplesOf(kind)
  return Array.from({ length: count }, () => {
    const model = Math.floor(random() * samples.length)
    const unit = Math.floor(random() * INSTRUMENTS_PER_MODEL)
    const day = new Date(Date.UTC(2025, 2, 1 + Math.floor(random() * DAYS))).toISOString().slice(0, 10)
    const setting: Setting = { random, day, unit }
    const value = vary(samples[model]!, setting, change => validate(change).ok)
    return { value, instrument: `model-${model}-unit-${unit}`, day }
  })
}

type Setting = { readonly random: () => number; readonly day: string; readonly unit: number }

/** Changes one place after the other, and keeps each change that leaves the payload valid. */
const vary = (sample: JsonValue, setting: Setting, isValid: (value: JsonValue) => boolean): JsonValue => {
  const payload = structuredClone(sample)
  const visit = (holder: Record<string, JsonValue>, key: string): void => {
    const before = holder[key]!
    holder[key] = varied(key, before, setting)
    if (!isValid(payload)) holder[key] = before
    const here = holder[key]
    if (here === null || typeof here !== 'object') return
    for (const inner of Object.keys(here)) visit(here as Record<string, JsonValue>, inner)
    if (!Array.isArray(here)) for (const inner of Object.keys(here)) leaveOut(here, inner)
  }
  const leaveOut = (holder: Record<string, JsonValue>, key: string): void => {
    const before = holder[key]!
    if (setting.random() > 0.06) return
    delete holder[key]
    if (!isValid(payload)) holder[key] = before
  }
  const root = { payload }
  visit(root, 'payload')
  return payload
}

const varied = (key: string, value: JsonValue, setting: Setting): JsonValue => {
  if (typeof value === 'number') return variedNumber(key, value, setting)
  if (typeof value === 'string') return variedString(key, value, setting)
  if (Array.isArray(value) && value.length > 1 && setting.random() < 0.3) return value.slice(0, -1)
  if (Array.isArray(value) && value.length > 0 && setting.random() < 0.3) return [...value, structuredClone(value[0]!)]
  return value
}

/** Measurements vary by a tenth; what says which lane, read or cycle it is stays. */
const variedNumber = (key: string, value: number, { random }: Setting): number => {
  if (/^(?:lane|read|surface|swath|tile|cycles|setpoint.*)$/.test(key)) return value
  const decimals = (String(value).split('.')[1] ?? '').length
  return Number((value * (0.9 + 0.2 * random())).toFixed(decimals))
}

const digits = (count: number, random: () => number): string =>
  Array.from({ length: count }, () => Math.floor(random() * 10)).join('')

const serialLetters = 'ABCDEFGHJKLMNPRSTVWXYZ23456789'
const characters = (count: number, random: () => number): string =>
  Array.from({ length: count }, () => serialLetters[Math.floor(random() * serialLetters.length)]).join('')

const variedString = (key: string, value: string, { random, day, unit }: Setting): string => {
  const compact = day.replaceAll('-', '')
  if (key === 'runId') {
    const [date = '', serial = '', , cell = ''] = value.split('_')
    const counter = digits(4, random)
    const end = cell.includes('-')
      ? `${cell.split('-')[0]}-${characters(5, random)}`
      : `${cell[0]}${characters(9, random)}`
    return `${compact.slice(8 - date.length)}_${serial.slice(0, -1)}${unit}_${counter}_${end}`
  }
  if (key === 'instrument') return value.slice(0, -1) + unit
  if (/^\d{4}-\d\d-\d\dT/.test(value)) return `${day}T${clock(random)}${value.slice(16)}`
  if (key === 'expires') return `2026-0${1 + Math.floor(random() * 9)}-1${Math.floor(random() * 10)}`
  if (/^\d{4}-\d\d-\d\d$/.test(value)) return day
  if (/lot$/i.test(key)) return digits(value.length, random)
  if (/serial$/i.test(key)) return value.replaceAll(/\d{4,}/g, run => digits(run.length, random))
  if (/version$/i.test(key)) return value.replace(/\d+$/, last => String(Number(last) + Math.floor(random() * 2)))
  return value
}

const clock = (random: () => number): string =>
  `${String(Math.floor(random() * 24)).padStart(2, '0')}:${String(Math.floor(random() * 60)).padStart(2, '0')}`
