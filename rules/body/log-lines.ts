import type { JsonValue } from '../canonical.ts'
import type { JsonLimits } from '../json.ts'
import { automatonOf, literal, overlap, sequence, type Automaton } from './finite-shape.ts'
import { parseParameter, type LogParameter, type ParameterProblem } from './log-parameter.ts'

/** What a line is made of: text of the template, or a parameter. */
type Part = { readonly text: string } | { readonly name: string; readonly parameter: LogParameter }

type Template = { readonly id: string; readonly parts: readonly Part[] }

/** Templates of a policy, compiled once. No two of them can read the same line. */
export type LogTemplates = { readonly templates: ReadonlyMap<string, Template>; readonly root: Node }

/** Templates that begin alike share what they begin with, so that it is read once. */
type Node = {
  readonly texts: { readonly text: string; readonly node: Node }[]
  readonly parameters: { readonly parameter: LogParameter; readonly node: Node }[]
  /** The template that ends here. */
  template: Template | null
}

/** What can be wrong with a template, and what to write instead. Names are stable. */
export const templateProblems = {
  'no-templates': 'name at least one template',
  'bad-id': 'an id is made of lower-case letters, digits and hyphens, 63 at the most',
  'too-long': 'a template has 1 to 512 characters',
  'bad-text': 'text is printable; write a brace as {{ or }}',
  'bad-name':
    'a parameter is {name:type} or {name:type(…)}, its name in letters and digits, beginning with a lower-case letter',
  'duplicate-name': 'a template names each parameter once',
  'unknown-type': 'the types are timestamp, enum, integer, number, code and version',
  unbounded: 'give the values, a range, the decimals or a pattern without * and +: what is unbounded does not leave',
  'bad-arguments': 'what stands in parentheses does not fit the type',
  'too-large': 'the parameter admits too much to be checked',
  'adjacent-parameters': 'put text between two parameters, so that it is clear where the first ends',
  'unclear-end': 'the text behind the parameter could belong to it: begin it with another character',
  ambiguous: 'another template can read the same line',
} as const satisfies Record<ParameterProblem, string> & Record<string, string>

export type TemplateProblem = {
  readonly template: string
  readonly problem: keyof typeof templateProblems
  /** The template that is at odds with this one, and a line that both can read. */
  readonly other?: { readonly id: string; readonly line: string }
}

export type TemplateReading =
  | { readonly ok: true; readonly templates: LogTemplates }
  | { readonly ok: false; readonly problems: readonly TemplateProblem[] }

const MAX_TEMPLATE = 512

/**
 * Compiles templates such as `{time:timestamp} {level:enum(INFO,WARN)} calibrated in {ms:integer(0..600000)} ms`.
 *
 * Two templates that can read the same line are refused, ranges left out of account: `integer(0..9)` and `integer(10..99)`
 * at the same place are told apart by nobody who reads the template.
 * @param source - template by id
 * @see log-parameter.ts for the types
 */
export const compileTemplates = (source: Readonly<Record<string, string>>): TemplateReading => {
  const problems: TemplateProblem[] = []
  const templates = new Map<string, Template>()
  for (const [id, text] of Object.entries(source)) {
    const parts = /^[a-z0-9][a-z0-9-]{0,62}$/.test(id) ? parseTemplate(text) : 'bad-id'
    if (typeof parts === 'string') problems.push({ template: id, problem: parts })
    else templates.set(id, { id, parts })
  }
  if (templates.size + problems.length === 0) problems.push({ template: '', problem: 'no-templates' })
  problems.push(...ambiguities([...templates.values()]))
  return problems.length > 0 ? { ok: false, problems } : { ok: true, templates: { templates, root: treeOf(templates) } }
}

type Problem = keyof typeof templateProblems

const token =
  /\{\{|\}\}|\{(?<name>[a-z][A-Za-z0-9]{0,31}):(?<type>[a-z]+)(?:\((?<parameters>(?:[^(){}]|\{\d{1,2}(?:,\d{0,2})?\})*)\))?\}|(?<text>[^{}])/gu
const printable = /^(?:[^\p{C}\p{Zl}\p{Zp}]|\t)$/u

