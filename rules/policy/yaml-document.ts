import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import { isMap, isPair, isScalar, LineCounter, parseDocument, visit, type Document } from 'yaml'
import type { JsonValue } from '../canonical.ts'
import { pathOf, type Path } from '../json-pointer.ts'

/** Something wrong with a document that a person wrote, at a place that an editor can jump to. */
export type Problem = {
  /** Counted from 1. */
  readonly line: number
  /** Counted from 1. */
  readonly column: number
  /** Dotted path of the key, for example `routes[0].path`; '' for the document. */
  readonly key: string
  readonly message: string
}

/** Where a key stands in the text; for a key that is missing, where its parent stands. */
export type Locate = (path: Path) => Pick<Problem, 'line' | 'column'>

export type YamlDocument =
  | { readonly ok: true; readonly value: JsonValue; readonly locate: Locate }
  | { readonly ok: false; readonly problems: readonly Problem[] }

/** A schema that describes a kind of document. It is compiled when it is first needed: most commands read no such document. */
export type DocumentSchema = () => ValidateFunction

export const documentSchema = (schema: object): DocumentSchema => {
  let compiled: ValidateFunction | null = null
  return () => (compiled ??= compileDocumentSchema(schema))
}

const compileDocumentSchema = (schema: object): ValidateFunction =>
  new Ajv2020({
    strict: true,
    strictRequired: false,
    strictTypes: false,
    allErrors: true,
    ownProperties: true,
    discriminator: true,
    verbose: true,
  }).compile(schema)

/**
 * Reads a YAML 1.2 text and holds it to a schema.
 * @returns a value that can be written as JSON and fits that schema, or every problem found. Never throws.
 */
export const readYamlDocument = (text: string, schema: DocumentSchema): YamlDocument => {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, stringKeys: true })
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return { line, column: col }
  }
  const locate: Locate = path => at(offsetOf(document, path))
  const faults = syntaxFaults(document).map(({ offset, message }) => ({ ...at(offset), key: '', message }))
  if (faults.length > 0) return { ok: false, problems: faults }
  const value = plainValue(document)
  if (value === undefined)
    return { ok: false, problems: [{ ...at(0), key: '', message: 'has too many or circular aliases' }] }
  const problems = valueProblems(value, schema(), locate)
  return problems.length > 0 ? { ok: false, problems: inOrder(problems) } : { ok: true, value, locate }
}

/** In the order of the text. */
export const inOrder = (problems: readonly Problem[]): readonly Problem[] =>
  problems.toSorted((a, b) => a.line - b.line || a.column - b.column)

/** Writes a path as people do: `routes[0].path`. */
export const keyOf = (path: Path): string =>
  path.map((token, index) => (typeof token === 'number' ? `[${token}]` : index === 0 ? token : `.${token}`)).join('')

type Fault = { readonly offset: number; readonly message: string }

/** What the parser of YAML complains of, and aliases that lead nowhere, of which it only complains later. */
const syntaxFaults = (document: Document.Parsed): readonly Fault[] => {
  const faults = [...document.errors, ...document.warnings].map(({ pos, message }) => ({
    offset: pos[0],
    message: message.split('\n')[0]!.replace(/ at line \d+, column \d+:?$/, ''),
  }))
  const overflow = faults.find(({ message }) => message.startsWith('Maximum call stack'))
  if (overflow) return [{ ...overflow, message: 'is nested too deeply' }]
  visit(document, {
    Alias: (_key, alias) => {
      const anchor = alias.resolve(document)
      if (!anchor) faults.push({ offset: alias.range![0], message: `nothing above has the anchor &${alias.source}` })
    },
  })
  return faults
}

/** The value without YAML's own types, or undefined when aliases multiply it without end. */
const plainValue = (document: Document.Parsed): JsonValue | undefined => {
  try {
    const value: unknown = document.toJS({ maxAliasCount: 100 })
    // A circle of aliases has no JSON text; everything else that YAML can say has one.
    JSON.stringify(value)
    return value as JsonValue
  } catch {
    return undefined
  }
}

