import { Ajv2020 } from 'ajv/dist/2020.js'
import t from 'tap'
import { openings, propertyNames, propertyOrders, type OpeningProblem } from '../../rules/closed-schema.ts'

const id = { type: 'string', pattern: '^[A-Z]{2}\\d{4}$', maxLength: 6 }
const count = { type: 'integer', minimum: 0, maximum: 9 }
const object = (properties: object, more: object = {}): object => ({
  type: 'object',
  additionalProperties: false,
  properties,
  ...more,
})

type Pair = {
  rule: string
  refused: unknown
  problem: OpeningProblem
  pointer: string
  /** The nearest schema that has no opening. */
  accepted: unknown
}

/** `if`, `then` and `else`, spelled so that the linter does not take the object for a promise. */
const conditional = (...schemas: readonly [unknown, unknown, unknown]): object =>
  Object.fromEntries('if then else'.split(' ').map((keyword, index) => [keyword, schemas[index]])) as object

const withPattern = (pattern: string): object => ({ type: 'string', pattern, maxLength: 20 })

const unanchored = (refused: string, accepted: string): Pair => ({
  rule: `pattern ${refused} does not hold for the whole string`,
  refused: withPattern(refused),
  problem: 'unanchored-pattern',
  pointer: '/pattern',
  accepted: withPattern(accepted),
})

const unsupported = (refused: string, accepted: string): Pair => ({
  ...unanchored(refused, accepted),
  rule: `pattern ${refused} is not plain RE2`,
  problem: 'unsupported-pattern',
})

const types: readonly Pair[] = [
  { rule: 'missing type', refused: { maxLength: 6 }, problem: 'missing-type', pointer: '', accepted: { enum: ['a'] } },
  { rule: 'no keyword', refused: {}, problem: 'missing-type', pointer: '', accepted: { const: null } },
  {
    rule: 'missing type on an object',
    refused: { additionalProperties: false, properties: { a: id } },
    problem: 'missing-type',
    pointer: '',
    accepted: object({ a: id }),
  },
  { rule: 'true', refused: true, problem: 'open-schema', pointer: '', accepted: false },
  {
    rule: 'true as a property',
    refused: object({ a: true }),
    problem: 'open-schema',
    pointer: '/properties/a',
    accepted: object({ a: false }),
  },
  { rule: 'a schema that is text', refused: 'x', problem: 'not-a-schema', pointer: '', accepted: false },
  { rule: 'null', refused: null, problem: 'not-a-schema', pointer: '', accepted: false },
  {
    rule: 'unknown type',
    refused: { type: 'text' },
    problem: 'malformed-keyword',
    pointer: '/type',
    accepted: { type: ['null', 'boolean'] },
  },
  {
    rule: 'no types',
    refused: { type: [] },
    problem: 'malformed-keyword',
    pointer: '/type',
    accepted: { type: 'null' },
  },
  {
    rule: 'one of several types is open',
    refused: { type: ['null', 'string'] },
    problem: 'unbounded-string',
    pointer: '',
    accepted: { ...id, type: ['null', 'string'] },
  },
]

