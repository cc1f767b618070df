import t from 'tap'
import { parse } from 'yaml'
import { insertExceptions } from '../../../rules/workbench/insert-exceptions.ts'
import {
  suggestExceptions,
  type ExceptionObstacle,
  type FalseAlarm,
  type SuggestedException,
} from '../../../rules/workbench/suggest-exceptions.ts'
import { parsePolicy } from '../../../rules/policy/parse-policy.ts'
import { testPolicy } from '../../kit/test-policy.ts'
import { vendorAuthority } from '../../kit/vendor.ts'

const readReference = () => vendorAuthority.pem

const reading = parsePolicy(testPolicy(443), readReference)
if (!reading.ok) throw new Error('the policy of the tests does not read')
const { policy } = reading

const finding = {
  detector: 'nucleotide-run',
  category: 'sequence',
  surface: 'body',
  pointer: '/lanes/0/note',
  chain: [],
  length: 35,
}

const alarm: FalseAlarm = {
  id: '019aa0f2-7d1c-7abc-9def-0123456789ab',
  instrument: 'novaseq-01',
  route: 'serial',
  reason: 'sensitive-content',
  findings: [finding],
}

const answerable = { owner: 'ada', reason: 'an index sequence of the kit', expires: '2027-03-01' }
const time = Date.parse('2026-12-01T00:00:00Z')

const suggested: SuggestedException = {
  id: 'alarm-0123456789ab-1',
  ...answerable,
  detector: 'nucleotide-run',
  route: 'serial',
  instrument: 'novaseq-01',
  pointer: '/lanes/0/note',
  maxLength: 35,
}

t.test(
  'suggestion: one detector at one place, by one route, from one instrument, as long as it was, and no more',
  async t => {
    t.same(suggestExceptions(alarm, policy, answerable, time), { kind: 'exceptions', exceptions: [suggested] })
    const two = { ...alarm, findings: [finding, { ...finding, surface: 'header', pointer: '/x-note', length: 12 }] }
    t.match(suggestExceptions(two, policy, answerable, time), {
      exceptions: [suggested, { id: 'alarm-0123456789ab-2', surface: 'header', pointer: '/x-note', maxLength: 12 }],
    })
  },
)

t.test(
  'suggestion: none where an exception cannot do it, or should not be proposed; and what to do instead',
  async t => {
    const cases: Readonly<Record<string, readonly [ExceptionObstacle, Partial<FalseAlarm>]>> = {
      'a miss of the schema': ['schema-miss', { reason: 'schema-violation', findings: [] }],
      'a fault of framing': ['not-content', { reason: 'request-malformed', findings: [], route: null }],
      'an unknown instrument': ['not-content', { reason: 'instrument-unknown', instrument: null }],
      'a direct identifier': ['never-release', { findings: [{ ...finding, detector: 'email', category: 'identity' }] }],
      'a detector that is always on': ['mandatory', { findings: [{ ...finding, detector: 'vcf' }] }],
      'one of several findings': ['never-release', { findings: [finding, { ...finding, category: 'secret' }] }],
      'an encoding': ['encoded', { findings: [{ ...finding, chain: ['base64'] }] }],
      'a name that the policy does not spell': ['place-unnamed', { findings: [{ ...finding, pointer: '/lanes/#3' }] }],
      'the whole body': ['place-unnamed', { findings: [{ ...finding, pointer: '' }] }],
      'a read': ['too-long', { findings: [{ ...finding, length: 151 }] }],
      'a whole list': ['too-many', { findings: Array.from({ length: 11 }, () => finding) }],
    }
    for (const [name, [obstacle, given]] of Object.entries(cases))
      t.same(suggestExceptions({ ...alarm, ...given }, policy, answerable, time), { kind: 'obstacle', obstacle }, name)
    const marked = { ...policy, neverRelease: new Set(['nucleotide-run']) }
    t.match(suggestExceptions(alarm, marked, answerable, time), { obstacle: 'never-release' }, 'what the policy marks')
  },
)

t.test('suggestion: none where the policy has it already, unless that has expired', async t => {
  const text = insertExceptions(testPolicy(443), [suggested])!
  const withIt = parsePolicy(text, readReference)
  if (!withIt.ok) throw new Error(JSON.stringify(withIt.problems))
  t.match(suggestExceptions(alarm, withIt.policy, answerable, time), { obstacle: 'already-there' })
  const late = Date.parse('2027-03-02T00:00:00Z')
  t.match(suggestExceptions(alarm, withIt.policy, answerable, late), { kind: 'exceptions' })
})

t.test('insertion: every other character stays, wherever exceptions stand', async t => {
  const item = (indent: number): string =>
    Object.entries(suggested)
      .map(([key, value], index) => `${' '.repeat(indent)}${index === 0 ? '- ' : '  '}${key}: ${value}\n`)
      .join('')
  const texts: Readonly<Record<string, readonly [before: string, after: string]>> = {
    'no exceptions yet': ['version: 1 # first\n', `version: 1 # first\n\nexceptions:\n${item(2)}`],
    'no line break at the end': ['version: 1', `version: 1\n\nexceptions:\n${item(2)}`],
    'behind the last one, before a comment on what follows': [
      'exceptions:\n  # kits\n  - id: a # one\n    route: b # two\n\n# the rest\nversion: 1\n',
      `exceptions:\n  # kits\n  - id: a # one\n    route: b # two\n${item(2)}\n# the rest\nversion: 1\n`,
    ],
    'at the column of the others': [
      'exceptions:\n- id: a\nversion: 1\n',
      `exceptions:\n- id: a\n${item(0)}version: 1\n`,
    ],
    'at the end, without a line break': ['exceptions:\n    - id: a', `exceptions:\n    - id: a\n${item(4)}`],
    'an empty list': ['exceptions: [] # none\n', `exceptions: [${JSON.stringify(suggested)}] # none\n`],
    JSON: ['{"version":1}', `{"version":1, "exceptions": [${JSON.stringify(suggested)}]}`],
    'JSON with some': ['{"exceptions":[{"id":"a"}]}', `{"exceptions":[{"id":"a"}, ${JSON.stringify(suggested)}]}`],
  }
  for (const [name, [before, after]] of Object.entries(texts)) {
    t.equal(insertExceptions(before, [suggested]), after, name)
    t.match((parse(after) as { exceptions: unknown[] }).exceptions.at(-1), suggested, name)
  }
  for (const text of ['exceptions:\n', 'version: 1\n...\n', '- 1\n', 'a: [', 'exceptions: &a\n  - id: b\nx: *a\n'])
    t.equal(insertExceptions(text, [suggested]), null, text)
})