const parseTemplate = (source: string): readonly Part[] | Problem => {
  if (source.length === 0 || source.length > MAX_TEMPLATE) return 'too-long'
  const parts: Part[] = []
  let read = 0
  for (const { 0: whole, index, groups = {} } of source.matchAll(token)) {
    if (index !== read) break
    read += whole.length
    const part = parsePart(whole, groups)
    if (typeof part === 'string') return part
    const before = parts.at(-1)
    if ('text' in part && before && 'text' in before) parts[parts.length - 1] = { text: before.text + part.text }
    else parts.push(part)
  }
  return read < source.length ? 'bad-name' : (problemOf(parts) ?? parts)
}

const parsePart = (whole: string, groups: Readonly<Record<string, string | undefined>>): Part | Problem => {
  const { name, type, parameters, text } = groups
  if (name === undefined || type === undefined) {
    const spelled = text ?? whole[0]!
    return printable.test(spelled) ? { text: spelled } : 'bad-text'
  }
  const parameter = parseParameter(type, parameters ?? null)
  return typeof parameter === 'string' ? parameter : { name, parameter }
}

/** Where a parameter ends has to follow from the text behind it. */
const problemOf = (parts: readonly Part[]): Problem | null => {
  const names = parts.flatMap(part => ('name' in part ? [part.name] : []))
  if (new Set(names).size < names.length) return 'duplicate-name'
  for (const [index, part] of parts.entries()) {
    const next = parts[index + 1]
    if ('text' in part || !next) continue
    if ('name' in next) return 'adjacent-parameters'
    if (part.parameter.reader.mayRunInto(next.text, index + 2 === parts.length)) return 'unclear-end'
  }
  return null
}

const treeOf = (templates: ReadonlyMap<string, Template>): Node => {
  const root: Node = { texts: [], parameters: [], template: null }
  for (const template of templates.values()) template.parts.reduce(childFor, root).template = template
  return root
}

const childFor = ({ texts, parameters }: Node, part: Part): Node => {
  const same =
    'text' in part
      ? texts.find(({ text }) => text === part.text)
      : parameters.find(({ parameter }) => parameter.spelling === part.parameter.spelling)
  if (same) return same.node
  const node: Node = { texts: [], parameters: [], template: null }
  if ('text' in part) texts.push({ text: part.text, node })
  else parameters.push({ parameter: part.parameter, node })
  return node
}

const automatonOfTemplate = ({ parts }: Template): Automaton =>
  automatonOf(sequence(...parts.map(part => ('text' in part ? literal(part.text) : part.parameter.shape))))

const ambiguities = (templates: readonly Template[]): readonly TemplateProblem[] => {
  const automata = templates.map(automatonOfTemplate)
  return templates.flatMap(({ id: template }, index) => {
    for (const [earlier, { id }] of templates.slice(0, index).entries()) {
      const line = overlap(automata[earlier]!, automata[index]!)
      if (line !== null) return [{ template, problem: 'ambiguous' as const, other: { id, line } }]
    }
    return []
  })
}

export type LogLine = { template: string; parameters: { [name: string]: JsonValue } }

/** A log as a value: which template each line follows, and with what. */
export type LogValue = { lines: LogLine[] }

export type LogReading =
  | { readonly ok: true; readonly value: LogValue; /** Lines that no template reads. */ readonly dropped: number }
  | {
      readonly ok: false
      readonly fault: 'unmatched-line' | 'too-many-lines'
      /** Counted from 1. What stands there is not repeated. */
      readonly line: number
    }

/**
 * Reads a log line by line, in time that grows with its length. Lines end in LF or CRLF, the last one perhaps in nothing; an
 * empty line is one that no template reads. A byte order mark is skipped.
 * @param maxMembers - of all lines together, counted as in a JSON text; a line that is left out counts one
 * @param onUnmatched - `block`: the first line that no template reads refuses the log; `drop`: such lines are left out
 */
export const decodeLog = (
  text: string,
  { root }: LogTemplates,
  onUnmatched: 'block' | 'drop',
  { maxMembers }: Pick<JsonLimits, 'maxMembers'>,
): LogReading => {
  const lines: LogLine[] = []
  let dropped = 0
  let number = 0
  let members = 0
  for (const line of linesOf(text)) {
    number++
    const read = readLine(line, root)
    members += read ? 3 + Object.keys(read.parameters).length : 1
    if (members > maxMembers) return { ok: false, fault: 'too-many-lines', line: number }
    if (read) lines.push(read)
    else if (onUnmatched === 'drop') dropped++
    else return { ok: false, fault: 'unmatched-line', line: number }
  }
  return { ok: true, value: { lines }, dropped }
}