const objects: readonly Pair[] = [
  {
    rule: 'additionalProperties missing',
    refused: { type: 'object', properties: { a: id } },
    problem: 'open-object',
    pointer: '',
    accepted: object({ a: id }),
  },
  {
    rule: 'additionalProperties is a schema',
    refused: { ...object({ a: id }), additionalProperties: id },
    problem: 'open-object',
    pointer: '',
    accepted: object({ a: id }),
  },
  {
    rule: 'additionalProperties missing in a property with odd letters',
    refused: object({ 'a/b~c': { type: 'object' } }),
    problem: 'open-object',
    pointer: '/properties/a~1b~0c',
    accepted: object({ 'a/b~c': object({}) }),
  },
  {
    rule: 'additionalProperties only inherited',
    refused: Object.assign(Object.create({ additionalProperties: false }) as object, { type: 'object' }),
    problem: 'open-object',
    pointer: '',
    accepted: object({}),
  },
  {
    rule: 'propertyNames open',
    refused: object({ a: id }, { propertyNames: { maxLength: 4 } }),
    problem: 'missing-type',
    pointer: '/propertyNames',
    accepted: object({ a: id }, { propertyNames: { enum: ['a', 'b'] } }),
  },
  {
    rule: 'patternProperties without a bound on names',
    refused: object({}, { patternProperties: { '^x\\d+$': count }, maxProperties: 4 }),
    problem: 'open-pattern-properties',
    pointer: '/patternProperties',
    accepted: object(
      {},
      { patternProperties: { '^x\\d+$': count }, maxProperties: 4, propertyNames: withPattern('^x\\d+$') },
    ),
  },
  {
    rule: 'patternProperties without a bound on their number',
    refused: object({}, { patternProperties: { '^x\\d$': count }, propertyNames: withPattern('^x\\d$') }),
    problem: 'open-pattern-properties',
    pointer: '/patternProperties',
    accepted: object(
      {},
      { patternProperties: { '^x\\d$': count }, propertyNames: withPattern('^x\\d$'), maxProperties: 4 },
    ),
  },
  {
    rule: 'patternProperties with a pattern that is not anchored',
    refused: object({}, { patternProperties: { x: count }, propertyNames: withPattern('^x$'), maxProperties: 4 }),
    problem: 'unanchored-pattern',
    pointer: '/patternProperties/x',
    accepted: object({}, { patternProperties: { '^x$': count }, propertyNames: withPattern('^x$'), maxProperties: 4 }),
  },
  {
    rule: 'patternProperties with an open value',
    refused: object({}, { patternProperties: { '^x$': {} }, propertyNames: withPattern('^x$'), maxProperties: 4 }),
    problem: 'missing-type',
    pointer: '/patternProperties/^x$',
    accepted: object({}, { patternProperties: { '^x$': id }, propertyNames: withPattern('^x$'), maxProperties: 4 }),
  },
]

const leaves: readonly Pair[] = [
  {
    rule: 'string without pattern',
    refused: { type: 'string', maxLength: 6 },
    problem: 'unbounded-string',
    pointer: '',
    accepted: id,
  },
  {
    rule: 'string without maxLength',
    refused: { type: 'string', pattern: '^[A-Z]{2}\\d{4}$' },
    problem: 'unbounded-string',
    pointer: '',
    accepted: { type: 'string', enum: ['AB1234'] },
  },
  {
    rule: 'maxLength that is text',
    refused: { ...id, maxLength: '6' },
    problem: 'unbounded-string',
    pointer: '',
    accepted: id,
  },
  {
    rule: 'format only',
    refused: { type: 'string', format: 'date-time' },
    problem: 'format-only',
    pointer: '',
    accepted: { ...id, format: 'date-time' },
  },
  {
    rule: 'format and maxLength',
    refused: { type: 'string', format: 'uri', maxLength: 80 },
    problem: 'unbounded-string',
    pointer: '',
    accepted: { ...id, format: 'uri' },
  },
  {
    rule: 'number without minimum',
    refused: { type: 'number', maximum: 9 },
    problem: 'unbounded-number',
    pointer: '',
    accepted: { type: 'number', minimum: 0, maximum: 9 },
  },
  {
    rule: 'integer without maximum',
    refused: { type: 'integer', minimum: 0 },
    problem: 'unbounded-number',
    pointer: '',
    accepted: { type: 'integer', exclusiveMinimum: 0, exclusiveMaximum: 9 },
  },
  {
    rule: 'bound that is no number',
    refused: { type: 'integer', minimum: 0, maximum: '9' },
    problem: 'unbounded-number',
    pointer: '',
    accepted: { type: 'integer', const: 9 },
  },
  {
    rule: 'array without maxItems',
    refused: { type: 'array', items: id },
    problem: 'unbounded-array',
    pointer: '',
    accepted: { type: 'array', items: id, maxItems: 2 },
  },
  {
    rule: 'array without items',
    refused: { type: 'array', maxItems: 2 },
    problem: 'open-items',
    pointer: '',
    accepted: { type: 'array', maxItems: 2, items: id },
  },
  {
    rule: 'array that is longer than its prefix',
    refused: { type: 'array', maxItems: 2, prefixItems: [id] },
    problem: 'open-items',
    pointer: '',
    accepted: { type: 'array', maxItems: 2, prefixItems: [id], items: false },
  },
  {
    rule: 'open element of the prefix',
    refused: { type: 'array', maxItems: 2, prefixItems: [id, { type: 'string' }] },
    problem: 'unbounded-string',
    pointer: '/prefixItems/1',
    accepted: { type: 'array', maxItems: 2, prefixItems: [id, id] },
  },
  {
    rule: 'open items',
    refused: { type: 'array', maxItems: 2, items: true },
    problem: 'open-schema',
    pointer: '/items',
    accepted: { type: 'array', maxItems: 2, items: { type: 'boolean' } },
  },
]

