import type { Random } from '../../kit/random.ts'

const number = (minimum: number, maximum: number) => ({ type: 'number', minimum, maximum })
const integer = (maximum: number) => ({ type: 'integer', minimum: 0, maximum })
const matching = (pattern: string, maxLength: number) => ({ type: 'string', pattern, maxLength })

/** What an instrument tells of a run: few words, and as many rows of measurements as make up the size. */
export const runSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['instrument', 'runId', 'time', 'software', 'tiles'],
  properties: {
    instrument: matching('^[A-Z0-9]{1,12}$', 12),
    runId: matching('^[0-9]{6}_[A-Z0-9]{1,12}_[0-9]{4}_[A-Z0-9]{1,12}$', 40),
    time: matching('^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$', 20),
    software: { enum: ['NovaSeq Control Software 1.8.1', 'RTA 3.4.4'] },
    tiles: {
      type: 'array',
      maxItems: 20_000,
      items: {
        type: 'object',
        additionalProperties: false,
        properties: {
          lane: integer(8),
          tile: integer(3_000),
          state: { enum: ['imaged', 'registered', 'failed'] },
          focus: number(-100, 100),
          density: number(0, 5_000),
          passingFilter: number(0, 100),
          phasing: number(0, 10),
          errorRate: number(0, 100),
        },
      },
    },
  },
} as const

const fixed = (random: Random, below: number, digits: number): number => Number((random.next() * below).toFixed(digits))
const digits = (random: Random, count: number): string => Array.from({ length: count }, () => random.below(10)).join('')

const tile = (random: Random) => ({
  lane: 1 + random.below(4),
  tile: 1_101 + random.below(900),
  state: random.pick(['imaged', 'registered', 'imaged', 'failed'] as const),
  focus: fixed(random, 80, 2),
  density: fixed(random, 3_000, 1),
  passingFilter: fixed(random, 100, 2),
  phasing: fixed(random, 1, 4),
  errorRate: fixed(random, 3, 3),
})

const two = (value: number): string => String(value).padStart(2, '0')

/** A message of about that many octets, as JSON. */
export const runMessage = (random: Random, bytes: number): string => {
  const serial = `A0${digits(random, 4)}`
  const heading = {
    instrument: serial,
    runId: `2403${two(1 + random.below(28))}_${serial}_${digits(random, 4)}_BH${digits(random, 4)}DRX`,
    time: `2024-03-${two(1 + random.below(28))}T${two(random.below(24))}:${two(random.below(60))}:${two(random.below(60))}Z`,
    software: random.pick(runSchema.properties.software.enum),
  }
  const tiles: object[] = []
  for (let size = JSON.stringify(heading).length; size < bytes;) {
    tiles.push(tile(random))
    size += JSON.stringify(tiles.at(-1)).length + 1
  }
  return JSON.stringify({ ...heading, tiles })
}
