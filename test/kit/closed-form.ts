/** Keywords that say something about values of one type only, and pass all others (JSON Schema 2020-12, sections 6 and 10.3). */
const typed = {
  number: ['multipleOf', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'],
  string: ['pattern', 'minLength', 'maxLength', 'format', 'contentEncoding', 'contentMediaType', 'contentSchema'],
  array: ['prefixItems', 'items', 'contains', 'minContains', 'maxContains', 'minItems', 'maxItems', 'uniqueItems'],
  object: [
    'properties',
    'patternProperties',
    'additionalProperties',
    'propertyNames',
    'required',
    'dependentRequired',
    'dependentSchemas',
    'minProperties',
    'maxProperties',
  ],
}

type Schema = { readonly [keyword: string]: unknown }

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const mapped = (map: unknown, change: (name: string, inner: unknown) => readonly [string, unknown]): unknown =>
  isSchema(map) ? Object.fromEntries(Object.entries(map).map(([name, inner]) => change(name, inner))) : map

/** A pattern is found anywhere in the text; with anchors it says so. */
const anchored = (pattern: string): string => String.raw`^[\d\D]*(?:${pattern})[\d\D]*$`

const inOne = new Set(['additionalProperties', 'contains', 'items', 'not', 'propertyNames', 'if', 'then', 'else'])
const inList = new Set(['allOf', 'anyOf', 'oneOf', 'prefixItems'])
const inMap = new Set(['properties', 'dependentSchemas', '$defs'])
const together = ['if', 'then', 'else']

/**
 * A schema that admits, of the instances given, those that the schema does, written as the house wants schemas: what a keyword
 * says of one type stands beside this type, patterns have anchors, `$ref` leads to `$defs`, and a list of the instances closes
 * the whole. Keywords that the house refuses stay, so that they are refused.
 */
export const closedForm = (schema: object | boolean, instances: readonly unknown[]): Schema => {
  const definitions = new Map<string, { readonly name: string; schema: unknown }>()
  const refer = (reference: unknown): unknown => {
    const target = typeof reference === 'string' ? targetIn(schema, reference) : undefined
    if (target === undefined) return reference
    const known = definitions.get(reference as string)
    if (known) return `#/$defs/${known.name}`
    const fresh = { name: `target${definitions.size}`, schema: target as unknown }
    definitions.set(reference as string, fresh)
    fresh.schema = rewrite(target)
    return `#/$defs/${fresh.name}`
  }
  const keywordOf = (keyword: string, value: unknown): unknown => {
    if (keyword === '$ref') return refer(value)
    if (keyword === 'pattern' && typeof value === 'string') return anchored(value)
    if (keyword === 'patternProperties') return mapped(value, (name, inner) => [anchored(name), rewrite(inner)])
    if (inOne.has(keyword)) return rewrite(value)
    if (inList.has(keyword) && Array.isArray(value)) return value.map(rewrite)
    return inMap.has(keyword) ? mapped(value, (name, inner) => [name, rewrite(inner)]) : value
  }
  const rewrite = (part: unknown): unknown => {
    if (!isSchema(part)) return part
    const keywords = new Map(Object.entries(part))
    const take = (names: readonly string[]): Schema => {
      const taken = names.filter(name => keywords.has(name)).map(name => [name, keywordOf(name, keywords.get(name))])
      for (const name of names) keywords.delete(name)
      return Object.fromEntries(taken) as Schema
    }
    const byType = Object.entries(typed).map(([type, names]) => ({ type, ...take(names) }))
    const says = byType.some(branch => Object.keys(branch).length > 1)
    const branches = [{ type: 'null' }, { type: 'boolean' }, ...byType]
    const type = keywords.get('type')
    keywords.delete('type')
    const parts = [
      ...(type === undefined
        ? []
        : [Array.isArray(type) ? { anyOf: type.map(one => ({ type: one as unknown })) } : { type }]),
      ...(says ? [{ anyOf: branches }] : []),
      take(together),
      ...[...keywords.keys()].map(name => take([name])),
    ].filter(one => Object.keys(one).length > 0)
    return parts.length === 1 ? parts[0] : { allOf: parts.length === 0 ? [true] : parts }
  }
  const { $schema, $id, ...rest } = isSchema(schema) ? schema : { allOf: [schema] }
  const root = rewrite(rest)
  return {
    ...($schema !== undefined && { $schema }),
    ...($id !== undefined && { $id }),
    ...(definitions.size > 0 && {
      $defs: Object.fromEntries([...definitions.values()].map(({ name, schema }) => [name, schema])),
    }),
    enum: [...new Map(instances.map(one => [JSON.stringify(one), one])).values()],
    allOf: [root],
  }
}

/** Where a reference within the document leads; undefined for all others, and for one that leads nowhere. */
const targetIn = (root: unknown, reference: string): unknown => {
  if (!/^#(?:\/|$)/.test(reference)) return undefined
  return decodeURIComponent(reference.slice(1))
    .split('/')
    .slice(1)
    .map(token => token.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((here, token) => {
      if (typeof here !== 'object' || here === null || !Object.hasOwn(here, token)) return undefined
      return (here as Record<string, unknown>)[token]
    }, root)
}
