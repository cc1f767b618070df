import {
  Ajv2020,
  type AnySchemaObject,
  type CodeKeywordDefinition,
  type ErrorObject,
  type FuncKeywordDefinition,
  type KeywordCxt,
  type ValidateFunction,
} from 'ajv/dist/2020.js'
import type { JsonValue } from './canonical.ts'
import { decodedSchema } from './embedded-places.ts'
import { areDistinct, isOneOf } from './json-equality.ts'
import { pathOf, type Path } from './json-pointer.ts'
import { multipleOf } from './multiple-of.ts'
import { compilePattern } from './pattern.ts'

export type Validation = { readonly ok: true } | { readonly ok: false; readonly keyword: string; readonly path: Path }

export type Validator = (value: JsonValue) => Validation

/**
 * Compiles a closed JSON Schema, draft 2020-12.
 *
 * ajv fails open unless told not to: `strict` refuses unknown keywords, `ownProperties` keeps the prototype out, `$data` and
 * `verbose` stay off. Patterns run on RE2, which is linear in the length of the input; `multipleOf` is exact, where ajv takes
 * either a tolerance or the rounding of binary fractions; `enum`, `const` and `uniqueItems` compare objects whatever their
 * members are called. JSON that stands in strings (`contentSchema`) has been read before: the validator takes the value in
 * which it stands in their place.
 * @throws Error from ajv for a schema that is not valid or not strict
 */
export const compileSchema = (schema: object): Validator => {
  const ajv = new Ajv2020({
    strict: true,
    strictTypes: true,
    strictRequired: false,
    ownProperties: true,
    allErrors: false,
    validateFormats: false,
    logger: false,
    code: { regExp: linearRegExp },
  })
  for (const definition of ownKeywords) {
    ajv.removeKeyword(definition.keyword as string)
    ajv.addKeyword(definition)
  }
  const validate = ajv.compile(decodedSchema(schema) as AnySchemaObject)
  return value => (validate(value) ? { ok: true } : failure(validate, value))
}

/** The value is held to the schema of the keyword, as `allOf` holds it to each of its own. */
const holdToSchema = (cxt: KeywordCxt): void => {
  const valid = cxt.gen.name('valid')
  cxt.subschema({ keyword: 'contentSchema' }, valid)
  cxt.ok(valid)
}

const ownKeywords: readonly (FuncKeywordDefinition | CodeKeywordDefinition)[] = [
  { keyword: 'contentSchema', schemaType: ['object', 'boolean'], code: holdToSchema },
  { keyword: 'multipleOf', type: 'number', schemaType: 'number', compile: multipleOf, errors: false },
  { keyword: 'enum', schemaType: 'array', compile: isOneOf, errors: false },
  { keyword: 'const', compile: (value: JsonValue) => isOneOf([value]), errors: false },
  {
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    compile: (asked: boolean) => (asked ? areDistinct : () => true),
    errors: false,
  },
]

const failure = (validate: ValidateFunction, value: JsonValue): Validation => {
  const [error] = validate.errors ?? []
  if (!error) return { ok: false, keyword: 'unknown', path: [] }
  return { ok: false, keyword: error.keyword, path: [...pathOf(error.instancePath, value), ...memberOf(error)] }
}

/** The property an error is about when ajv reports it on the object that holds it, or should hold it. */
const memberOf = ({ params }: ErrorObject): Path => {
  const name: unknown = params.additionalProperty ?? params.propertyName ?? params.missingProperty
  return typeof name === 'string' ? [name] : []
}

type PatternEngine = { (pattern: string, flags: string): { test: (text: string) => boolean }; code: string }

let patterns = 0

/**
 * Patterns on RE2. ajv keeps one compiled pattern for each distinct `toString()` of what the engine returns, so each object has
 * to spell itself differently: otherwise all patterns of a schema collapse into the first.
 */
const linearRegExp: PatternEngine = Object.assign(
  (pattern: string) => {
    const compiled = compilePattern(pattern)
    const name = `re2#${++patterns}`
    return { test: (text: string) => compiled.matcher(text).find(), toString: () => name }
  },
  { code: 'linearRegExp' },
)