const offsetOf = (document: Document, path: Path): number => {
  for (let depth = path.length; depth > 0; depth--) {
    const parent = document.getIn(path.slice(0, depth - 1), true)
    const pair = isMap(parent)
      ? parent.items.find(item => isPair(item) && isScalar(item.key) && item.key.value === path[depth - 1])
      : undefined
    const node = (pair?.key ?? document.getIn(path.slice(0, depth), true)) as { range?: readonly number[] } | undefined
    if (node?.range) return node.range[0]!
  }
  return 0
}

const valueProblems = (value: JsonValue, validate: ValidateFunction, locate: Locate): readonly Problem[] => {
  const place = (path: Path, message: string): Problem => ({ ...locate(path), key: keyOf(path), message })
  const unwritable = unwritablePaths(value).map(path => place(path, 'is nothing that JSON can write'))
  return [...unwritable, ...schemaFaults(value, validate).map(([path, message]) => place(path, message))]
}

/** What a schema has against a value: at which place of it, and in words that repeat no more than a key. */
export const schemaFaults = (
  value: JsonValue,
  validate: ValidateFunction,
): readonly (readonly [path: Path, message: string])[] =>
  validate(value) ? [] : distinctErrors(validate.errors ?? []).map(error => explain(error, value))

/** Values of YAML that JSON cannot write: infinities, binary data, half a surrogate pair. */
const unwritablePaths = (value: unknown, path: Path = []): readonly Path[] => {
  if (typeof value === 'number') return Number.isFinite(value) ? [] : [path]
  if (typeof value === 'string') return value.isWellFormed() ? [] : [path]
  if (value === null || typeof value !== 'object') return []
  if (Array.isArray(value)) return value.flatMap((item, index) => unwritablePaths(item, [...path, index]))
  if (Object.getPrototypeOf(value) !== Object.prototype) return [path]
  return Object.entries(value).flatMap(([name, inner]) => [
    ...(name.isWellFormed() ? [] : [path]),
    ...unwritablePaths(inner, [...path, name]),
  ])
}

/** Without those that only repeat another: branches of an alternative, and the pattern behind a name that is refused. */
const distinctErrors = (errors: readonly ErrorObject[]): readonly ErrorObject[] => {
  const alternatives = errors
    .filter(({ keyword }) => keyword === 'oneOf' || keyword === 'anyOf')
    .map(({ schemaPath }) => `${schemaPath}/`)
  return errors.filter(
    ({ keyword, schemaPath, propertyName }) =>
      keyword !== 'discriminator' &&
      keyword !== 'if' &&
      propertyName === undefined &&
      !alternatives.some(alternative => schemaPath.startsWith(alternative)),
  )
}

const explain = ({ keyword, instancePath, params, message, schema }: ErrorObject, root: JsonValue): [Path, string] => {
  const path = pathOf(instancePath, root)
  switch (keyword) {
    case 'additionalProperties':
      return [[...path, String(params.additionalProperty)], 'unknown key']
    case 'propertyNames':
      return [[...path, String(params.propertyName)], 'is not a name that can stand here']
    case 'required':
      return [[...path, String(params.missingProperty)], 'is missing']
    case 'oneOf':
      return [path, `must have exactly one of the keys ${requiredBy(schema).join(', ')}`]
    case 'anyOf':
      return [path, `must have one of the keys ${requiredBy(schema).join(', ')}`]
    case 'not':
      return [path, `must not have all of the keys ${requiredBy([schema]).join(', ')}`]
    case 'enum':
      return [path, `must be one of ${(params.allowedValues as readonly unknown[]).join(', ')}`]
    case 'const':
      return [path, `must be ${String(params.allowedValue)}`]
    default:
      return [path, message ?? 'is not valid']
  }
}

/** The keys that tell alternatives apart. */
const requiredBy = (alternatives: unknown): readonly string[] =>
  (alternatives as readonly { readonly required?: readonly string[] }[]).flatMap(({ required = [] }) => required)
