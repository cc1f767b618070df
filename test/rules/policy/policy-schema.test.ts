import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import t from 'tap'
import { documentSchemas } from '../../../proxy/policy/document-schemas.ts'
import { packsFolder } from '../../../proxy/policy/policy-file.ts'
import { shippedPolicy } from '../../../proxy/set-up.ts'

type Schema = { readonly [key: string]: unknown; readonly $defs: Readonly<Record<string, Schema>> }

const schema = JSON.parse(readFileSync(documentSchemas.policy, 'utf8')) as Schema

const isObject = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

type Key = { readonly place: string; readonly schema: Schema }

/** Every key that a policy can have, with the schema of its value. */
const keysIn = (node: unknown, place = ''): readonly Key[] => {
  if (Array.isArray(node)) return node.flatMap((item, index) => keysIn(item, `${place}/${index}`))
  if (!isObject(node)) return []
  return Object.entries(node).flatMap(([keyword, value]) => {
    // A condition describes no key that is not described elsewhere.
    const inner = keyword === 'if' ? [] : keysIn(value, `${place}/${keyword}`)
    if (keyword !== 'properties' || !isObject(value)) return inner
    const named = Object.entries(value).map(([name, schema]) => ({
      place: `${place}/${name}`,
      schema: schema as Schema,
    }))
    return [...named.filter(({ schema }) => isObject(schema)), ...inner]
  })
}

t.test('policy schema: every key has a title and a description, which editors show', async t => {
  const keys = keysIn(schema)
  t.ok(keys.length > 80, 'there were keys to look at')
  for (const { place, schema: one } of keys) {
    const referred = typeof one.$ref === 'string' ? schema.$defs[one.$ref.replace('#/$defs/', '')] : undefined
    t.type(one.title, 'string', `${place} has a title`)
    t.type(one.description ?? referred?.description, 'string', `${place} has a description`)
  }
})

/** JSON Schema 2020-12, as far as it is used; and one that validators which do not know it may leave aside (OpenAPI 3.1). */
const keywords: ReadonlySet<string> = new Set(
  [
    '$schema $id $ref $defs title description type enum const default examples',
    'properties additionalProperties propertyNames required minProperties maxProperties',
    'items minItems maxItems uniqueItems pattern minLength maxLength minimum maximum multipleOf',
    'oneOf anyOf not if then dependentSchemas dependentRequired discriminator',
  ].flatMap(line => line.split(' ')),
)

/** Keywords under which names stand that the author chose. */
const byName = new Set(['properties', '$defs', 'dependentSchemas'])

const keywordsIn = (node: unknown): readonly string[] => {
  if (Array.isArray(node)) return node.flatMap(keywordsIn)
  if (!isObject(node)) return []
  return Object.entries(node).flatMap(([keyword, value]) => {
    if (keyword === 'discriminator' || keyword === 'const' || keyword === 'enum') return [keyword]
    return [keyword, ...keywordsIn(byName.has(keyword) ? Object.values(value as object) : value)]
  })
}

t.test('policy schema: it uses no keyword that an editor would not know', async t => {
  t.same(
    [...new Set(keywordsIn(schema))].filter(keyword => !keywords.has(keyword)),
    [],
  )
})

t.test('policy schema: each shipped policy says where it is, and so does that of a new appliance', async t => {
  const comment = /^# yaml-language-server: \$schema=(\S+)\n/
  for (const pack of readdirSync(packsFolder)) {
    const file = join(packsFolder, pack, 'policy.yaml')
    const [, path = ''] = comment.exec(readFileSync(file, 'utf8')) ?? []
    t.equal(resolve(dirname(file), path), documentSchemas.policy, pack)
  }
  t.equal(comment.exec(shippedPolicy())?.[1], 'policy.schema.json')
})
