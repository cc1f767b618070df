import { interopSchema } from '../body/interop-schema.ts'
import { compileTemplates, logSchema } from '../body/log-lines.ts'
import { movedSchema, multipartSchema } from '../body/multipart-schema.ts'
import type { JsonValue } from '../canonical.ts'
import { readJson } from '../json.ts'
import { schemaLimits, type ReadReference } from './proofreader.ts'
import type { RawBody, RawMultipart, RawParameters, RawPart, RawSchema } from './raw-policy.ts'

/**
 * The schema of what a body is read into, as its author wrote it or as it follows from the kind of the body; for newline-delimited
 * JSON of each line.
 * @param maxLines - of a log
 * @returns null for no body, and where the schema cannot be read, which `parsePolicy` reports
 */
export const bodySchema = (raw: RawBody, readReference: ReadReference, maxLines: number): JsonValue => {
  switch (raw.kind) {
    case 'none':
      return null
    case 'json':
    case 'ndjson':
      return readSchema(raw.schema, readReference)
    case 'form':
      return formSchema(raw.parameters)
    case 'interop':
      return raw.schema === undefined
        ? (interopSchema(raw.metric, raw.version) as JsonValue)
        : readSchema(raw.schema, readReference)
    case 'log': {
      const compiled = compileTemplates(raw.templates)
      return compiled.ok ? (logSchema(compiled.templates, maxLines) as JsonValue) : null
    }
    case 'multipart':
      return partsSchema(raw, readReference, maxLines)
  }
}

const partsSchema = ({ parts }: RawMultipart, readReference: ReadReference, maxLines: number): JsonValue =>
  multipartSchema(
    Object.entries(parts).map(([name, { required = false, maxItems, fileName, body }]) => ({
      name,
      required,
      maxItems: maxItems ?? null,
      fileName: typeof fileName === 'object' ? { schema: fileName.schema, required: fileName.required ?? false } : null,
      content: partSchema(body, readReference, maxLines),
    })),
  ) as JsonValue

/** Lines are a list in the value of a form. */
const partSchema = (raw: RawPart['body'], readReference: ReadReference, maxLines: number): unknown => {
  if (raw.kind === 'text') return raw.schema
  const schema = bodySchema(raw, readReference, maxLines)
  return raw.kind === 'ndjson'
    ? { type: 'array', minItems: 1, maxItems: raw.maxLines, items: movedSchema(schema, '/items') }
    : schema
}

/** A form is an object of strings. */
const formSchema = (parameters: RawParameters): JsonValue => ({
  type: 'object',
  additionalProperties: false,
  required: Object.keys(parameters).filter(name => parameters[name]!.required === true),
  properties: Object.fromEntries(
    Object.entries(parameters).map(([name, { schema }]) => [name, schema as JsonValue] as const),
  ),
})

const readSchema = (schema: RawSchema, readReference: ReadReference): JsonValue => {
  if (typeof schema === 'object') return schema as JsonValue
  const text = readReference(schema)
  const reading = text === null ? null : readJson(text, schemaLimits)
  return reading?.ok ? reading.value : null
}