const patterns: readonly Pair[] = [
  unanchored('[A-Z]{2}', '^[A-Z]{2}$'),
  unanchored('^[A-Z]{2}', '^[A-Z]{2}$'),
  unanchored('[A-Z]{2}$', '^[A-Z]{2}$'),
  unanchored('^a|b$', '^(?:a|b)$'),
  unanchored('^a$|^b$', '^(a|b)$'),
  unanchored('^(?:a|b)|c$', '^(?:(?:a|b)|c)$'),
  unanchored('^a\\$', '^a\\$$'),
  unanchored('^a[b$]', '^a[b$|]$'),
  unanchored('^*a$', '^a$'),
  unanchored('^?a$', '^\\?a$'),
  unanchored('^{0}a$', '^a{0}$'),
  unanchored('^a(?:b$)', '^a(?:b)$'),
  unanchored('^a$?', '^a?$'),
  unanchored('', '^$'),
  unsupported('^(?=a)a$', '^a$'),
  unsupported('^(?!a)b$', '^b$'),
  unsupported('^(?<=a)b$', '^b$'),
  unsupported('^(?m)a$', '^a$'),
  unsupported('^(?m:a)$', '^(?:a)$'),
  unsupported('^(?<name>a)$', '^(a)$'),
  unsupported('^(a)\\1$', '^(a)\\.$'),
  unsupported('^\\Qa$', '^a$'),
  unsupported('^a\\z$', '^a\\b$'),
  unsupported('^\\x41$', '^A$'),
  unsupported('^\\p{L}$', '^[A-Z]$'),
  unsupported('^[[:alpha:]]$', '^[a-z]$'),
  unsupported('^[]a]$', '^[\\]a]$'),
  unsupported('^[\\S]$', '^\\S$'),
  unsupported('^[^]$', '^[^a]$'),
  unsupported('^a[$', '^a[$]$'),
  unsupported('^(a$', '^(a)$'),
  unsupported('^a)(b$', '^(a)(b)$'),
  unsupported('^a$\\', '^a\\\\$'),
]

