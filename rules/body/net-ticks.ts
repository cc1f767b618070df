import type { JsonValue } from '../canonical.ts'

/**
 * A .NET DateTime in its 64-bit form, as a value: `{ kind: 'utc', time: '2016-01-12T15:21:17.3010000' }`, to 100 ns.
 * For `local`, `time` is the same instant in UTC.
 * @see https://learn.microsoft.com/dotnet/api/system.datetime.tobinary
 */
type NetDateTime = { kind: string; time: string }

const kinds = ['unspecified', 'utc', 'local']
const KIND_SHIFT = 62n
const TICKS_MASK = (1n << KIND_SHIFT) - 1n
const TICKS_PER_MILLISECOND = 10_000n
const LAST_TICK = 3_155_378_975_999_999_999n
/** Milliseconds from the year 1 to 1970. */
const UNIX_EPOCH = 62_135_596_800_000n

/** @returns null for bits that no DateTime has */
export const readTicks = (bits: bigint): NetDateTime | null => {
  const kind = kinds[Number(bits >> KIND_SHIFT)]
  const ticks = bits & TICKS_MASK
  if (kind === undefined || ticks > LAST_TICK) return null
  const instant = new Date(Number(ticks / TICKS_PER_MILLISECOND - UNIX_EPOCH)).toISOString().slice(0, 23)
  return { kind, time: instant + String(ticks % TICKS_PER_MILLISECOND).padStart(4, '0') }
}

const timeForm = /^(?<instant>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3})(?<rest>\d{4})$/

/** @returns null for what `readTicks` does not give */
export const writeTicks = (value: JsonValue | undefined): bigint | null => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  const { kind, time, ...others } = value
  const form = typeof time === 'string' ? timeForm.exec(time)?.groups : undefined
  if (typeof kind !== 'string' || !kinds.includes(kind) || !form || Object.keys(others).length > 0) return null
  const milliseconds = Date.parse(`${form.instant}Z`)
  const isReal = !Number.isNaN(milliseconds) && new Date(milliseconds).toISOString().startsWith(form.instant!)
  if (!isReal || BigInt(milliseconds) + UNIX_EPOCH < 0n) return null
  const ticks = (BigInt(milliseconds) + UNIX_EPOCH) * TICKS_PER_MILLISECOND + BigInt(form.rest!)
  return (BigInt(kinds.indexOf(kind)) << KIND_SHIFT) | ticks
}
