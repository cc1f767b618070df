import t from 'tap'
import { Departures } from '../../../rules/budget/history.ts'
import type { Exception } from '../../../rules/exception.ts'
import { inspect, scanPayload } from '../../../rules/inspect.ts'
import type { Policy } from '../../../rules/policy.ts'
import type { Finding, Verdict } from '../../../rules/verdict.ts'
import { gateway, generousPolicy, messageOf } from '../../kit/message.ts'
import { seeded } from '../../kit/random.ts'

const policy = generousPolicy()
const start = Date.UTC(2026, 2, 1)
const MINUTE = 60_000

/** Sends texts one after the other, and enters what leaves, as the proxy does. */
const sending = (under: Policy = policy) => {
  const departures = new Departures()
  return (text: string, time: number, client = gateway.client): Verdict => {
    const message = messageOf({ arrival: { ...gateway, client }, body: JSON.stringify({ message: text }) })
    const verdict = inspect({ ...message, history: departures.at(time) }, under)
    if (verdict.kind === 'forward') departures.add({ ...verdict, time })
    return verdict
  }
}

const { pick } = seeded(3)
/** Bases that are nobody's, at least one of them no hexadecimal digit. */
const bases = (length: number): string =>
  `G${Array.from({ length: length - 1 }, () => pick(['A', 'C', 'G', 'T'])).join('')}`

/** Different ways to send a little in each request, with the nucleotides that each of them is counted as. */
const drips: readonly (readonly [name: string, nucleotides: number, write: () => string])[] = [
  ['8 bases', 8, () => `tile ${bases(8)}`],
  ['4 bases', 4, () => bases(4)],
  ['9 bases in base64', 9, () => `id ${Buffer.from(bases(9)).toString('base64')}`],
  ['6 bases in hexadecimal', 6, () => Buffer.from(bases(6)).toString('hex')],
  ['two words of lower case', 10, () => `${bases(5)} ${bases(5)}`.toLowerCase()],
  ['8 bases inside a word', 12, () => `run${bases(8)}x7`],
]

const spell = (findings: readonly Finding[]): string =>
  findings.map(({ detector, length }) => `${detector} ${length}`).join()

for (const [name, each, write] of drips)
  t.test(`drip: ${name} a request, all day: 48 in an hour, 96 in a day, then a block`, async t => {
    const send = sending()
    const passed: number[] = []
    const seen = new Set<string>()
    for (let minute = 0; minute < 24 * 60; minute++) {
      const verdict = send(write(), start + minute * MINUTE)
      if (verdict.kind === 'forward') passed.push(minute)
      seen.add(
        verdict.kind === 'forward' ? `left ${verdict.nucleotides}` : `${spell(verdict.findings)} ${verdict.reason}`,
      )
    }
    t.same([...seen].toSorted(), [`drip ${each} sensitive-content`, `left ${each}`])
    t.equal(passed.filter(minute => minute < 60).length, Math.floor(48 / each))
    t.equal(passed.length, Math.floor(96 / each))
  })

t.test(
  'drip: once the budget is spent, messages without a fragment go on, and those with one when the window has passed',
  async t => {
    const send = sending()
    for (let sent = 0; sent < 6; sent++) t.equal(send(bases(8), start).kind, 'forward')
    t.equal(send(bases(4), start + MINUTE).kind, 'block')
    t.equal(send('NovaSeq 6000 idle', start + MINUTE).kind, 'forward')
    t.equal(send(bases(4), start + 59 * MINUTE).kind, 'block')
    t.equal(send(bases(4), start + 61 * MINUTE).kind, 'forward')
  },
)

t.test('drip: each instrument has a ledger of its own, and may have a budget of its own', async t => {
  const instruments = policy.instruments.map(one =>
    one.id === 'bench' ? { ...one, drip: { perHour: 0, perDay: 0 } } : one,
  )
  const send = sending({ ...policy, instruments })
  const [sequencer, bench] = ['10.77.1.20', '10.77.1.99']
  for (let sent = 0; sent < 6; sent++) t.equal(send(bases(8), start, sequencer).kind, 'forward')
  t.equal(send(bases(8), start, sequencer).kind, 'block')
  t.match(send(bases(4), start, bench), { kind: 'block', instrument: 'bench' })
  const others = sending()
  for (let sent = 0; sent < 6; sent++) others(bases(8), start, sequencer)
  t.equal(others(bases(8), start, bench).kind, 'forward')
})

t.test('nucleotide-sum: 24 in one request are blocked at once, 23 are not, without any history', async t => {
  const decide = (details: readonly string[]) => inspect(messageOf({ body: JSON.stringify({ details }) }), policy)
  t.match(decide([bases(8), bases(8), bases(7)]), { kind: 'forward', nucleotides: 23 })
  const findings = [{ detector: 'nucleotide-sum', surface: 'body', pointer: '', length: 24 }]
  t.match(decide([bases(8), bases(8), bases(8)]), { kind: 'block', reason: 'sensitive-content', findings })
  t.match(scanPayload(Buffer.from(JSON.stringify([bases(8), bases(8), bases(8)]))), { verdict: 'block', findings })
})

t.test(
  'nucleotide-sum: a text at a place where a detector of sequence is excepted is not counted, others are',
  async t => {
    const exception: Exception = {
      id: 'kit-primers',
      owner: 'lab@lab.example',
      reason: 'a control that is published',
      expires: Date.UTC(2027, 0, 1),
      detector: 'nucleotide-run',
      route: 'telemetry',
      instrument: null,
      surface: 'body',
      pointer: '/message',
      pattern: ['message'],
      maxLength: Infinity,
    }
    const message = messageOf({ body: JSON.stringify({ message: bases(8).repeat(4), details: ['GATT'] }) })
    const at = { ...message, arrival: { ...gateway, time: Date.UTC(2026, 5, 1) } }
    t.match(inspect(at, { ...policy, exceptions: [exception] }), { kind: 'forward', nucleotides: 4 })
    t.equal(inspect(at, policy).kind, 'block')
  },
)