const linesOf = function* (text: string): Generator<string> {
  for (let start = text.startsWith('\ufeff') ? 1 : 0; start < text.length;) {
    const found = text.indexOf('\n', start)
    const end = found < 0 ? text.length : found
    const isCrLf = found > start && text[end - 1] === '\r'
    yield text.slice(start, isCrLf ? end - 1 : end)
    start = end + 1
  }
}

/** Each parameter takes all it can: `problemOf` has made sure that nothing else would fit. */
const readLine = (line: string, root: Node): LogLine | null => {
  const values: JsonValue[] = []
  const template = walk(line, 0, root, values)
  if (!template) return null
  const names = template.parts.flatMap(part => ('name' in part ? [part.name] : []))
  const parameters = Object.fromEntries(names.map((name, index) => [name, values[index]!]))
  return { template: template.id, parameters }
}

/** Leaves in `values` those of the template that reads the rest of the line. */
const walk = (
  line: string,
  at: number,
  { texts, parameters, template }: Node,
  values: JsonValue[],
): Template | null => {
  if (at === line.length) return template
  for (const { text, node } of texts) {
    const found = line.startsWith(text, at) ? walk(line, at + text.length, node, values) : null
    if (found) return found
  }
  for (const { parameter, node } of parameters) {
    const end = parameter.reader.end(line, at)
    const value = end < 0 ? undefined : parameter.parse(line.slice(at, end))
    if (value === undefined) continue
    values.push(value)
    const found = walk(line, end, node, values)
    if (found) return found
    values.pop()
  }
  return null
}

/** A value that no log line has was to be written: a fault of whoever made it. */
export class LogValueError extends Error {
  override readonly name = 'LogValueError'
  readonly code = 'ERR_LOG_VALUE'
  constructor() {
    super('the value is not one that decodeLog gives')
  }
}

/**
 * Writes lines anew from their values, each ended by LF. Numbers are spelled as JSON spells them.
 * @param value - as `decodeLog` gives it, with these templates
 * @throws LogValueError for an unknown template, a parameter too many or too few, or a value out of its type
 */
export const encodeLog = (value: JsonValue, { templates }: LogTemplates): string => {
  const { lines, ...others } = objectOf(value)
  if (!Array.isArray(lines) || Object.keys(others).length > 0) throw new LogValueError()
  let text = ''
  for (const line of lines) text += `${writeLine(objectOf(line), templates)}\n`
  return text
}

const writeLine = (line: { [name: string]: JsonValue }, templates: LogTemplates['templates']): string => {
  const { template: id, parameters, ...others } = line
  const template = typeof id === 'string' ? templates.get(id) : undefined
  if (!template || Object.keys(others).length > 0) throw new LogValueError()
  const values = objectOf(parameters)
  const { parts } = template
  if (Object.keys(values).length !== parts.filter(part => 'name' in part).length) throw new LogValueError()
  return parts.map(part => ('text' in part ? part.text : writeParameter(part.parameter, values, part.name))).join('')
}

/** What is written reads back as the value: so it cannot be anything that a reader would take for something else. */
const writeParameter = (
  { parse, print, reader }: LogParameter,
  values: { [name: string]: JsonValue },
  name: string,
): string => {
  if (!Object.hasOwn(values, name)) throw new LogValueError()
  const value = values[name]!
  const isScalar = typeof value === 'string' || typeof value === 'number'
  const text = isScalar ? print(value) : ''
  const isWhole = text.length > 0 && reader.end(text, 0) === text.length
  if (!isWhole || parse(text) !== value) throw new LogValueError()
  return text
}

const objectOf = (value: JsonValue | undefined): { [name: string]: JsonValue } => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new LogValueError()
  return value
}

/** The closed JSON Schema (draft 2020-12) of the value that `decodeLog` gives. */
export const logSchema = ({ templates }: LogTemplates, maxLines: number): object =>
  closedObject({
    lines: { type: 'array', maxItems: maxLines, items: { anyOf: [...templates.values()].map(lineSchema) } },
  })

const lineSchema = ({ id, parts }: Template): object => {
  const parameters = parts.flatMap(part => ('name' in part ? [[part.name, part.parameter.schema] as const] : []))
  return closedObject({ template: { const: id }, parameters: closedObject(Object.fromEntries(parameters)) })
}

const closedObject = (properties: Readonly<Record<string, object>>): object => ({
  type: 'object',
  additionalProperties: false,
  required: Object.keys(properties),
  properties,
})