const references: readonly Pair[] = [
  {
    rule: 'remote $ref',
    refused: { $ref: 'https://example.org/a.json' },
    problem: 'remote-reference',
    pointer: '/$ref',
    accepted: { $ref: '#/$defs/a', $defs: { a: id } },
  },
  {
    rule: '$ref by the own $id',
    refused: { $id: 'urn:a', $ref: 'urn:a#/$defs/a', $defs: { a: id } },
    problem: 'remote-reference',
    pointer: '/$ref',
    accepted: { $id: 'urn:a', $ref: '#/$defs/a', $defs: { a: id } },
  },
  {
    rule: '$ref to nothing',
    refused: { $ref: '#/$defs/b', $defs: { a: id } },
    problem: 'unresolvable-reference',
    pointer: '/$ref',
    accepted: { $ref: '#/$defs/a', $defs: { a: id } },
  },
  {
    rule: '$ref to a value that is no schema',
    refused: { $ref: '#/$defs/a/const', $defs: { a: { const: id } } },
    problem: 'unresolvable-reference',
    pointer: '/$ref',
    accepted: { $ref: '#/$defs/a', $defs: { a: { const: id } } },
  },
  {
    rule: '$ref with percent-encoding, which two resolvers may read differently',
    refused: { $ref: '#/$defs/a%62', $defs: { 'a%62': id, ab: true } },
    problem: 'unresolvable-reference',
    pointer: '/$ref',
    accepted: { $ref: '#/$defs/ab', $defs: { ab: id } },
  },
  {
    rule: '$ref that is no text',
    refused: { $ref: 1 },
    problem: 'malformed-keyword',
    pointer: '/$ref',
    accepted: { $ref: '#/$defs/a', $defs: { a: id } },
  },
  {
    rule: '$ref to an open definition',
    refused: object({ x: { $ref: '#/$defs/a' } }, { $defs: { a: { type: 'string' } } }),
    problem: 'unbounded-string',
    pointer: '/$defs/a',
    accepted: object({ x: { $ref: '#/$defs/a' } }, { $defs: { a: id, unused: { type: 'string' } } }),
  },
  {
    rule: 'recursion to the root',
    refused: object({ child: { $ref: '#' } }),
    problem: 'recursion',
    pointer: '/properties/child/$ref',
    accepted: object({ child: object({}) }, { $defs: { unused: { $ref: '#' } } }),
  },
  {
    rule: 'recursion through two definitions',
    refused: object(
      { x: { $ref: '#/$defs/a' } },
      { $defs: { a: { allOf: [{ $ref: '#/$defs/b' }] }, b: { $ref: '#/$defs/a' } } },
    ),
    problem: 'recursion',
    pointer: '/$defs/b/$ref',
    accepted: object({ x: { $ref: '#/$defs/a' } }, { $defs: { a: { allOf: [{ $ref: '#/$defs/b' }] }, b: id } }),
  },
  {
    rule: 'recursion where it would only narrow',
    refused: object({ x: id }, { dependentSchemas: { x: { $ref: '#' } } }),
    problem: 'recursion',
    pointer: '/dependentSchemas/x/$ref',
    accepted: object({ x: id }, { dependentSchemas: { x: { required: ['x'] } } }),
  },
  {
    rule: '$dynamicRef',
    refused: { ...id, $dynamicRef: '#a' },
    problem: 'dynamic-reference',
    pointer: '/$dynamicRef',
    accepted: id,
  },
  {
    rule: '$recursiveRef',
    refused: { ...id, $recursiveRef: '#' },
    problem: 'dynamic-reference',
    pointer: '/$recursiveRef',
    accepted: id,
  },
  {
    rule: '$id below the root',
    refused: object({ a: { ...id, $id: 'urn:b' } }),
    problem: 'embedded-resource',
    pointer: '/properties/a/$id',
    accepted: object({ a: id }, { $id: 'urn:b' }),
  },
  {
    rule: 'another dialect',
    refused: { ...id, $schema: 'http://json-schema.org/draft-07/schema#' },
    problem: 'wrong-dialect',
    pointer: '/$schema',
    accepted: { ...id, $schema: 'https://json-schema.org/draft/2020-12/schema' },
  },
]

