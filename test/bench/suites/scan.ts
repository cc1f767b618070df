import type { JsonValue } from '../../../rules/canonical.ts'
import { inspect } from '../../../rules/inspect.ts'
import { loadPolicy, packsFolder } from '../../../proxy/policy/policy-file.ts'
import { defaultLimits } from '../../../rules/policy.ts'
import { scan } from '../../../rules/scan.ts'
import { messageOf } from '../../kit/message.ts'
import { seeded, type Random } from '../../kit/random.ts'
import { join } from 'node:path'
import { measure, shareOf } from '../measure.ts'
import { peers } from '../peers/text-scanners.ts'
import { prose } from '../prose.ts'
import type { Report, Suite } from '../suite.ts'
import { grown, samples, vary } from '../telemetry.ts'

const KILOBYTE = 2 ** 10
/** Octets of telemetry that each round takes in, so that all of them last about as long. */
const ROUND = 2 ** 21
const ROUNDS = 10

/** Of the bars of issue 4: scanning takes at most this share of what JSON.parse took. */
const SCAN_TO_PARSE = 0.8
const FASTER_THAN_PEERS = 50

/** Looks through parsed values, as `inspect` does with a body. @throws Error when something is found: then it would not be clean */
const look = (values: readonly JsonValue[]): void => {
  for (const value of values)
    if (scan([{ surface: 'body', value, names: null }], defaultLimits).findings.length > 0)
      throw new Error('bench: something was found in what should be clean')
}

const parseAll = (texts: readonly string[]): JsonValue[] => texts.map(text => JSON.parse(text) as JsonValue)

/** As many messages as make up a round, each with its own numbers, times and identifiers. */
const messages = (templates: readonly JsonValue[], random: Random): string[] => {
  const texts: string[] = []
  for (let size = 0; size < ROUND;) {
    for (const template of templates) {
      const text = JSON.stringify(vary(template, random))
      texts.push(text)
      size += text.length
    }
  }
  return texts
}

const total = (texts: readonly string[]): number => texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)

/** Parsing and scanning of the same messages, in turn. */
const scanAgainstParse = (report: Report, name: string, nextTexts: () => readonly string[]): void => {
  let texts = nextTexts()
  const { parse, scan: looked } = measure(ROUNDS, () => {
    texts = nextTexts()
    let values: JsonValue[] = []
    return {
      parse: () => {
        values = parseAll(texts)
      },
      scan: () => look(values),
    }
  })
  const bytes = total(texts) / texts.length
  const perMessage = (time: typeof parse) => shareOf(time, 1000 / texts.length)
  report.row({ name: `JSON.parse, ${name}`, unit: 'us/message', time: perMessage(parse), bytes })
  const value = looked.mean / parse.mean
  const ratio = { to: 'JSON.parse', value, atMost: SCAN_TO_PARSE }
  report.row({ name: `scan, ${name}`, unit: 'us/message', time: perMessage(looked), bytes, ratio })
}

const telemetry = (report: Report): void => {
  for (const kilobytes of [1, 16, 256]) {
    const random = seeded(kilobytes)
    const templates = samples().flatMap(({ value }) => grown(value, kilobytes * KILOBYTE) ?? [])
    const once = messages(templates, random)
    scanAgainstParse(report, `telemetry of ${kilobytes} KB, every message new`, () => messages(templates, random))
    scanAgainstParse(report, `telemetry of ${kilobytes} KB, the same again`, () => once)
  }
}

/** The samples of one pack that its own policy admits, as requests. */
const wholeInspection = (report: Report): void => {
  const policy = loadPolicy(join(packsFolder, 'illumina-proactive', 'policy.yaml'))
  const value = samples().find(({ pack }) => pack === 'illumina-proactive')!.value
  const body = JSON.stringify(value)
  const route = policy.routes.find(({ id }) => id === 'instrument-configuration')!
  const target = `/${route.path.segments.map(segment => ('literal' in segment ? segment.literal : '')).join('/')}`
  const arrival = {
    client: '127.0.0.1',
    ingress: { kind: 'gateway', names: ['sluice.lab'], port: 8443 },
  } as const
  const COUNT = 2_000
  const { parse, whole } = measure(ROUNDS, () => ({
    parse: () => {
      for (let many = 0; many < COUNT; many++) JSON.parse(body)
    },
    whole: () => {
      for (let many = 0; many < COUNT; many++)
        if (inspect(messageOf({ arrival, target, body }), policy).kind !== 'forward') throw new Error('bench: blocked')
    },
  }))
  const ratio = { to: 'JSON.parse', value: whole.mean / parse.mean }
  const time = shareOf(whole, 1000 / COUNT)
  report.row({ name: 'inspect, a whole request', unit: 'us/message', time, bytes: body.length, ratio })
}

const freeText = async (report: Report): Promise<void> => {
  const random = seeded(4)
  const PIECES = 400
  const next = (): readonly string[] => Array.from({ length: PIECES }, () => prose(KILOBYTE, random))
  const installed = await peers(report.note)
  const times = measure(ROUNDS, () => {
    const texts = next()
    const others = installed.map(({ name, redact }) => [name, () => texts.forEach(redact)] as const)
    const own: Record<string, () => void> = { sluice: () => look([...texts]) }
    return { ...own, ...Object.fromEntries(others) }
  })
  const bytes = total(next()) / PIECES
  const share = (time: (typeof times)[string]) => shareOf(time, 1000 / PIECES)
  const own = times.sluice!
  const fastest = installed.toSorted((a, b) => times[a.name]!.mean - times[b.name]!.mean)[0]
  const ratio = fastest && {
    ratio: {
      to: `the speed of ${fastest.name}`,
      value: times[fastest.name]!.mean / own.mean,
      atLeast: FASTER_THAN_PEERS,
    },
  }
  report.row({ name: 'scan, free text of 1 KB', unit: 'us/message', time: share(own), bytes, ...ratio })
  for (const { name } of installed)
    report.row({ name: `${name}, free text of 1 KB`, unit: 'us/message', time: share(times[name]!), bytes })
}

export const scanSuite: Suite = {
  name: 'scan',
  title: 'detectors over parsed telemetry and free text, beside JSON.parse and other scanners',
  async run(report) {
    telemetry(report)
    wholeInspection(report)
    await freeText(report)
  },
}
