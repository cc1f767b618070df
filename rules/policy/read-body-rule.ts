import { interopSchema } from '../body/interop-schema.ts'
import { compileTemplates, logSchema, templateProblems } from '../body/log-lines.ts'
import { readValueRules, type ValueRulesSource } from '../body/read-value-rules.ts'
import type { JsonValue } from '../canonical.ts'
import { propertyNames, propertyOrders } from '../closed-schema.ts'
import { fixedFragments } from '../drip/fixed-fragments.ts'
import { decodedSchema } from '../embedded-places.ts'
import type { Path } from '../json-pointer.ts'
import type { BodyRule, PartRule } from '../policy.ts'
import type { Proofreader } from './proofreader.ts'
import type {
  RawBody,
  RawForm,
  RawInterop,
  RawJson,
  RawLines,
  RawLog,
  RawMultipart,
  RawPart,
  RawSchema,
  RawText,
} from './raw-policy.ts'
import { readParameters } from './read-parameters.ts'

type RuleOf<Kind> = Extract<BodyRule, { kind: Kind }>

/** What a body may hold; null where that cannot be said, which is then reported. */
export const readBodyRule = (raw: RawBody, path: Path, proof: Proofreader): BodyRule | null => {
  switch (raw.kind) {
    case 'none':
      return raw
    case 'form':
      return formRule(raw, path, proof)
    case 'multipart':
      return multipartRule(raw, path, proof)
    case 'json':
    case 'ndjson':
    case 'interop':
    case 'log':
      return contentRule(raw, path, proof)
  }
}

type RawContent = RawJson | RawLines | RawInterop | RawLog

/** What a whole body can hold, and a part of a form as well. */
const contentRule = (raw: RawContent, path: Path, proof: Proofreader): RuleOf<RawContent['kind']> | null => {
  switch (raw.kind) {
    case 'json':
      return jsonRule(raw, path, proof)
    case 'ndjson':
      return linesRule(raw, path, proof)
    case 'interop':
      return interopRule(raw, path, proof)
    case 'log':
      return logRule(raw, path, proof)
  }
}

const jsonRule = (
  { contentTypes = ['application/json'], ...raw }: RawJson,
  path: Path,
  proof: Proofreader,
): RuleOf<'json'> | null => {
  const parts = schemaParts(raw, path, proof)
  return parts && { kind: 'json', contentTypes, ...parts }
}

const linesRule = (
  { contentTypes = ['application/x-ndjson'], ...raw }: RawLines,
  path: Path,
  proof: Proofreader,
): RuleOf<'ndjson'> | null => {
  const parts = schemaParts(raw, path, proof)
  return parts && { kind: 'ndjson', contentTypes, maxLines: raw.maxLines, ...parts }
}

/** What a schema, and the rules beside it, make of a JSON value. */
const schemaParts = (raw: ValueRulesSource & { readonly schema: RawSchema }, path: Path, proof: Proofreader) => {
  const key = [...path, 'schema']
  const schema = proof.schema(raw.schema, key)
  if (schema === null) return null
  const names = propertyNames(schema)
  proof.harmless(names, key)
  const validate = proof.compile(schema, key)
  const { rules, problems } = readValueRules(raw, decodedSchema(schema))
  for (const { path: inner, message } of problems) proof.report([...path, ...inner], message)
  const fixed = fixedFragments(schema)
  return { validate, names, fixed, orders: propertyOrders(schema), embedded: proof.embedded(schema), rules }
}

const formRule = (raw: RawForm, path: Path, proof: Proofreader): BodyRule => {
  const { contentTypes = ['application/x-www-form-urlencoded'] } = raw
  const parameters = readParameters(raw.parameters, [...path, 'parameters'], proof)
  const names = new Set(parameters.keys())
  proof.harmless(names, [...path, 'parameters'])
  const fixed = new Set([...parameters.values()].flatMap(parameter => [...parameter.fixed]))
  return { kind: 'form', contentTypes, parameters, names, fixed }
}