const keywords: readonly Pair[] = [
  {
    rule: 'misspelt keyword',
    refused: { ...object({}), addtionalProperties: false },
    problem: 'unknown-keyword',
    pointer: '/addtionalProperties',
    accepted: object({}),
  },
  ...['nullable', 'definitions', 'dependencies', 'additionalItems', '$anchor', 'id', 'discriminator'].map(
    (keyword): Pair => ({
      rule: `keyword of another dialect: ${keyword}`,
      refused: { ...id, [keyword]: true },
      problem: 'unknown-keyword',
      pointer: `/${keyword}`,
      accepted: { ...id, $comment: keyword },
    }),
  ),
  {
    rule: 'misspelt keyword where it would only narrow',
    refused: { ...id, not: { patern: '^a$' } },
    problem: 'unknown-keyword',
    pointer: '/not/patern',
    accepted: { ...id, not: { pattern: '^a$' } },
  },
  {
    rule: 'unevaluatedProperties',
    refused: { ...object({}), unevaluatedProperties: false },
    problem: 'unevaluated',
    pointer: '/unevaluatedProperties',
    accepted: object({}),
  },
  {
    rule: 'unevaluatedItems',
    refused: { type: 'array', maxItems: 1, items: id, unevaluatedItems: false },
    problem: 'unevaluated',
    pointer: '/unevaluatedItems',
    accepted: { type: 'array', maxItems: 1, items: id },
  },
  ...['contentEncoding', 'contentMediaType', 'contentSchema'].map((keyword): Pair => ({
    rule: keyword,
    refused: { ...id, [keyword]: 'base64' },
    problem: 'encoded-content',
    pointer: `/${keyword}`,
    accepted: { ...id, description: 'base64' },
  })),
  {
    rule: 'properties that is a list',
    refused: { ...object({}), properties: [] },
    problem: 'malformed-keyword',
    pointer: '/properties',
    accepted: object({}),
  },
  {
    rule: 'items that is a list, as before 2020-12',
    refused: { type: 'array', maxItems: 1, items: [id] },
    problem: 'not-a-schema',
    pointer: '/items',
    accepted: { type: 'array', maxItems: 1, prefixItems: [id] },
  },
]

const compositions: readonly Pair[] = [
  {
    rule: 'not alone',
    refused: { not: id },
    problem: 'open-condition',
    pointer: '',
    accepted: { ...id, not: { const: 'AB1234' } },
  },
  {
    rule: 'if alone, though both ways are closed',
    refused: conditional({ type: 'string' }, id, count),
    problem: 'open-condition',
    pointer: '',
    accepted: { anyOf: [id, count], ...conditional({ type: 'string' }, { const: 'AB1234' }, true) },
  },
  {
    rule: 'anyOf with an open branch',
    refused: { anyOf: [id, { type: 'string' }] },
    problem: 'unbounded-string',
    pointer: '/anyOf/1',
    accepted: { anyOf: [id, count] },
  },
  {
    rule: 'oneOf with an open branch',
    refused: { oneOf: [{ type: 'object' }, count] },
    problem: 'open-object',
    pointer: '/oneOf/0',
    accepted: { oneOf: [object({}), count] },
  },
  {
    rule: 'empty anyOf',
    refused: { anyOf: [] },
    problem: 'malformed-keyword',
    pointer: '/anyOf',
    accepted: { anyOf: [id] },
  },
  {
    rule: 'allOf without a closed branch: each branch sees its own properties only',
    refused: {
      allOf: [
        { type: 'object', properties: { a: id } },
        { type: 'object', properties: { b: id } },
      ],
    },
    problem: 'open-composition',
    pointer: '/allOf',
    accepted: { allOf: [object({ a: id, b: id }), { type: 'object', properties: { b: { const: 'AB1234' } } }] },
  },
  {
    rule: 'object that leaves closing to a sibling branch',
    refused: { type: 'object', properties: { a: { type: 'string' } }, anyOf: [{ properties: { a: id } }] },
    problem: 'open-object',
    pointer: '',
    accepted: object({ a: id }, { anyOf: [{ required: ['a'] }] }),
  },
  {
    rule: 'property whose bounds stand in a branch',
    refused: object({ a: { type: 'string' } }, { allOf: [{ properties: { a: id } }] }),
    problem: 'unbounded-string',
    pointer: '/properties/a',
    accepted: object({ a: id }, { allOf: [{ properties: { a: { type: 'string' } } }] }),
  },
  {
    rule: 'contains does not bound the other elements',
    refused: { type: 'array', maxItems: 3, contains: id },
    problem: 'open-items',
    pointer: '',
    accepted: { type: 'array', maxItems: 3, items: id, contains: { const: 'AB1234' } },
  },
]

