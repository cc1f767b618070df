/**
 * The published JSON-Schema-Test-Suite, draft 2020-12, run whole when `JSON_SCHEMA_TEST_SUITE` names the folder that holds
 * `tests/draft2020-12/`. Each schema of it is either refused before it is put to use or judges every instance as the suite says.
 * @see https://github.com/json-schema-org/JSON-Schema-Test-Suite
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { stringify } from 'yaml'
import type { JsonValue } from '../../rules/canonical.ts'
import { openings } from '../../rules/closed-schema.ts'
import { compileSchema, type Validator } from '../../rules/schema.ts'
import { lint } from '../../rules/workbench/lint.ts'
import { closedForm } from '../kit/closed-form.ts'
import { arrivalTime } from '../kit/message.ts'

type Case = { readonly description: string; readonly data: JsonValue; readonly valid: boolean }
type Group = { readonly description: string; readonly schema: object | boolean; readonly tests: readonly Case[] }
type Suite = readonly { readonly file: string; readonly group: Group }[]

const folder = process.env.JSON_SCHEMA_TEST_SUITE
const skip = folder === undefined && 'JSON_SCHEMA_TEST_SUITE names no folder with the suite'

const readSuite = (): Suite => {
  const root = join(folder!, 'tests', 'draft2020-12')
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.json'))
    .sort()
    .flatMap(file =>
      (JSON.parse(readFileSync(join(root, file), 'utf8')) as readonly Group[]).map(group => ({ file, group })),
    )
}

/** Why a schema is not put to use, or the validator. */
const loaded = (schema: object | boolean): { readonly refused: string } | { readonly validate: Validator } => {
  const [opening] = openings(schema)
  if (opening) return { refused: opening.problem }
  try {
    return { validate: compileSchema(schema as object) }
  } catch {
    return { refused: 'not strict' }
  }
}

/**
 * `format` annotates in the dialect that schemas here are written in, and lint says so at each one. The suite has these tests for
 * validators that are told to assert it.
 */
const assertsFormat = (file: string): boolean => file.startsWith('optional/format/')

/** Every disagreement, by the name of its test; what was refused is counted by reason. */
const runSuite = (suite: Suite, form: (group: Group) => object | boolean) => {
  const disagreements: string[] = []
  const refusals = new Map<string, number>()
  let right = 0
  let annotated = 0
  for (const { file, group } of suite) {
    const answer = loaded(form(group))
    if ('refused' in answer) {
      refusals.set(answer.refused, (refusals.get(answer.refused) ?? 0) + group.tests.length)
      continue
    }
    for (const { description, data, valid } of group.tests) {
      if (answer.validate(data).ok === valid) right++
      else if (assertsFormat(file) && !valid) annotated++
      else disagreements.push(`${file}: ${group.description}: ${description}`)
    }
  }
  return { right, annotated, refusals, disagreements }
}

const report = (t: Test, { right, annotated, refusals }: ReturnType<typeof runSuite>, suite: Suite): void => {
  const all = suite.reduce((sum, { group }) => sum + group.tests.length, 0)
  t.comment(`${all} tests: ${right} judged right, ${annotated} told by lint that "format" is not checked; refused:`)
  for (const [reason, count] of [...refusals].sort((a, b) => b[1] - a[1])) t.comment(`  ${count} ${reason}`)
}

t.test(
  'P1: JSON-Schema-Test-Suite: each schema as it stands is refused, or every case is judged right',
  { skip },
  async t => {
    const suite = readSuite()
    const result = runSuite(suite, ({ schema }) => schema)
    report(t, result, suite)
    t.same(result.disagreements, [])
    t.ok(result.right > 100, `${result.right} judged`)
  },
)

t.test(
  'P1: JSON-Schema-Test-Suite: each schema, closed without changing what it says, is refused, or every case is judged right',
  { skip },
  async t => {
    const suite = readSuite()
    const result = runSuite(suite, ({ schema, tests }) =>
      closedForm(
        schema,
        tests.map(({ data }) => data),
      ),
    )
    report(t, result, suite)
    t.same(result.disagreements, [])
    t.ok(result.right > 1_000, `${result.right} judged`)
  },
)

/** Where the validator alone, without the check for openings, judges otherwise than the suite; each of these schemas is refused. */
const otherwise: Readonly<Record<string, string>> = {
  'dynamicRef.json': 'ajv resolves "$dynamicRef" to less than the draft says',
  'optional/ecmascript-regex.json': 'RE2 knows escapes that ECMA-262 does not',
  'unevaluatedProperties.json': 'ajv takes a property for evaluated by an "if" that fails',
}

t.test('JSON-Schema-Test-Suite: the validator alone, wrong only where the reason is known', { skip }, async t => {
  const counts = new Map<string, number>()
  for (const { file, group } of readSuite()) {
    let validate: Validator
    try {
      validate = compileSchema(group.schema as object)
    } catch {
      continue
    }
    const wrong = group.tests.filter(({ data, valid }) => validate(data).ok !== valid && !assertsFormat(file))
    if (wrong.length === 0) continue
    counts.set(file, (counts.get(file) ?? 0) + wrong.length)
    t.ok(openings(group.schema).length > 0, `${file}: ${group.description}: refused`)
    t.ok(file in otherwise, `${file}: ${group.description}: a known reason`)
  }
  for (const [file, count] of counts) t.comment(`${count} in ${file}: ${otherwise[file]}`)
})

const policyWith = (schema: object): string =>
  stringify({
    version: 1,
    instruments: [{ id: 'one', address: '10.0.0.1' }],
    destinations: [{ id: 'vendor', host: 'vendor.example' }],
    routes: [{ id: 'one', destination: 'vendor', method: 'POST', path: '/one', body: { kind: 'json', schema } }],
  })

t.test('JSON-Schema-Test-Suite: lint warns of every "format", none of which is enforced', { skip }, async t => {
  const groups = readSuite().filter(({ file }) => assertsFormat(file))
  for (const { file, group } of groups) {
    const form = closedForm(
      group.schema,
      group.tests.map(({ data }) => data),
    )
    if (!JSON.stringify(form).includes('"format":')) continue
    const codes = lint(policyWith(form), () => null, arrivalTime).map(({ code }) => code)
    t.ok(codes.includes('unenforced-format') || codes.includes('open-schema'), `${file}: ${group.description}`)
  }
})
