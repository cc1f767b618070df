import type { JsonValue } from '../canonical.ts'
import casesSchema from './cases.schema.json' with { type: 'json' }
import { referenceToken, type Path } from '../json-pointer.ts'
import { documentSchema, inOrder, keyOf, readYamlDocument, type Problem } from '../policy/yaml-document.ts'
import { dripRules } from '../drip/drip-rules.ts'
import { detectors } from '../registry.ts'
import { resolvePlace } from './resolve-place.ts'
import { blockReasons, type Judgement } from '../verdict.ts'

/** Something that a policy must let through, or must block; see `cases.schema.json`. */
export type TestCase = {
  readonly name: string
  readonly route: string
  readonly payload:
    | { readonly kind: 'file'; readonly file: string }
    | { readonly kind: 'text'; readonly text: string }
    | { readonly kind: 'none' }
  readonly instrument?: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly expect: 'allow' | 'block'
  readonly reason?: string
  readonly pointer?: string
  readonly detector?: string
  readonly exception?: string
}

/** Ids of what a policy has, and a case may name. */
export type Nameable = { readonly routes: readonly string[]; readonly exceptions: readonly string[] }

export type CasesReading =
  | { readonly ok: true; readonly cases: readonly TestCase[] }
  | { readonly ok: false; readonly problems: readonly Problem[] }

type RawCase = Omit<TestCase, 'payload'> & {
  readonly file?: string
  readonly json?: JsonValue
  readonly text?: string
}

/**
 * Reads a file of cases (YAML 1.2, described by `cases.schema.json`).
 * @returns every problem found, in the order of the text; cases only when there is none
 */
export const readCases = (text: string, nameable: Nameable): CasesReading => {
  const document = readYamlDocument(text, schema)
  if (!document.ok) return document
  const { cases } = document.value as unknown as { readonly cases: readonly RawCase[] }
  const complaints = complaintsAbout(cases, nameable)
  const problems = complaints.map(([path, message]) => ({ ...document.locate(path), key: keyOf(path), message }))
  return problems.length > 0 ? { ok: false, problems: inOrder(problems) } : { ok: true, cases: cases.map(caseOf) }
}

const schema = documentSchema(casesSchema)

type Complaint = readonly [Path, string]

/** What the schema cannot see. */
const complaintsAbout = (cases: readonly RawCase[], { routes, exceptions }: Nameable): readonly Complaint[] =>
  cases.flatMap((one, index) => {
    const about = (key: string, message: string): Complaint => [['cases', index, key], message]
    const payloads = ['file', 'json', 'text'].filter(key => Object.hasOwn(one, key))
    const ofBlocks = ['reason', 'pointer', 'detector'].filter(key => one.expect === 'allow' && Object.hasOwn(one, key))
    const found: Complaint[] = [
      ...payloads.slice(1).map(key => about(key, 'a case has one payload: file, json or text')),
      ...ofBlocks.map(key => about(key, 'stands only beside "expect: block"')),
    ]
    if (cases.findIndex(({ name }) => name === one.name) < index) found.push(about('name', 'stands here a second time'))
    if (!routes.includes(one.route)) found.push(about('route', `the policy has no such route: ${routes.join(', ')}`))
    if (one.reason !== undefined && !Object.hasOwn(blockReasons, one.reason))
      found.push(about('reason', 'is no reason of a block'))
    if (one.detector !== undefined && ![...detectors, dripRules.sum].some(({ id }) => id === one.detector))
      found.push(about('detector', 'there is no such detector'))
    if (one.exception !== undefined && !exceptions.includes(one.exception))
      found.push(about('exception', 'the policy has no such exception'))
    return found
  })

const caseOf = ({ file, json, text, ...rest }: RawCase): TestCase => {
  if (file !== undefined) return { ...rest, payload: { kind: 'file', file } }
  if (text !== undefined) return { ...rest, payload: { kind: 'text', text } }
  return json === undefined
    ? { ...rest, payload: { kind: 'none' } }
    : { ...rest, payload: { kind: 'text', text: JSON.stringify(json) } }
}

/**
 * In what a verdict differs from what a case expects, in words that repeat nothing of the payload; empty when it is as expected.
 * @param body - the payload's value, so that a pointer may spell a name that the verdict does not repeat
 */
export const differences = (test: TestCase, verdict: Judgement, body: JsonValue | undefined): readonly string[] => {
  const ofException = exceptionDifferences(test, verdict)
  if (verdict.kind === 'forward')
    return [...(test.expect === 'allow' ? [] : ['expected block, got allow']), ...ofException]
  const { reason, place, findings } = verdict
  if (test.expect === 'allow')
    return [`expected allow, got block: ${reason}${place ? ` at ${place.pointer || '/'}` : ''}`, ...ofException]
  const pointers = [...(place ? [place] : []), ...findings].flatMap(({ pointer }) => [pointer, spelled(pointer, body)])
  return [
    ...(test.reason === undefined || test.reason === reason ? [] : [`expected reason ${test.reason}, got ${reason}`]),
    ...(test.pointer === undefined || pointers.includes(test.pointer)
      ? []
      : [`expected pointer ${test.pointer}, got ${place?.pointer ?? 'none'}`]),
    ...(test.detector === undefined || findings.some(({ detector }) => detector === test.detector)
      ? []
      : [`expected detector ${test.detector}, got ${findings.map(({ detector }) => detector).join(', ') || 'none'}`]),
    ...ofException,
  ]
}

const exceptionDifferences = ({ exception }: TestCase, { exceptions }: Judgement): readonly string[] =>
  exception === undefined || exceptions.includes(exception)
    ? []
    : [`expected exception ${exception}, got ${exceptions.join(', ') || 'none'}`]

const spelled = (pointer: string, body: JsonValue | undefined): string =>
  resolvePlace(pointer, body).path.map(referenceToken).join('')