const pairs = { types, objects, leaves, patterns, references, keywords, compositions }

for (const [group, list] of Object.entries(pairs))
  void t.test(`P1: openings: ${group}: what is open is named, and the nearest closed schema has none`, async t => {
    for (const { rule, refused, problem, pointer, accepted } of list) {
      const found = openings(refused)
      t.ok(
        found.some(one => one.problem === problem && one.pointer === pointer),
        `${rule}: ${problem} at "${pointer}", found ${JSON.stringify(found.map(one => [one.problem, one.pointer]))}`,
      )
      t.same(openings(accepted), [], `${rule}: nearest`)
    }
  })

void t.test('openings: each is reported once, with a hint', async t => {
  const found = openings(
    object({ a: { $ref: '#/$defs/s' }, b: { $ref: '#/$defs/s' } }, { $defs: { s: { type: 'string' } } }),
  )
  t.same(
    found.map(({ pointer, problem }) => ({ pointer, problem })),
    [{ pointer: '/$defs/s', problem: 'unbounded-string' }],
  )
  t.match(found[0]!.hint, 'maxLength')
})

void t.test('openings: a chain of unions over references takes no longer than its length', async t => {
  const levels = Array.from({ length: 60 }, (_, level) => [
    `d${level}`,
    level === 59 ? id : { anyOf: [{ $ref: `#/$defs/d${level + 1}` }, { $ref: `#/$defs/d${level + 1}` }] },
  ])
  t.same(openings({ $ref: '#/$defs/d0', $defs: Object.fromEntries(levels) as object }), [])
})

void t.test(
  'P1: openings: a member "__proto__", which ajv passes over, is refused wherever a schema names members',
  async t => {
    const named = JSON.parse('{"__proto__":["a"]}') as object
    for (const keyword of ['properties', 'patternProperties', 'dependentSchemas', 'dependentRequired', '$defs'])
      t.ok(
        openings(object({}, { [keyword]: named })).some(
          ({ pointer, problem }) => pointer === `/${keyword}/__proto__` && problem === 'unsupported-name',
        ),
        keyword,
      )
    t.same(openings({ const: named }), [], 'a value that is written out may hold it')
  },
)

void t.test('openings: a property called like a keyword is a property', async t => {
  const names = [
    'properties',
    '$ref',
    'not',
    'unevaluatedProperties',
    'addtionalProperties',
    'type',
    'constructor',
    'toString',
  ]
  const text = `{${names.map(name => `${JSON.stringify(name)}:${JSON.stringify(id)}`).join(',')}}`
  t.same(openings(object(JSON.parse(text) as object)), [])
  t.same(
    openings(object({ properties: { type: 'object' } })).map(({ pointer }) => pointer),
    ['/properties/properties'],
  )
})

/** Numbers below `n`, the same in every run (xorshift). */
const dice = (seed: number) => {
  let state = seed
  return (n: number): number => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % n
  }
}