const interopRule = (raw: RawInterop, path: Path, proof: Proofreader): RuleOf<'interop'> | null => {
  const { metric, version, contentTypes = ['application/octet-stream'] } = raw
  const key = [...path, raw.schema === undefined ? 'metric' : 'schema']
  const schema = raw.schema === undefined ? interopSchema(metric, version) : proof.schema(raw.schema, key)
  if (schema === null && raw.schema === undefined)
    proof.report([...path, 'version'], `version ${version} of ${metric} is not known`)
  if (schema === null) return null
  // The schema that comes with the metrics belongs to what is admitted, as one that the policy names does.
  if (raw.schema === undefined) proof.references[`interop:${metric}`] = schema as JsonValue
  const names = propertyNames(schema)
  proof.harmless(names, key)
  return {
    kind: 'interop',
    contentTypes,
    metric,
    validate: proof.compilePlain(schema, key),
    names,
    fixed: fixedFragments(schema),
  }
}

const logRule = (
  { contentTypes = ['text/plain'], onUnmatched = 'block', ...raw }: RawLog,
  path: Path,
  proof: Proofreader,
): RuleOf<'log'> | null => {
  const reading = compileTemplates(raw.templates)
  if (!reading.ok) {
    for (const { template, problem, other } of reading.problems)
      proof.report(
        [...path, 'templates', template],
        templateProblems[problem] + (other ? `: ${other.id}, for example ${JSON.stringify(other.line)}` : ''),
      )
    return null
  }
  const schema = logSchema(reading.templates, 0)
  const names = propertyNames(schema)
  proof.harmless(names, [...path, 'templates'])
  return { kind: 'log', contentTypes, templates: reading.templates, onUnmatched, names, fixed: fixedFragments(schema) }
}

const multipartRule = ({ parts: raw }: RawMultipart, path: Path, proof: Proofreader): BodyRule | null => {
  const parts = Object.entries(raw).map(([name, part]) => partRule(name, part, [...path, 'parts', name], proof))
  const rules = parts.filter(part => part !== null)
  const inParts = rules.flatMap(({ body }) => ('names' in body ? [...body.names] : []))
  proof.harmless(new Set(Object.keys(raw)), [...path, 'parts'])
  const names = new Set([...Object.keys(raw), 'content', 'fileName', ...inParts])
  const byName = new Map(rules.map(rule => [rule.name, rule]))
  if (rules.length < parts.length) return null
  const fixed = new Set(
    rules.flatMap(({ body, fileName }) => [...body.fixed, ...(typeof fileName === 'object' ? fileName.fixed : [])]),
  )
  return { kind: 'multipart', contentTypes: ['multipart/form-data'], parts: byName, names, fixed }
}

const partRule = (name: string, raw: RawPart, path: Path, proof: Proofreader): PartRule | null => {
  const { required = false, maxItems = null } = raw
  const content = [...path, 'body']
  const body = raw.body.kind === 'text' ? textRule(raw.body, content, proof) : contentRule(raw.body, content, proof)
  const fileName = fileNameRule(raw.fileName, [...path, 'fileName'], proof)
  return body && { name, required, maxItems, fileName, body }
}

const fileNameRule = (raw: RawPart['fileName'], path: Path, proof: Proofreader): PartRule['fileName'] => {
  if (raw === undefined) return 'refuse'
  if (raw === 'drop') return raw
  const validate = proof.compilePlain(raw.schema, [...path, 'schema'])
  return { required: raw.required ?? false, validate, fixed: fixedFragments(raw.schema) }
}

const textRule = ({ schema }: RawText, path: Path, proof: Proofreader): PartRule['body'] => ({
  kind: 'text',
  contentTypes: ['text/plain'],
  validate: proof.compilePlain(schema, [...path, 'schema']),
  fixed: fixedFragments(schema),
})
