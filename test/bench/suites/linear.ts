import { inspect } from '../../../rules/inspect.ts'
import type { TextDetector } from '../../../rules/detector.ts'
import { detectors } from '../../../rules/registry.ts'
import { OverBudget, textCodings, unwrapBytes } from '../../../rules/unwrap.ts'
import type { TextCoding } from '../../../rules/codings/coding.ts'
import { cpuTime } from '../../kit/cpu-time.ts'
import { messageOf, policyOf } from '../../kit/message.ts'
import { seeded } from '../../kit/random.ts'
import { reaches } from '../../kit/reaches.ts'
import { hostileCodings, hostileSequences, hostileText, hostileUnits } from '../../rules/detectors/hostile-texts.ts'
import { runMessage, runSchema } from '../bed/run-telemetry.ts'
import { measure, shareOf, spreadOf } from '../measure.ts'
import type { Report, Suite } from '../suite.ts'

const KIBIBYTE = 2 ** 10
const ROUNDS = 8
/** Octets of each round at least. */
const ROUND = 2 ** 20
const SIZES = [1, 4, 16, 64, 256, 1_024]
/** Of issue 8: an octet costs no more in a longer message; what the clock and the collector of garbage add is a twentieth. */
const FLAT = 1.05

/** Of issues 4 and 8: eight times the text takes at most ten times as long. */
const MOST_GROWTH = 10
const TIMES = 8
/** Below this (in milliseconds) the clock and the collector of garbage say more than the code. */
const FLOOR_MS = 20
const TRIES = 5
const AMPLE = 2 ** 28

const policy = () =>
  policyOf(
    JSON.stringify({
      version: 1,
      instruments: [{ id: 'novaseq-01', address: '127.0.0.1' }],
      destinations: [{ id: 'vendor', host: 'telemetry.vendor.example' }],
      routes: [
        {
          id: 'run',
          destination: 'vendor',
          method: 'POST',
          path: '/v1/run',
          body: { kind: 'json', schema: runSchema },
        },
      ],
      limits: { maxBodyBytes: 4 * 2 ** 20, maxDecodedBytes: 4 * 2 ** 20, maxMembers: 1_000_000 },
    }),
  )

const arrival = { client: '127.0.0.1', ingress: { kind: 'gateway', names: ['sluice.lab'], port: 8443 } } as const

/** What an octet costs in messages of each size, all of them new. */
const sizes = (report: Report): void => {
  const rules = policy()
  const random = seeded(11)
  let before = 0
  for (const kilobytes of SIZES) {
    const count = Math.max(4, ROUND / (kilobytes * KIBIBYTE))
    let octets = 0
    const { whole } = measure(ROUNDS, () => {
      const bodies = Array.from({ length: count }, () => runMessage(random, kilobytes * KIBIBYTE))
      octets = bodies.reduce((sum, body) => sum + body.length, 0)
      return {
        whole: () => {
          for (const body of bodies)
            if (inspect(messageOf({ arrival, target: '/v1/run', body }), rules).kind !== 'forward')
              throw new Error('bench: blocked')
        },
      }
    })
    const cost = whole.median / octets
    report.row({
      name: `inspect, a message of ${kilobytes} KB`,
      unit: 'us/message',
      time: shareOf(whole, 1_000 / count),
      bytes: octets / count,
      ...(before > 0 && { ratio: { to: 'an octet in the size before', value: cost / before, atMost: FLAT } }),
    })
    before = cost
  }
}

type Work = (text: string) => void

const asks =
  (detector: TextDetector): Work =>
  text => {
    const subject = { text, keys: [], role: 'value' } as const
    if (reaches(detector, subject)) Iterator.from(detector.find(subject)).forEach(() => undefined)
  }

const undoes =
  ({ undo }: TextCoding): Work =>
  text => {
    try {
      for (const layer of undo(text, { remaining: AMPLE }))
        if (layer.kind === 'bytes') Array.from(unwrapBytes(layer.bytes, { remaining: AMPLE }))
    } catch (error) {
      if (!(error instanceof OverBudget)) throw error
    }
  }

/** The piece that keeps some work busiest, by a short text of each. */
const worst = (units: readonly string[], work: Work): string =>
  units
    .map(unit => {
      const text = hostileText(unit, 1 / 32)
      return {
        unit,
        time: Math.min(
          cpuTime(() => work(text)),
          cpuTime(() => work(text)),
        ),
      }
    })
    .reduce((slowest, next) => (next.time > slowest.time ? next : slowest)).unit

const spell = (unit: string): string => JSON.stringify(unit.length > 16 ? `${unit.slice(0, 16)}…` : unit)

/** Times a small and a large text in turn. Where the small one takes next to nothing there is no bar: that is too quick to compare. */
const grows = (report: Report, name: string, units: readonly string[], work: Work): void => {
  const unit = worst(units, work)
  const texts = { small: hostileText(unit, 1), large: hostileText(unit, TIMES) }
  const small: number[] = []
  const large: number[] = []
  for (let tries = 0; tries < TRIES; tries++) {
    small.push(cpuTime(() => work(texts.small)))
    large.push(cpuTime(() => work(texts.large)))
  }
  const [one, eight] = [spreadOf(small), spreadOf(large)]
  const bar = one.median >= FLOOR_MS ? { atMost: MOST_GROWTH } : {}
  const ratio = { to: '1 MB of it', value: eight.median / Math.max(one.median, 0.001), ...bar }
  report.row({
    name: `${name}, ${TIMES} MB of ${spell(unit)}`,
    unit: 'ms',
    time: eight,
    bytes: texts.large.length,
    ratio,
  })
}

export const linearSuite: Suite = {
  name: 'linear',
  title: 'what an octet costs in longer and longer messages, and what each detector and coding takes for hostile texts',
  isExtra: true,
  run(report) {
    sizes(report)
    const units = [...hostileUnits, ...hostileSequences, ...hostileCodings]
    for (const detector of detectors) if (detector.kind === 'text') grows(report, detector.id, units, asks(detector))
    for (const coding of textCodings) grows(report, `coding ${coding.id}`, units, undoes(coding))
  },
}