/** A random schema of a few keywords, right or wrong; all that its patterns and enumerations admit is a, b or nothing. */
const randomSchema = (roll: (n: number) => number, depth: number): unknown => {
  const inner = (): unknown => randomSchema(roll, depth - 1)
  const maybe = (object: object): object => (roll(5) > 0 ? object : {})
  const forms: readonly (() => unknown)[] = [
    () => roll(4) > 0,
    () => ({ enum: ['a', 1] }),
    () => ({ ...maybe({ type: 'string' }), ...maybe({ pattern: '^[ab]{1,3}$' }), ...maybe({ maxLength: 3 }) }),
    () => ({ ...maybe({ type: 'integer' }), ...maybe({ minimum: 0 }), ...maybe({ maximum: 9 }) }),
    () => ({ ...maybe({ type: 'array' }), ...maybe({ items: inner() }), ...maybe({ maxItems: 3 }) }),
    () => ({
      ...maybe({ type: 'array' }),
      prefixItems: [inner()],
      ...maybe({ items: false }),
      ...maybe({ maxItems: 1 }),
    }),
    () => ({
      ...maybe({ type: 'object' }),
      properties: { a: inner(), b: inner() },
      ...maybe({ additionalProperties: false }),
    }),
    () => ({ allOf: [inner(), inner()] }),
    () => ({ anyOf: [inner(), inner()] }),
    () => ({ oneOf: [inner(), inner()], ...maybe({ type: 'string' }) }),
    () => ({ $ref: `#/$defs/${roll(2) ? 'x' : 'y'}`, ...maybe({ not: inner() }) }),
    () => ({
      ...conditional(inner(), inner(), true),
      ...maybe({ type: ['integer', 'string'] }),
      ...maybe({ minimum: 0, maximum: 9 }),
    }),
  ]
  return depth === 0 ? forms[1 + roll(3)]!() : forms[roll(forms.length)]!()
}

const hostile: readonly unknown[] = [
  'GATTACA'.repeat(4),
  'x',
  1e9,
  { note: 1 },
  Array.from({ length: 40 }, () => 1),
].flatMap(value => [
  value,
  [value],
  { a: value },
  { b: value },
  { a: [value] },
  { a: { b: value } },
  [{ a: value }],
  [[value]],
])

void t.test(
  'P1: openings: no schema without openings admits a hostile value, whatever its form (generated)',
  async t => {
    const roll = dice(0x51_0ce)
    const wrong: string[] = []
    const ajv = new Ajv2020({
      strict: false,
      ownProperties: true,
      logger: false,
      validateSchema: false,
      addUsedSchema: false,
    })
    let closed = 0
    let leaky = 0
    for (let round = 0; round < 1500; round++) {
      const root = randomSchema(roll, 3)
      if (typeof root !== 'object') continue
      const schema = { ...root, $defs: { x: randomSchema(roll, 1), y: randomSchema(roll, 0) } }
      const recursive = openings(schema).some(({ problem }) => problem === 'recursion')
      if (recursive) continue
      const isClosed = openings(schema).length === 0
      const validate = ajv.compile(schema)
      const admits = hostile.some(value => validate(value))
      if (isClosed) closed++
      if (admits) leaky++
      if (isClosed && admits) wrong.push(JSON.stringify(schema))
    }
    t.same(wrong, [])
    t.ok(closed > 100, `${closed} schemas were closed`)
    t.ok(leaky > 300, `${leaky} schemas let something through`)
  },
)

void t.test('propertyNames: all names that a schema spells, wherever they stand, and no other words', async t => {
  const schema = object(
    { lane: count, tile: object({ x: count }), properties: { enum: ['word'] } },
    {
      required: ['lane', 'later'],
      dependentRequired: { lane: ['tile'] },
      anyOf: [{ properties: { inBranch: true } }],
      propertyNames: { enum: ['named'] },
      $defs: { d: object({ inDefinition: { const: { inConst: 'value' } } }) },
      title: 'Title',
    },
  )
  t.same(
    [...propertyNames(schema)].toSorted(),
    'inBranch inConst inDefinition lane later named properties tile x'.split(' '),
  )
  t.same([...propertyNames(true)], [])
})

void t.test('propertyOrders: the key lists of all properties maps, in document order', async t => {
  const schema = object(
    { b: object({ z: id, a: id }), a: { enum: [{ properties: { no: 1 } }] } },
    { $defs: { d: object({}) } },
  )
  t.same(propertyOrders(schema), [['b', 'a'], ['z', 'a'], []])
  t.same(propertyOrders(null), [])
})
