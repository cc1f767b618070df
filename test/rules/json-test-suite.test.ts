/**
 * The published JSONTestSuite, run whole when `JSON_TEST_SUITE` names the folder that holds `test_parsing/`: the octets of each
 * file as a body would be read. What RFC 8259 leaves to the parser (`i_`) is decided in docs/json.md.
 * @see https://github.com/nst/JSONTestSuite
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { decodeText } from '../../rules/decode.ts'
import { readJson, type JsonFault } from '../../rules/json.ts'
import { defaultLimits } from '../../rules/policy.ts'
import { blockReasons } from '../../rules/verdict.ts'

const folder = process.env.JSON_TEST_SUITE
const skip = folder === undefined && 'JSON_TEST_SUITE names no folder with the suite'

/** As the body of a request is read; `body-undecodable` for octets that are no UTF-8. */
const outcomeOf = (octets: Uint8Array): JsonFault | 'body-undecodable' | 'accepted' => {
  const text = decodeText(octets)
  if (text === null) return 'body-undecodable'
  const reading = readJson(text, defaultLimits)
  return reading.ok ? 'accepted' : reading.fault
}

type Outcome = ReturnType<typeof outcomeOf>

const files = (kind: string): readonly string[] =>
  readdirSync(join(folder!, 'test_parsing')).filter(name => name.startsWith(kind) && name.endsWith('.json'))

const outcomeOfFile = (name: string): Outcome => outcomeOf(readFileSync(join(folder!, 'test_parsing', name)))

/** Valid JSON that means two things: RFC 8259 lets it stand, RFC 7493 does not, and neither do we. */
const ambiguous: Readonly<Record<string, Outcome>> = {
  'y_object_duplicated_key.json': 'json-duplicate-name',
  'y_object_duplicated_key_and_value.json': 'json-duplicate-name',
}

t.test('JSONTestSuite: every n_ is refused', { skip }, async t => {
  const names = files('n_')
  for (const name of names) t.not(outcomeOfFile(name), 'accepted', name)
  t.ok(names.length >= 188, `${names.length} files`)
})

t.test('JSONTestSuite: every y_ is accepted, but for names that come twice', { skip }, async t => {
  const names = files('y_')
  for (const name of names) t.equal(outcomeOfFile(name), ambiguous[name] ?? 'accepted', name)
  t.ok(names.length >= 95, `${names.length} files`)
})

const page = readFileSync(join(import.meta.dirname, '../../docs/json.md'), 'utf8')
const decided = new Map(
  [...page.matchAll(/^\| `(i_[^`]+)` +\| `([^`]+)`/gm)].map(([, name, outcome]) => [name!, outcome!]),
)

t.test('JSONTestSuite: docs/json.md decides every i_, with an outcome that there is', async t => {
  const outcomes = ['accepted', ...Object.keys(blockReasons)]
  t.equal(decided.size, 35)
  for (const [name, outcome] of decided) t.ok(outcomes.includes(outcome), name)
})

t.test('JSONTestSuite: every i_ has the outcome that docs/json.md says', { skip }, async t => {
  const names = files('i_')
  t.same([...decided.keys()].toSorted(), names.toSorted())
  for (const name of names) t.equal(outcomeOfFile(name), decided.get(name), name)
})
