import { referenceToken } from '../json-pointer.ts'
import { mapSchemas } from '../schema-positions.ts'

/** What a policy says of a part, with the schema of its content. */
export type PartSchema = {
  readonly name: string
  readonly required: boolean
  /** Null: it is no list. */
  readonly maxItems: number | null
  /** Null: none is kept. */
  readonly fileName: { readonly schema: unknown; readonly required: boolean } | null
  /** Null where it could not be read. */
  readonly content: unknown
}

/** The schema of the value that `readMultipartValue` makes of a form: for looking at, not for validating. */
export const multipartSchema = (parts: readonly PartSchema[]): object => ({
  type: 'object',
  additionalProperties: false,
  required: parts.filter(({ required }) => required).map(({ name }) => name),
  properties: Object.fromEntries(parts.map(part => [part.name, ofPart(part)])),
})

const ofPart = ({ name, maxItems, fileName, content }: PartSchema): object => {
  const at = `/properties${referenceToken(name)}${maxItems === null ? '' : '/items'}/properties`
  const item = {
    type: 'object',
    additionalProperties: false,
    required: fileName?.required ? ['fileName', 'content'] : ['content'],
    properties: {
      ...(fileName && { fileName: movedSchema(fileName.schema, `${at}/fileName`) }),
      content: movedSchema(content, `${at}/content`),
    },
  }
  return maxItems === null ? item : { type: 'array', minItems: 1, maxItems, items: item }
}

/** A schema document as it reads at a place within another: its references lead where they led. */
export const movedSchema = (schema: unknown, pointer: string): unknown =>
  mapSchemas(schema, ({ $schema: _dialect, $id: _id, ...one }) =>
    typeof one.$ref === 'string' && one.$ref.startsWith('#')
      ? { ...one, $ref: `#${pointer}${one.$ref.slice(1)}` }
      : one,
  )
